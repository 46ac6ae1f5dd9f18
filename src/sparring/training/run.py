"""Finishes a run: trains, scores the saved snapshot, and writes the film, the report and the model card."""

from __future__ import annotations

import threading
import time

from .. import modalities
from ..callbacks.base import Action, Callback, Observation
from ..config.recipe import Recipe
from ..errors import Diverged
from ..inference.interpolate import interpolate_file
from ..reports import write_card, write_film, write_report
from ..runs.folder import Run
from ..util.progress import duration
from .assembly import Assembly
from .callbacks import record
from .resume import diverged_sentence
from .trainer import Trainer

LATE_FACTOR, LATE_SECONDS = 1.2, 5.0  # a training that exceeds its planned time by both is reported as late
STRIP_KEYFRAMES, STRIP_FRAMES = 4, 7  # of the latent interpolation in the report


def fit(assembly: Assembly, run: Run, console: Callback, stop: threading.Event, deadline: float | None) -> None:
    """Train to the end and finish the run, or save and return earlier.

    Args:
        assembly: The training.
        run: The folder.
        console: The callback that receives notes for the user.
        stop: The training saves and returns when this is set.
        deadline: The training saves and returns at this time, by time.monotonic(); None: no deadline.

    Raises:
        Diverged: If the training diverged before it had a usable snapshot.
    """
    trainer = assembly.trainer
    started, first = time.monotonic(), trainer.examples + trainer.discarded_examples
    with _Deadline(stop, deadline) as out_of_time:
        last = trainer.fit(stop)
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
        console.note(f"{why} at {trainer.examples:,} of {trainer.end:,} examples, saved; run the same command to go on")
        return
    seen = trainer.examples + trainer.discarded_examples - first
    _say_if_slow(console, trainer.recipe, seen, time.monotonic() - started, run)
    _finish(assembly, run, console, last)


def pages_are_old(run: Run) -> bool:
    """Whether the pages of a finished run are missing or show an earlier state of its log."""
    report, log = run.path / "report.html", run.path / "log.jsonl"
    return not report.is_file() or report.stat().st_mtime_ns < log.stat().st_mtime_ns


def write_pages(run: Run, console: Callback) -> None:
    """The film, the report and the model card of a finished run."""
    samples = max((run.path / "samples").iterdir())
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


def _finish(assembly: Assembly, run: Run, console: Callback, last: Observation | None) -> None:
    trainer = assembly.trainer
    console.note("scoring the best snapshot ...")
    selection, scores = assembly.final_score()
    seen = record(last) if last is not None else run.log()[-1]  # the log: the process was killed after the last tick
    final = Observation(
        trainer.examples, trainer.steps, {}, {}, scores, selection, event="final", health=seen["health"]
    )
    final.notes |= {"snapshot": _snapshot(trainer), "planned": trainer.recipe.examples}
    if trainer.ended:
        reason = seen.get("evidence")
        final.notes["reason"] = reason
        console.note(f"the training ends here ({seen['health']}): {reason}")
    assembly.log.append(record(final))
    for name, score in scores.items():
        console.note(f"{name.replace('_', ' ')}: {score['value']:.4g}")
    write_pages(run, console)


def _snapshot(trainer: Trainer) -> int:
    return trainer.best["examples"] if trainer.best else trainer.examples


def _say_if_slow(console: Callback, recipe: Recipe, examples: int, seconds: float, run: Run) -> None:
    """Tell the user if the training took longer than its budget, because the machine became slower."""
    planned = run.recipe()[1]["planned_seconds"]
    assert isinstance(recipe.examples, int)
    if planned and examples:
        planned *= examples / recipe.examples
        if seconds > max(LATE_FACTOR * planned, planned + LATE_SECONDS):
            console.note(
                f"the machine was slower than at the start: {duration(seconds)} instead of {duration(planned)}"
            )


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
