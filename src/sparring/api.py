"""What the command line and Python programs call: train a GAN, or go on with a training."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import filelock

from . import algorithms, modalities
from .callbacks.base import Monitor, Tick
from .callbacks.progress import Lines, Listener, duration, seconds_from
from .config.options import TrainOptions
from .config.recipe import Recipe, parse_settings
from .data.source import Source
from .errors import Diverged, UserError
from .modalities import opening
from .runs.folder import Run
from .training.assembly import Session
from .training.callbacks import TensorBoard, record
from .training.resume import diverged_sentence, resume
from .training.setup import begin
from .training.trainer import Trainer
from .util.devices import choose_device

TELLING = 5.0  # seconds by which a training must be later than planned, for that to be said
STRIP_STOPS, STRIP_FRAMES = 4, 7  # of the walk through latent space in the report


def train(
    source: str | Path | Source,
    recipe: str | None = None,
    out: str | Path | None = None,
    *,
    images: str | int | None = None,
    budget: str | float | None = None,
    stop_after: str | float | None = None,
    seed: int | None = None,
    size: tuple[int, int] | None = None,
    fit: str | None = None,
    mode: str | None = None,
    labels: str | None = None,
    label_level: str | None = None,
    input: str | None = None,
    types: dict[str, str] | None = None,
    constraints: Sequence[str] = (),
    init_from: str | Path | None = None,
    device: str = "auto",
    settings: dict[str, Any] | list[str] | tuple[str, ...] = (),
    tensorboard: bool = False,
    listener: Listener | None = None,
    stop: threading.Event | None = None,
    command: str | None = None,
) -> Run:
    """Train a GAN on a folder, archive or named set; the same call again goes on where an earlier one was stopped.

    source: a path, a name such as "digits" or "mnist", or a Source of one's own. recipe: a name of `list_recipes()` or a YAML file; None: the one for this
    kind of data. out: the run folder, else runs/NAME. images: "2M", "50epochs", "30000steps"; budget: a time such as "10m" that is
    turned into images before the start. stop_after: the hard clock; what is reached is saved. settings: {"batch": 64} or
    ["batch=64"]. stop: set it to end the training at the next step, saved.

    Raises UserError for everything that the caller can mend, Diverged when a training broke before it had any usable snapshot.
    """
    started = time.monotonic()
    wishes = TrainOptions(
        recipe=recipe,
        images=images,
        budget=budget,
        seed=seed,
        size=size,
        fit=fit,
        mode=mode,
        labels=labels,
        label_level=label_level,
        input=input,
        types=types or None,
        constraints=tuple(constraints) or None,
        init_from=None if init_from is None else Path(init_from).absolute().name,
        settings=settings if isinstance(settings, dict) else parse_settings(settings),
    )
    if images is not None and budget is not None:
        raise UserError("give either images or a budget, not both: they are two ways to say how long")
    deadline = None if stop_after is None else started + seconds_from(stop_after)
    budget_end = None if budget is None else started + seconds_from(budget)
    listener, stop = listener or Lines(), stop or threading.Event()
    chosen, why = choose_device(device)
    run = Run(out or default_folder(source, recipe))
    with _only_training(run.path):
        listener.note(f"device: {chosen} ({why}); run folder: {run.path}")
        try:
            if run.exists:
                session = resume(run, source, wishes, chosen, listener)
            else:
                session = begin(run, source, wishes, chosen, listener, budget_end, command, None if init_from is None else Path(init_from))
        except UserError:
            _remove_if_unused(run.path)
            raise
        if session is not None:
            if tensorboard:
                session.trainer.monitors.append(TensorBoard(run.path / "tensorboard"))
            _fit(session, run, listener, stop, deadline)
        elif not (run.path / "report.html").is_file():
            _write_pages(run, listener)
    return run


def default_folder(source: str | Path | Source, recipe: str | None) -> Path:
    """runs/NAME for the recipe that this kind of data gets by default, else runs/NAME-RECIPE."""
    modality: str | None
    if isinstance(source, Source):
        name, modality = source.name, source.modality
    else:
        name, modality = Path(source).absolute().name.split(".")[0] or "data", opening.modality_of(source)
    usual = recipe is None or (modality is not None and recipe == modalities.get(modality).default_recipe)
    return Path("runs") / (name if usual else f"{name}-{Path(str(recipe)).stem}")


def _only_training(folder: Path) -> Any:
    """A lock that the system lifts when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock")
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UserError(f"another training is writing {folder}; wait for it, stop it, or choose another folder with --out") from None


def _remove_if_unused(folder: Path) -> None:
    """A refused training leaves no empty folder behind."""
    if {entry.name for entry in folder.iterdir()} <= {".lock"}:
        shutil.rmtree(folder, ignore_errors=True)


def _fit(session: Session, run: Run, listener: Listener, stop: threading.Event, deadline: float | None) -> None:
    trainer = session.trainer
    trainer.monitors.append(_Steps(listener))
    listener.begin(trainer.images, trainer.end)
    out_of_time = threading.Event()

    def end() -> None:
        out_of_time.set()
        stop.set()

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end) if deadline else None
    if timer:
        timer.daemon = True
        timer.start()
    begun, first, last = time.monotonic(), trainer.images + trainer.lost, None
    try:
        for last in trainer.fit(stop):
            listener.tick(last)
            if last.action == "roll back":
                listener.begin(trainer.images, trainer.end)
    finally:
        if timer:
            timer.cancel()
    if last is not None and last.event == "diverged" and last.action != "roll back":
        if not (run.path / "generator.safetensors").is_file():
            raise Diverged(diverged_sentence(run.path, record(last)))
        listener.note(
            f"{last.notes['reason']} at {last.images:,} images: the training ends here as diverged, and its best snapshot is kept"
        )
    elif not trainer.done:
        why = "the time of --stop-after is up" if out_of_time.is_set() else "stopped"
        listener.note(f"{why} at {trainer.images:,} of {trainer.end:,} images, saved; run the same command to go on")
        return
    _say_if_slow(listener, trainer.recipe, trainer.images + trainer.lost - first, time.monotonic() - begun, run)
    _finish(session, run, listener, last)


def _finish(session: Session, run: Run, listener: Listener, last: Tick | None) -> None:
    """Score the snapshot that is handed out, and write the pages for a person."""
    trainer = session.trainer
    listener.note("scoring the best snapshot ...")
    selection, scores = session.final_score()
    seen = record(last) if last is not None else run.log()[-1]  # the latter: killed between its last look and its end
    health, evidence = seen["health"], seen.get("evidence")
    tick = Tick(trainer.images, trainer.steps, {}, {}, scores, selection, event="final", health=health)
    tick.notes |= {"snapshot": trainer.best["images"] if trainer.best else trainer.images, "planned": trainer.recipe.images}
    if trainer.ended:
        tick.notes["reason"] = evidence
        listener.note(f"the training ends here ({health}): {evidence}")
    session.log.append(record(tick))
    for name, score in scores.items():
        listener.note(f"{name.replace('_', ' ')}: {score['value']:.4g}")
    _write_pages(run, listener)


def _write_pages(run: Run, listener: Listener) -> None:
    """The film, the report and the model card of a finished run."""
    from .inference.interpolate import interpolate_file
    from .reports import write_card, write_film, write_report

    samples = max((run.path / "samples").iterdir())
    film = f" (film: {write_film(run.path)})" if samples.suffix == ".png" else ""
    if not algorithms.kind(run.recipe()[0]).translates and modalities.get(run.read_json("source.json")["modality"]).supports_latent_walk:
        interpolate_file(run.path, run.path / "interpolation.png", keyframes=STRIP_STOPS, frames=STRIP_FRAMES)
    write_card(run.path)
    report = write_report(run.path)  # last: where it is, the others are
    listener.note(f"samples: {samples}{film}\nreport: {report}")


def _say_if_slow(listener: Listener, recipe: Recipe, images: int, seconds: float, run: Run) -> None:
    """A budget was turned into images at the start; on a machine that got slower it takes longer, and says so."""
    planned = run.recipe()[1]["planned_seconds"]
    assert isinstance(recipe.images, int)
    if planned and images:
        planned *= images / recipe.images
        if seconds > max(1.2 * planned, planned + TELLING):
            listener.note(f"the machine was slower than at the start: {duration(seconds)} instead of {duration(planned)}")


class _Steps(Monitor):
    """Passes every step on to the listener."""

    def __init__(self, listener: Listener):
        self.listener = listener

    def step(self, trainer: Trainer) -> None:
        self.listener.step(trainer.images)
