"""The verb `sparring interpolate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say


def interpolate(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="A film (.mp4, .gif) or a strip of pictures (.png). Default: NAME-interpolation.gif here.",
            show_default=False,
        ),
    ] = None,
    keyframes: Annotated[int, typer.Option(min=2, max=1000, help="How many samples to pass through.")] = 6,
    frames: Annotated[int, typer.Option(min=1, max=1000, help="How many pictures from one sample to the next.")] = 24,
    seed: Annotated[int, typer.Option(help="The seed of the samples.")] = 0,
    label: Annotated[
        str | None,
        typer.Option(
            help="Only this class. Default, for models trained with labels: one class after another.",
            show_default=False,
        ),
    ] = None,
    fps: Annotated[int, typer.Option(min=1, max=120, help="Pictures a second.")] = 24,
    method: Annotated[
        str,
        typer.Option(
            help="auto; spherical or linear, between latents; or style, between styles (style-based generators)."
        ),
    ] = "auto",
    device: Device = "cpu",
) -> None:
    """Interpolate in latent space from sample to sample, as a film or a strip of pictures.

    Example:  sparring interpolate runs/digits -o walk.mp4
    """
    from ..inference.interpolate import interpolate_file
    from .progress import terminal

    target = out or Path(f"{run.name or 'run'}-interpolation.gif")
    with terminal() as console:
        written = interpolate_file(
            run,
            target,
            keyframes,
            frames,
            seed=seed,
            label=label,
            fps=fps,
            method=method,
            device=device,
            progress=lambda share: console.progress(share, "interpolating"),
        )
    say(written)
