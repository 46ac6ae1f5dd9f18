"""The verb `sparring explore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say


def explore(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="A folder for the sheets. Default: NAME-explored here.", show_default=False),
    ] = None,
    directions: Annotated[int, typer.Option(min=1, max=64, help="How many principal directions, one a row.")] = 8,
    columns: Annotated[int, typer.Option(min=2, max=32, help="How many pictures a row.")] = 7,
    extent: Annotated[
        float, typer.Option(min=0.01, max=100, help="How far to go along a direction, in standard deviations.")
    ] = 3.0,
    seed: Annotated[int, typer.Option(help="The seed of the sample that is moved.")] = 0,
    label: Annotated[
        str | None, typer.Option(help="Only this class. For models trained with labels.", show_default=False)
    ] = None,
    device: Device = "cpu",
) -> None:
    """Show the latent space: a sheet of principal directions and, for style-based generators, one of style mixtures.

    Example:  sparring explore runs/digits -o explored/
    """
    from ..inference.explore import explore_files
    from .progress import terminal

    target = out or Path(f"{run.name or 'run'}-explored")
    with terminal() as console:

        def progress(share: float) -> None:
            console.progress(share, "exploring")

        written = explore_files(
            run, target, directions, columns, extent, seed=seed, label=label, device=device, progress=progress
        )
    for path in written:
        say(path)
