"""The verb `sparring search`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import say


def parameters() -> list[inspect.Parameter]:
    """The recipe, how long to train and where, and the options of the data."""
    from .options import data_parameters, train_parameters

    return [*train_parameters("recipe", "examples", "epochs", "budget", "device"), *data_parameters()]


def search(
    data: Annotated[str, typer.Argument(help="What you would give to `sparring train`.", show_default=False)],
    space: Annotated[
        Path,
        typer.Option(
            help="A YAML file of settings as of --set: KEY: [VALUE, VALUE ...] or KEY: {low: NUMBER, high: NUMBER, "
            "log: true}.",
            show_default=False,
        ),
    ],
    trials: Annotated[int, typer.Option(min=2, help="How many settings are tried.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="A folder for the runs. Default: searches/NAME.", show_default=False),
    ] = None,
    **options: Any,
) -> None:
    """Search better settings of a recipe, and say whether they beat the default.

    Example:  sparring search digits --space space.yaml --recipe dcgan-small --trials 20 --budget 1m

    Each trial is a training like others, of that length. The best settings and the default are then trained with three
    fresh seeds, as the best of many trials is partly luck. Run the same command again to resume.
    """
    from ..tuning import BEST, TABLE
    from ..tuning import search as searched
    from .interrupts import TrainingLines, interrupts

    folder = out or Path("searches") / (Path(data).name.split(".")[0] or "data")
    lines = TrainingLines(interrupts)
    found = searched(data, space, folder, trials=trials, stop=interrupts.stop, console=lines, **options)
    if found is None:
        say("stopped, saved; run the same command to go on")
        raise typer.Exit(128 + (interrupts.received or 0))
    say(f"verdict: {found.verdict}", f"table: {folder / TABLE}")
    if found.is_better:
        say(f"recipe: {folder / BEST} (sparring train {data} --recipe {folder / BEST})")
