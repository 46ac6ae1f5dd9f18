"""sparring interpolate"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def interpolate(
        run: Annotated[Path, typer.Argument(help="The run folder of a training.")],
        out: Annotated[
            Path | None,
            typer.Option("-o", "--out", help="A film (.mp4, .gif) or a strip of pictures (.png). Default: NAME-interpolation.gif."),
        ] = None,
        stops: Annotated[int, typer.Option(min=2, max=1000, help="How many samples the walk passes through.")] = 6,
        frames: Annotated[int, typer.Option(min=1, max=1000, help="Pictures between two of them.")] = 24,
        seed: Annotated[int, typer.Option(help="Which samples.")] = 0,
        label: Annotated[str | None, typer.Option(help="Only this class. Default for models with labels: one class after another.")] = None,
        fps: Annotated[int, typer.Option(min=1, max=120, help="Pictures a second.")] = 24,
        way: Annotated[
            str, typer.Option(help="auto, spherical, linear (between latents) or style (between styles, for style-based generators).")
        ] = "auto",
    ) -> None:
        """Walk through latent space from sample to sample, as a film or a strip.

        Example:  sparring interpolate runs/digits -o walk.mp4
        """
        from ..inference.interpolate import interpolate_file

        target = out or Path(f"{run.name or 'run'}-interpolation.gif")
        typer.echo(interpolate_file(run, target, stops, frames, seed=seed, label=label, fps=fps, method=way))
