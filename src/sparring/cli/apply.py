"""The verb `sparring apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import Device
from .output import say

if TYPE_CHECKING:
    from ..inference.apply_video import Film

Reverse = Annotated[
    bool,
    typer.Option("--reverse", help="Turn outputs into inputs. For recipes that learn both directions (cyclegan)."),
]
TemporalSmoothing = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Films: the share of the frame before that is kept where the picture stands still."
    ),
]
Ensemble = Annotated[
    bool,
    typer.Option(
        "--ensemble",
        help="Average the results of eight mirrored and turned copies: a little better, eight times slower.",
    ),
]
DataRange = Annotated[
    str | None,
    typer.Option(
        help="Which numbers of 16-bit and floating-point inputs are black and white, such as 0,4095. Default: as "
        "learned; for runs of 8-bit pictures from the numbers of all inputs.",
        metavar="LOW,HIGH",
        show_default=False,
    ),
]


def apply(
    run: Annotated[
        Path, typer.Argument(help="The folder of a run that turns pictures into others.", show_default=False)
    ],
    pictures: Annotated[
        Path, typer.Argument(help="A picture or film, or a folder of them, of any size.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A file, or a folder for the results.", show_default=False)],
    reverse: Reverse = False,
    temporal_smoothing: TemporalSmoothing = 0.0,
    ensemble: Ensemble = False,
    data_range: DataRange = None,
    device: Device = "auto",
) -> None:
    """Apply what a run has learned to your pictures: restore, translate or segment them.

    Example:  sparring apply runs/photos-restore-denoise holiday/ -o clean/

    Example:  sparring apply runs/streets street.jpg -o labels.png

    Sizes are kept (times the run's scale). Films keep their frame rate and sound. A run of `sgan` classifies: -o
    labels.csv. `restore-inpaint` fills the transparent parts. A file that cannot be used is named, and the others are
    done.
    """
    from ..errors import UserError
    from ..inference.apply import apply_files
    from ..inference.classify import classifies, classify_files
    from .progress import terminal

    names = classifies(run)
    if names and (reverse or temporal_smoothing or ensemble or data_range):
        raise UserError(
            f"{run} classifies pictures: --reverse, --temporal-smoothing, --ensemble and --data-range have no use "
            f"there; leave them out"
        )
    done, failed = 0, 0
    with terminal() as console:
        if names:
            results = classify_files(run, pictures, out, device)
        else:
            results = apply_files(
                run, pictures, out, reverse, temporal_smoothing, ensemble, device, console, data_range
            )
        for applied in results:
            if applied.out is None:
                failed += 1
                say(f"{applied.path}: {applied.reason}", error=True)
                continue
            done += 1
            if applied.note:
                say(f"{applied.path}: {applied.note}", error=True)
            if applied.film:
                console.note(_about_film(applied.out, applied.film))
    say(
        (f"{done} written: {out}" if done else "nothing was written")
        + (f", {failed} could not be used (see above)" if failed else "")
    )
    if failed:
        raise typer.Exit(2)


def _about_film(out: Path, film: Film) -> str:
    return (
        f"{out}: {film.frames} frames; where the picture stands still, the result changes by {film.flicker:.2%} "
        f"from frame to frame and the input by {film.input_flicker:.2%}"
    )
