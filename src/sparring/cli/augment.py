"""The verb `sparring augment`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import say


def parameters() -> list[inspect.Parameter]:
    """The options of an augmentation, and those of the data."""
    from ..config.augment_options import AugmentOptions
    from .options import data_parameters
    from .options import parameters as made

    return [*made(AugmentOptions.model_fields), *data_parameters()]


def augment(
    data: Annotated[
        str,
        typer.Argument(help="Pictures in class folders or with boxes, or a table with a target.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="A folder for the verdict, the report and the data.", show_default=False),
    ],
    **options: Any,
) -> None:
    """Enlarge a training set by generated examples, and measure on untouched real ones whether that helps.

    Example:  sparring augment loans.csv --target default -o augmented

    The verdict is "use" or "do not use", with its interval, beside the best that real data give without a generator.
    Data are written at "use" only, or with --anyway. Run the same command again to go on after a stop.
    """
    from ..enlargement import augment as augmented
    from ..reports.enlargement import headline
    from ..util import progress
    from .interrupts import TrainingLines, interrupts

    try:
        found = augmented(data, out, console=TrainingLines(interrupts), stop=interrupts.stop, **options)
    finally:
        progress.clear()
    if interrupts.received:
        raise typer.Exit(128 + interrupts.received)
    if found is None:
        return
    say(headline(found.found), *found.sentences)
    if found.data is not None:
        say(f"data: {found.data}")
    say(f"verdict: {out / 'verdict.json'}", f"report: {out / 'report.html'}")
