"""The verb `sparring apply`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .arguments import Device
from .output import say

if TYPE_CHECKING:
    from ..callbacks.base import Callback
    from ..inference.apply import Applied
    from ..inference.apply_video import Film

Reverse = Annotated[
    bool,
    typer.Option("--reverse", help="Turn outputs into inputs. For recipes that learn both directions (cyclegan)."),
]
TemporalSmoothing = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Films: the share of the frame before that is kept where the film shows the same as before. Default: "
        "measured on the first frames, none where the result flickers no more than the film.",
        show_default=False,
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
Mask = Annotated[
    Path | None,
    typer.Option(
        help="Runs that fill holes (restore-inpaint): a picture that is white where yours is to be filled, or a folder "
        "of masks with the names of your pictures. Everything else stays as it is.",
        show_default=False,
    ),
]


def apply(
    run: Annotated[
        Path, typer.Argument(help="The folder of a run that turns pictures or sounds into others.", show_default=False)
    ],
    pictures: Annotated[
        Path, typer.Argument(help="A picture, film or sound, or a folder of them, of any size.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A file, or a folder for the results.", show_default=False)],
    reverse: Reverse = False,
    temporal_smoothing: TemporalSmoothing = None,
    ensemble: Ensemble = False,
    data_range: DataRange = None,
    mask: Mask = None,
    device: Device = "auto",
) -> None:
    """Apply what a run has learned to your pictures or sounds: restore, translate or segment them.

    Example:  sparring apply runs/photos-restore-denoise holiday/ -o clean/

    Example:  sparring apply runs/streets street.jpg -o labels.png

    Example:  sparring apply runs/photos-restore-inpaint photo.jpg --mask scratch.png -o whole.png

    Example:  sparring apply runs/speech-enhance-speech noisy/ -o clean/

    Sizes are kept (times the run's scale). Films keep their frame rate and sound, sounds their rate, channels, length
    and format. A run of `sgan` classifies: -o
    labels.csv. `restore-inpaint` fills the transparent parts. A file that cannot be used is named, and the others are
    done.
    """
    from ..errors import UserError
    from ..inference.apply import apply_files
    from ..inference.classify import classifies, classify_files
    from .progress import terminal

    names = classifies(run)
    given = {
        "--reverse": reverse,
        "--temporal-smoothing": temporal_smoothing,
        "--ensemble": ensemble,
        "--mask": mask,
        "--data-range": data_range,
    }
    if names and (unused := [option for option, value in given.items() if value]):
        raise UserError(f"{run} classifies pictures: leave {' and '.join(unused)} out")
    with terminal() as console:
        if names:
            results = classify_files(run, pictures, out, device)
        else:
            results = apply_files(
                run, pictures, out, reverse, temporal_smoothing, ensemble, device, console, data_range, mask
            )
        done, failed = _print(results, console)
    say(
        (f"{done} written: {out}" if done else "nothing was written")
        + (f", {failed} could not be used (see above)" if failed else "")
    )
    if failed:
        raise typer.Exit(2)


def _print(results: Iterable[Applied], console: Callback) -> tuple[int, int]:
    """Say what became of each file. Returns how many were written, and how many could not be used."""
    done, failed = 0, 0
    for applied in results:
        if applied.out is None:
            failed += 1
            say(f"{applied.path}: {applied.reason}", error=True)
            continue
        done += 1
        if applied.note:
            say(f"{applied.path}: {applied.note}", error=True)
        if film := applied.film:
            for sentence in _about(film):
                console.note(f"{applied.out}: {sentence}")
    return done, failed


def _about(film: Film) -> Iterator[str]:
    """What to say of a translated film."""
    if film.reason:
        yield f"temporal smoothing {film.smoothing:g}: {film.reason}"
    yield (
        f"{film.frames} frames; along the motion the result changes by {film.flicker.output:.2%} from frame to frame, "
        f"the film by {film.flicker.input:.2%}"
    )
    yield from film.lost
