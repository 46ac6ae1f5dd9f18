"""The verb `sparring invert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say


def invert(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    picture: Annotated[Path, typer.Argument(help="The picture to find a latent for.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="A .png of the picture beside its reconstruction; the latent is written next to it. Default: "
            "PICTURE-inverted.png here.",
            show_default=False,
        ),
    ] = None,
    space: Annotated[str, typer.Option(help="latent, w (one style), w+ (a style for each layer) or auto.")] = "auto",
    steps: Annotated[
        int, typer.Option(min=3, max=100_000, help="How many steps to search (twice as many for w+).")
    ] = 600,
    seed: Annotated[int, typer.Option(help="The seed of the place where the search starts.")] = 0,
    label: Annotated[
        str | None,
        typer.Option(help="The class to search in. Default: the one that comes nearest.", show_default=False),
    ] = None,
    device: Device = "cpu",
) -> None:
    """Find the latent or the styles from which the generator makes a given picture, and print how near it comes.

    Example:  sparring invert runs/faces me.jpg -o me-inverted.png
    """
    from ..inference.invert import invert_file
    from .progress import terminal

    target = out or Path(f"{picture.stem}-inverted.png")
    with terminal() as console:

        def progress(done: int, total: int) -> None:
            console.progress(done / total, "searching")

        found, paths = invert_file(
            run, picture, target, space=space, steps=steps, seed=seed, label=label, device=device, progress=progress
        )
    where = f"{found.space}, error {found.error:.4f} of the value range (PSNR {found.psnr:.1f} dB)"
    say(f"{where}: {paths[0]} (code: {paths[1]})")
