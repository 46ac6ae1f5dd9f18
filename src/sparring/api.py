"""What the command line and Python programs call: train a GAN, or go on with a training."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import filelock

from . import modalities
from .callbacks.base import Callback
from .callbacks.progress import Lines, seconds_from
from .config.options import TrainOptions
from .config.reading import parse_settings
from .data.source import Source
from .errors import UserError
from .modalities import opening
from .runs.folder import Run
from .training import run as training_run
from .training.callbacks import TensorBoard
from .training.resume import resume
from .training.setup import set_up
from .util.devices import choose_device


def train(
    source: str | Path | Source,
    recipe: str | None = None,
    out: str | Path | None = None,
    *,
    examples: str | int | None = None,
    budget: str | float | None = None,
    max_time: str | float | None = None,
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
    callbacks: Iterable[Callback] = (),
    console: Callback | None = None,
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
        examples=examples,
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
    if examples is not None and budget is not None:
        raise UserError("give either examples or a budget, not both: they are two ways to say how long")
    deadline = None if max_time is None else started + seconds_from(max_time)
    budget_end = None if budget is None else started + seconds_from(budget)
    console, stop = console or Lines(), stop or threading.Event()
    chosen, why = choose_device(device)
    run = Run(out or default_folder(source, recipe))
    with _only_training(run.path):
        console.note(f"device: {chosen} ({why}); run folder: {run.path}")
        observers = [*callbacks, *([TensorBoard(run.path / "tensorboard")] if tensorboard else []), console]
        try:
            if run.exists:
                assembly = resume(run, source, wishes, chosen, console, observers)
            else:
                base = None if init_from is None else Path(init_from)
                assembly = set_up(run, source, wishes, chosen, console, budget_end, command, base, observers)
        except UserError:
            _remove_if_unused(run.path)
            raise
        if assembly is not None:
            training_run.fit(assembly, run, console, stop, deadline)
        elif not (run.path / "report.html").is_file():
            training_run.write_pages(run, console)
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
