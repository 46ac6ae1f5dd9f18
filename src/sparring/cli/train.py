"""The verb `sparring train`."""

from __future__ import annotations

import inspect
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..util.files import without_password

_current: dict[str, Path] = {}


def current_run() -> Path | None:
    """The folder of the run being trained, for a fault's traceback."""
    return _current.get("run")


def parameters() -> list[inspect.Parameter]:
    """All options of a training and of its data."""
    from .options import data_parameters, train_parameters

    return [*train_parameters(), *data_parameters()]


def train(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder, zip or tar of pictures or sounds; an .npy, .npz, IDX or Parquet file; a table (.csv, "
            ".xlsx, sqlite:///file#table); or a name: digits, mnist, ring ...",
            show_default=False,
        ),
    ],
    **options: Any,
) -> None:
    """Train a GAN on your data. Run the same command again to resume after a stop, a kill or a power cut.

    Examples:  sparring train digits --budget 1m   |   sparring train photos/ --size 64x64 --examples 2M

    What you leave out is chosen from the data and the machine and printed with its reason. The run folder (runs/NAME)
    holds the progress, samples, scores and a report page.
    """
    from .. import api
    from ..util import progress
    from .interrupts import TrainingLines, interrupts

    folder = options.pop("out") or api.default_folder(data, options["recipe"])
    _current["run"] = folder
    command = shlex.join(["sparring", *map(_without_folders, sys.argv[1:])])
    try:
        api.train(data, out=folder, console=TrainingLines(interrupts), stop=interrupts.stop, command=command, **options)
    finally:
        progress.clear()
    if interrupts.received:
        raise typer.Exit(128 + interrupts.received)


def _without_folders(argument: str) -> str:
    """The argument without this machine's folders and passwords: a recipe travels with its model."""
    return Path(argument).name if Path(argument).is_absolute() else without_password(argument)
