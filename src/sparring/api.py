"""What the command line and Python programs call: train a GAN, or resume a training."""

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
from .config.options import TrainOptions, train_options
from .config.recipe import Recipe, images_from
from .config.signatures import with_options
from .data.source import Source
from .errors import Diverged, UserError
from .modalities import opening
from .modalities.in_memory import InMemory
from .runs.folder import Run
from .training.assembly import Session
from .training.callbacks import TensorBoard, record
from .training.resume import diverged_sentence, resume
from .training.setup import begin
from .training.trainer import Trainer
from .util.devices import choose_device

MIN_DELAY_TO_REPORT = 5.0  # seconds by which a training must be later than planned, for that to be said
STRIP_STOPS, STRIP_FRAMES = 4, 7  # of the walk through latent space in the report


@with_options(
    {**{name: field for name, field in TrainOptions.model_fields.items() if name != "data"}, **opening.option_fields()}
)
def train(
    data: Any,
    recipe: str | None = None,
    out: str | Path | None = None,
    *,
    callbacks: Sequence[Monitor] = (),
    listener: Listener | None = None,
    stop: threading.Event | None = None,
    command: str | None = None,
    **options: Any,
) -> Run:
    """Train a GAN on your data. The same call again resumes a training that was stopped.

    Example:
        run = sparring.train("photos/", budget="10m", size=(64, 64), settings={"batch": 64})

    Args:
        data: A path, a name such as "digits" or "mnist", or a Source. Or data in memory: a NumPy array or torch tensor
            of pictures (N x H x W, N x H x W x C or N x C x H x W), a torch Dataset, a Hugging Face dataset, a list of
            PIL pictures, a pandas or polars DataFrame. For data in memory `labels` may be a sequence with the class of
            each picture.
        **options: See `sparring.config.options.TrainOptions` and the options of the data.
        callbacks: Called at every step and every tick of the training, after the built-in ones.
        listener: Gets the messages and the progress. Default: prints plain lines.
        stop: Set this event to stop the training at the next step, saved.
        command: The command as typed, for the report.

    Returns:
        The run: its folder, and `load()` for the trained generator.

    Raises:
        UserError: For everything that the caller can mend, in one sentence.
        Diverged: When the training broke before it had a usable snapshot.
    """
    started = time.monotonic()
    where, options = with_labels(data, options)
    asked = train_options({"recipe": recipe, "out": out, **options}, opening.option_fields())
    _check_lengths(asked)
    deadline = None if asked.max_time is None else started + seconds_from(asked.max_time)
    budget_end = None if asked.budget is None else started + seconds_from(asked.budget)
    listener, stop = listener or Lines(), stop or threading.Event()
    chosen, why = choose_device(asked.device)
    run = Run(asked.out or default_folder(where, recipe))
    with _only_training(run.path):
        listener.note(f"device: {chosen} ({why}); run folder: {run.path}")
        try:
            if run.exists:
                session = resume(run, where, asked, chosen, listener)
            else:
                session = begin(run, where, asked, chosen, listener, budget_end, command, asked.init_from)
        except UserError:
            _remove_if_unused(run.path)
            raise
        if session is not None:
            session.trainer.monitors += [
                *([TensorBoard(run.path / "tensorboard")] if asked.tensorboard else []),
                *callbacks,
            ]
            _fit(session, run, listener, stop, deadline)
        elif not (run.path / "report.html").is_file():
            _write_pages(run, listener)
    return run


def with_labels(data: Any, options: dict[str, Any]) -> tuple[str | Path | Source | InMemory, dict[str, Any]]:
    """What is opened, and the options without labels that are values: those belong to the data."""
    values = options.get("labels")
    if isinstance(data, str | Path | Source):
        if values is not None and not isinstance(values, str):
            raise UserError(
                "labels are given as values beside data in memory only; for files name the column or put a "
                "labels.csv beside them"
            )
        return data, options
    if values is None or isinstance(values, str):
        return InMemory(data), options
    return InMemory(data, values), {**options, "labels": None}


def _check_lengths(asked: TrainOptions) -> None:
    """Refuse lengths that cannot be read before anything slow is done."""
    if asked.examples is not None:
        images_from(asked.examples, 1, 1)


def default_folder(source: str | Path | Source | InMemory, recipe: str | None) -> Path:
    """runs/NAME for the recipe that this kind of data gets by default, else runs/NAME-RECIPE."""
    modality: str | None
    if isinstance(source, Source):
        name, modality = source.name, source.modality
    elif isinstance(source, InMemory):
        name, modality = source.name, None
    else:
        name, modality = Path(source).absolute().name.split(".")[0] or "data", opening.modality_of(source)
    usual = recipe is None or (modality is not None and recipe == modalities.get(modality).DEFAULT_RECIPE)
    return Path("runs") / (name if usual else f"{name}-{Path(str(recipe)).stem}")


def _only_training(folder: Path) -> Any:
    """A lock that the system lifts when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock")
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UserError(
            f"another training is writing {folder}; wait for it, stop it, or choose another folder with --out"
        ) from None


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
            f"{last.notes['reason']} at {last.images:,} images: the training ends here as diverged, and its best "
            f"snapshot is kept"
        )
    elif not trainer.done:
        why = "the time of --max-time is up" if out_of_time.is_set() else "stopped"
        listener.note(f"{why} at {trainer.images:,} of {trainer.end:,} images, saved; run the same command to resume")
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
    tick.notes |= {
        "snapshot": trainer.best["images"] if trainer.best else trainer.images,
        "planned": trainer.recipe.images,
    }
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

    film = write_film(run.path)
    if not algorithms.kind(run.recipe()[0]).translates and getattr(
        modalities.get(run.read_json("source.json")["modality"]), "WALKS", True
    ):
        interpolate_file(run.path, run.path / "interpolation.png", stops=STRIP_STOPS, frames=STRIP_FRAMES)
    write_card(run.path)
    report = write_report(run.path)  # last: where it is, the others are
    listener.note(f"samples: {max((run.path / 'samples').glob('*.png'))} (film: {film})\nreport: {report}")


def _say_if_slow(listener: Listener, recipe: Recipe, images: int, seconds: float, run: Run) -> None:
    """A budget was turned into images at the start; on a machine that got slower it takes longer, and says so."""
    planned = run.recipe()[1]["planned_seconds"]
    assert isinstance(recipe.images, int)
    if planned and images:
        planned *= images / recipe.images
        if seconds > max(1.2 * planned, planned + MIN_DELAY_TO_REPORT):
            listener.note(
                f"the machine was slower than at the start: {duration(seconds)} instead of {duration(planned)}"
            )


class _Steps(Monitor):
    """Passes every step on to the listener."""

    def __init__(self, listener: Listener):
        self.listener = listener

    def step(self, trainer: Trainer) -> None:
        self.listener.step(trainer.images)
