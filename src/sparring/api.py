"""What the command line and Python programs call: train a GAN, or resume a training."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import torch

from . import modalities
from .callbacks.base import Callback
from .callbacks.progress import checked_console, seconds_from
from .config.options import AUTO, TrainOptions, train_options
from .config.signatures import with_options
from .data.in_memory import InMemory
from .data.source import Source
from .errors import UserError
from .modalities import opening
from .runs.folder import Run
from .training import run as training_run
from .training.assembly import Assembly
from .training.callbacks import TensorBoard
from .training.following import follow
from .training.processes import Group, Processes, joined, own_device
from .training.resume import resume
from .training.setup import set_up
from .util import checks, files
from .util.devices import choose_device
from .util.files import file_name
from .util.spelling import spells_options


@spells_options
@with_options(
    {**{name: field for name, field in TrainOptions.model_fields.items() if name != "data"}, **opening.option_fields()}
)
def train(
    data: Any,
    recipe: str | None = None,
    out: str | Path | None = None,
    *,
    callbacks: Iterable[Callback] = (),
    console: Callback | None = None,
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
            PIL pictures, a DataFrame or another table; for recipes of series an array or a list of arrays, for those of
            sounds an array (N x samples, N x channels x samples) with its `rate`. For data in memory `labels` may be a
            sequence with the class of each picture, series or sound.
        **options: See `sparring.config.options.TrainOptions` and the options of the data.
        callbacks: Look at every step and every tick of the training, see `sparring.callbacks.base.Callback`.
        console: Gets the messages and the progress. Default: prints plain lines.
        stop: Set this event to stop the training at the next step, saved.
        command: The command as typed, for the report.

    Returns:
        The run; `sparring.load(run)` is its trained generator.

    Raises:
        UserError: For everything that the caller can mend, in one sentence.
        Diverged: When the training broke before it had a usable snapshot.
    """
    started, callbacks = time.monotonic(), _checked_callbacks(callbacks)
    console = checked_console(console)
    checks.instance(stop or threading.Event(), "`stop`", threading.Event, "a threading.Event")
    checks.instance("" if command is None else command, "`command`", str, "the command as a text")
    where, options = with_labels(data, options)
    asked = train_options({"recipe": recipe, "out": out, **options}, opening.option_fields())
    device, why = choose_device(asked.device)
    run, device = Run(asked.out or default_folder(where, recipe)), own_device(device)
    with joined(device) as processes:
        if isinstance(processes, Group) and processes.rank:
            follow(run, where, device, processes)
            return run
        created, locked_before = not run.path.exists(), (run.path / ".lock").exists()
        with _only_training(run.path):
            several = f"; {processes.count} processes" if processes.count > 1 else ""
            console.note(f"device: {device} ({why}){several}; run folder: {run.path}")
            observers = [*callbacks, *([TensorBoard(run.path / "tensorboard")] if asked.tensorboard else []), console]
            with _removed_if_unused(run, created, locked_before):
                assembly = _assembly(run, where, asked, device, console, observers, command, started, processes)
            if assembly is not None:
                deadline = None if asked.max_time is None else started + seconds_from(asked.max_time)
                training_run.fit(assembly, run, console, stop or threading.Event(), deadline, started)
            elif training_run.pages_are_old(run):
                training_run.write_pages(run, console)
    return run


def _assembly(
    run: Run,
    where: Any,
    asked: TrainOptions,
    device: torch.device,
    console: Callback,
    observers: list[Callback],
    command: str | None,
    started: float,
    processes: Processes,
) -> Assembly | None:
    """The training of the folder: resumed, or set up where there is none yet; None where it is finished."""
    if run.exists or run.has_lost_its_recipe:
        return resume(run, where, asked, device, console, observers, started, processes)
    budget_end = None if asked.budget is None else started + seconds_from(asked.budget)
    return set_up(run, where, asked, device, console, budget_end, command, observers, processes)


def _checked_callbacks(callbacks: Any) -> list[Callback]:
    found = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in found:
        if not isinstance(callback, Callback):
            name = callback.__name__ if isinstance(callback, type) else type(callback).__name__
            raise UserError(f"`callbacks` should be a list of instances of sparring.Callback, and {name} is none")
    return found


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


def default_folder(source: str | Path | Source | InMemory, recipe: str | None) -> Path:
    """runs/NAME for the recipe that this kind of data gets by default, else runs/NAME-RECIPE."""
    modality: str | None
    if isinstance(source, Source):
        name, modality = source.name, source.modality
    elif isinstance(source, InMemory):
        name, modality = source.name, None
    else:
        name, modality = Path(source).absolute().name.split(".")[0] or "data", opening.modality_of(source)
    usual = recipe in (None, AUTO) or (modality is not None and recipe == modalities.get(modality).default_recipe)
    return Path("runs") / file_name(name if usual else f"{name}-{Path(str(recipe)).stem}")


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


@contextmanager
def _removed_if_unused(run: Run, created: bool, locked_before: bool) -> Iterator[None]:
    """A training that is refused or interrupted before its start leaves no folder of its own, and no lock in others."""
    if created:
        files.UNFINISHED.add(run.path)
    try:
        yield
    except BaseException as error:
        refused = isinstance(error, UserError) or not isinstance(error, Exception)  # Ctrl-C is no Exception
        only_lock = {entry.name for entry in run.path.iterdir()} <= {".lock"}
        if refused and (only_lock or not (locked_before or run.exists)):
            (run.path / ".lock").unlink(missing_ok=True)
        if refused and created and not run.exists:
            shutil.rmtree(run.path, ignore_errors=True)
        raise
    finally:
        files.UNFINISHED.discard(run.path)
