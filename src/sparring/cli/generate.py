"""sparring generate"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def generate(
        run: Annotated[Path, typer.Argument(help="The run folder of a training.")],
        count: Annotated[int, typer.Option("-n", "--count", min=1, max=10_000_000, help="How many samples.")] = 64,
        out: Annotated[
            Path | None,
            typer.Option(
                "-o",
                "--out",
                help="A folder for single files, or one file (.png a sheet, .npz arrays, .zip). Default: NAME-samples here.",
            ),
        ] = None,
        seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
        label: Annotated[str | None, typer.Option(help="Only this class, by name or number (models trained with labels).")] = None,
        truncation: Annotated[
            float | None,
            typer.Option(help="Less variety for better looks: 0 to 1 for style-based generators; for others the largest latent value."),
        ] = None,
        where: Annotated[
            str | None,
            typer.Option(help="Of a table: what must hold in every row: \"income = '>50K' and age > 60\".", metavar="CONDITIONS"),
        ] = None,
        length: Annotated[
            int | None, typer.Option(min=1, help="Of series: how many steps; longer than what was learned by going on.", metavar="STEPS")
        ] = None,
        batch_size: Annotated[
            int, typer.Option(min=1, help="How many samples are held in memory at once; the files do not depend on it.")
        ] = 64,
        grid: Annotated[bool, typer.Option("--grid", help="One sheet of all samples, whatever the count.")] = False,
    ) -> None:
        """Make new samples with a trained generator.

        Example:  sparring generate runs/digits -n 16 --label 3 -o threes/
        """
        from ..inference.generate import generate_files

        target = out or Path(f"{run.name or 'run'}-samples{'.png' if grid else ''}")
        paths = generate_files(
            run, target, count, seed=seed, label=label, truncation=truncation, where=where, length=length, batch_size=batch_size, grid=grid
        )
        typer.echo(f"{count} samples: {paths[0] if len(paths) == 1 else target}")
