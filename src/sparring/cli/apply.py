"""sparring apply"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def apply(
        run: Annotated[Path, typer.Argument(help="The folder of a run that turns pictures into others.", show_default=False)],
        pictures: Annotated[Path, typer.Argument(help="A picture or film, or a folder of them, of any size.", show_default=False)],
        out: Annotated[Path, typer.Option("--out", "-o", help="A file, or a folder for the results.")],
        back: Annotated[bool, typer.Option("--back", help="The other way round, where the run learned both (cyclegan).")] = False,
        steady: Annotated[
            float, typer.Option(min=0, max=1, help="Of films: how much of the frame before is kept where the picture stands still.")
        ] = 0.0,
        ensemble: Annotated[
            bool,
            typer.Option("--ensemble", help="Of the picture mirrored and turned too, and the mean: a little better, eight times as slow."),
        ] = False,
    ) -> None:
        """Make of your pictures what a run has learned: restored, translated, segmented. Sizes are kept (times the run's scale).

        Examples:  sparring apply runs/photos-restore-denoise holiday/ -o clean/   |   sparring apply runs/streets street.jpg -o labels.png

        A run of `sgan` names classes: -o labels.csv. Films keep their frames a second and their sound. Transparent parts are what `restore-inpaint` fills. A file that cannot be used is named, and the others are done.
        """
        from ..errors import UserError
        from ..inference.apply import apply_files
        from ..inference.classify import classifies, classify_files
        from .progress import terminal

        names = classifies(run)
        if names and (back or steady or ensemble):
            raise UserError(f"{run} names classes: --back, --steady and --ensemble are for runs that make pictures; leave them out")
        done, failed = 0, 0
        with terminal() as console:
            results = classify_files(run, pictures, out) if names else apply_files(run, pictures, out, back, steady, ensemble, console)
            for applied in results:
                if applied.out is None:
                    failed += 1
                    typer.echo(f"{applied.path}: {applied.reason}", err=True)
                    continue
                done += 1
                if film := applied.film:
                    console.note(
                        f"{applied.out}: {film.frames} frames; where the picture stood still they change by {film.flicker:.2%} from one to the next "
                        f"(those of the given film by {film.input_flicker:.2%})"
                    )
        typer.echo(
            (f"{done} made: {out}" if done else "nothing was made") + (f", {failed} could not be used (named above)" if failed else "")
        )
        if failed:
            raise typer.Exit(2)
