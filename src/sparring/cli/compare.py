"""The verb `sparring compare`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import say


def parameters() -> list[inspect.Parameter]:
    """How long to train and where, and the options of the data."""
    from .options import data_parameters, train_parameters

    return [*train_parameters("examples", "epochs", "budget", "device"), *data_parameters()]


def compare(
    data: Annotated[str, typer.Argument(help="What you would give to `sparring train`.", show_default=False)],
    recipes: Annotated[
        str,
        typer.Option(
            help="Names or YAML files, with commas between them: --recipes dcgan,wgan-gp,vae.", show_default=False
        ),
    ],
    seeds: Annotated[
        int,
        typer.Option(
            min=1, max=100, help="How many times each recipe is trained. Several show which differences are chance."
        ),
    ] = 3,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="A folder for the runs and the pages. Default: comparisons/NAME.", show_default=False
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="The features in which distances are measured: classifier, raw, efficientnet-lite0, inception."
        ),
    ] = "classifier",
    samples: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--samples",
            min=2,
            help="How many samples of each training are measured. Default: 10,000.",
            show_default=False,
        ),
    ] = None,
    **options: Any,
) -> None:
    """Train several recipes on the same data, equally long, and compare them: a table, curves, samples.

    Example:  sparring compare digits --recipes dcgan-small,mlp,vae --budget 1m --seeds 3

    Run the same command again to resume. Trainings run one after the other, so that none takes time from another.
    """
    from dataclasses import asdict

    from ..comparison import compare as compared
    from ..reports.comparison import summary
    from .progress import terminal

    folder = out or Path("comparisons") / (Path(data).name.split(".")[0] or "data")
    names = [name.strip() for name in recipes.split(",") if name.strip()]
    with terminal() as console:
        entries = compared(
            data, names, folder, seeds=seeds, features=features, samples=samples, console=console, **options
        )
    for sentence in summary([asdict(entry) for entry in entries]):
        say(sentence)
    say(f"table: {folder / 'README.md'}", f"report: {folder / 'report.html'}", f"samples: {folder / 'samples.png'}")
