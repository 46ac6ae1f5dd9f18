"""sparring invert"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def invert(
        run: Annotated[Path, typer.Argument(help="The run folder of a training.")],
        picture: Annotated[Path, typer.Argument(help="The picture to find a code for.")],
        out: Annotated[
            Path | None, typer.Option("-o", "--out", help="A .png that shows both; the code goes beside it. Default: PICTURE-inverted.png.")
        ] = None,
        space: Annotated[str, typer.Option(help="latent, w (one style), w+ (a style for each layer) or auto.")] = "auto",
        steps: Annotated[int, typer.Option(min=3, max=100_000, help="Steps of the search (twice as many for w+).")] = 600,
        seed: Annotated[int, typer.Option(help="Where the search starts.")] = 0,
        label: Annotated[str | None, typer.Option(help="The class to search in. Default: the one that comes nearest.")] = None,
    ) -> None:
        """Find the latent or the styles with which the generator makes a given picture, and say how near it comes.

        Example:  sparring invert runs/faces me.jpg -o me-inverted.png
        """
        from ..inference.invert import invert_file
        from .progress import terminal

        target = out or Path(f"{picture.stem}-inverted.png")
        with terminal() as console:

            def progress(done: int, total: int) -> None:
                console.progress(done / total, "searching")

            found, paths = invert_file(run, picture, target, space=space, steps=steps, seed=seed, label=label, progress=progress)
        where = f"{found.space}, error {found.error:.4f} of the value range (PSNR {found.psnr:.1f} dB)"
        typer.echo(f"{where}: {paths[0]} (code: {paths[1]})")
