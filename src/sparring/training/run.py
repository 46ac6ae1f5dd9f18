"""Finishes a run: trains, scores the saved snapshot, and writes the film, the report and the model card."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from .. import modalities
from ..callbacks.base import Action, Callback, Observation
from ..callbacks.progress import seconds_from
from ..errors import Diverged
from ..inference.interpolate import interpolate_file
from ..metrics.score_facts import HEADLINE_DISTANCES, facts_of
from ..metrics.scores import worse_than_trivial
from ..reports import write_card, write_film, write_report
from ..runs.folder import Run
from ..runs.log import NOT_ASSESSED, kept_snapshot
from ..util.progress import duration
from .assembly import Assembly
from .callbacks import record
from .resume import diverged_sentence
from .timekeeping import PAGES, PREPARING, SCORING, TRAINING, Spent
from .trainer import Trainer

STRIP_KEYFRAMES, STRIP_FRAMES = 4, 7  # of the latent interpolation in the report


def fit(
    assembly: Assembly,
    run: Run,
    console: Callback,
    stop: threading.Event,
    deadline: float | None,
    began: float | None = None,
) -> None:
    """Train to the end and finish the run, or save and return earlier.

    Args:
        assembly: The training.
        run: The folder.
        console: The callback that receives notes for the user.
        stop: The training saves and returns when this is set.
        deadline: The training saves and returns at this time, by time.monotonic(); None: no deadline.
        began: When the preparation of this run began, by time.monotonic().

    Raises:
        Diverged: If the training diverged before it had a usable snapshot.
    """
    trainer = assembly.trainer
    spent, new = Spent(began), not trainer.examples
    spent.on(PREPARING)
    began_at = trainer.examples
    with _Deadline(stop, deadline) as out_of_time:
        last = trainer.fit(stop)
    spent.on(TRAINING)
    for callback in trainer.callbacks:
        callback.end()
    if last is not None and last.event == "diverged" and last.action is not Action.ROLL_BACK:
        if not (run.path / "generator.safetensors").is_file():
            raise Diverged(diverged_sentence(run.path, record(last)))
        console.note(
            f"{last.notes['reason']} at {last.examples:,} examples: the training ends here as diverged, "
            "and its best snapshot is kept"
        )
    elif not trainer.done:
        why = "the time of --max-time is up" if out_of_time.is_set() else "stopped"
        go_on = "run the same command to go on"
        if out_of_time.is_set() and trainer.examples == began_at:
            go_on = f"preparing took all of it, so give more than {duration(spent.seconds[PREPARING])}"
        console.note(f"{why} at {trainer.examples:,} of {trainer.end:,} examples, saved; {go_on}")
        return
    if not (run.path / "generator.safetensors").is_file():
        raise Diverged(
            f"{run.path} has no snapshot: a callback asked to go back at every tick; let it accept one, "
            "and train into another --out"
        )
    _finish(assembly, run, console, last, spent)
    budget, planned = (run.recipe()[1][name] for name in ("asked", "planned_seconds"))
    if new and budget.get("budget") and (late := spent.late(seconds_from(budget["budget"]), planned)):
        console.note(late)


def pages_are_old(run: Run) -> bool:
    """Whether the pages of a finished run are missing or show an earlier state of its log."""
    report, log = run.path / "report.html", run.path / "log.jsonl"
    return not report.is_file() or report.stat().st_mtime_ns < log.stat().st_mtime_ns


def write_pages(run: Run, console: Callback) -> None:
    """The film, the report and the model card of a finished run."""
    samples = _kept_samples(run)
    film = f" (film: {write_film(run.path)})" if samples.suffix == ".png" else ""
    recipe, _ = run.recipe()
    modality = modalities.get(run.read_json("source.json")["modality"])
    if not recipe.algorithm.translates and modality.supports_latent_walk:
        strip = run.path / "interpolation.png"
        interpolate_file(run.path, strip, keyframes=STRIP_KEYFRAMES, frames=STRIP_FRAMES)
    write_card(run.path)
    report = write_report(run.path)  # last, so that a report means that all pages are written
    console.note(f"samples: {samples}{film}")
    console.note(f"report: {report}")


def _kept_samples(run: Run) -> Path:
    """The samples of the kept snapshot; the newest where they are gone."""
    kept = kept_snapshot(run.log())
    found = sorted((run.path / "samples").iterdir())
    return next((path for path in found if path.stem.isdigit() and int(path.stem) == kept), found[-1])


def _finish(assembly: Assembly, run: Run, console: Callback, last: Observation | None, spent: Spent) -> None:
    trainer = assembly.trainer
    console.note(f"scoring the kept snapshot, with {trainer.recipe.final_samples:,} samples ...")
    selection, scores, headline = assembly.final_score()
    seen = record(last) if last is not None else run.log()[-1]  # the log: the process was killed after the last tick
    final = Observation(
        trainer.examples, trainer.steps, {}, {}, scores, selection, event="final", health=seen["health"]
    )
    final.notes |= {"snapshot": _snapshot(trainer), "planned": trainer.recipe.examples, "headline": headline}
    final.evidence = str(seen.get("evidence", ""))
    if trainer.ended:
        reason = seen.get("evidence")
        final.notes["reason"] = reason
        console.note(f"the training ends here ({seen['health']}): {reason}")
    elif seen["health"] in NOT_ASSESSED:
        console.note(f"the training ended before its health could be assessed: {final.evidence or 'too few ticks'}")
    elif seen["health"] != "healthy":
        console.note(f"at its end the training was not healthy ({seen['health']}): {final.evidence}")
    assembly.log.append(record(final))
    spent.on(SCORING)
    _say_scores(scores, console)
    write_pages(run, console)
    spent.on(PAGES)


def _say_scores(scores: dict[str, Any], console: Callback) -> None:
    """A line for each score: its 95 % interval, the value of real examples or without learning, and the counts."""
    for name, score in scores.items():
        if name.endswith(("_real", "_trivial")):
            continue
        ends = f" (95 %: {score['low']:.4g} to {score['high']:.4g})" if "low" in score else ""
        if not ends and name in HEADLINE_DISTANCES:
            ends = " (so few carry no verdict)"
        others = [
            f"{what} {scores[name + suffix]['value']:.4g}"
            for suffix, what in (("_real", "real examples"), ("_trivial", "without learning"))
            if name + suffix in scores
        ]
        counts = [
            f"{score['fingerprint'][key]:,} {key}" for key in ("generated", "real") if key in score["fingerprint"]
        ]
        console.note(f"{facts_of(name).title}: {score['value']:.4g}{ends}; {'; '.join([*others, ', '.join(counts)])}")
    below = [name for name in ("frechet_distance_infinite", "kernel_distance") if name in scores]
    if any(scores[name]["value"] < 0 for name in below):
        console.note("a distance below 0 means that no difference was found: it scatters around 0 for equal data")
    if worse := worse_than_trivial({name: score["value"] for name, score in scores.items()}):
        names = " and ".join(facts_of(name).title for name in worse)
        console.note(f"the kept snapshot is worse than doing nothing, by {names}: train longer before you use it")


def _snapshot(trainer: Trainer) -> int:
    return trainer.best["examples"] if trainer.best else trainer.examples


class _Deadline:
    """A context that sets `stop` at a time by time.monotonic(). It yields an event that is set at the same time."""

    def __init__(self, stop: threading.Event, at: float | None):
        self.stop, self.passed = stop, threading.Event()
        self.timer = None if at is None else threading.Timer(max(0.0, at - time.monotonic()), self._pass)

    def _pass(self) -> None:
        self.passed.set()
        self.stop.set()

    def __enter__(self) -> threading.Event:
        if self.timer:
            self.timer.daemon = True
            self.timer.start()
        return self.passed

    def __exit__(self, *_: object) -> None:
        if self.timer:
            self.timer.cancel()
