"""sparring compare"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Labels, Size, parse_size


def register(app: typer.Typer) -> None:
    @app.command()
    def compare(
        data: Annotated[str, typer.Argument(help="What you would give to `sparring train`.")],
        recipes: Annotated[str, typer.Option(help="Names or YAML files, for example dcgan,wgan-gp,vae.")],
        budget: Annotated[str | None, typer.Option(help="How long each may train: 90s, 10m, 1h30m.")] = None,
        examples: Annotated[str | None, typer.Option(help="Or how many images each may see: 200000, 2M, 50epochs.")] = None,
        seeds: Annotated[int, typer.Option(min=1, max=100, help="Trainings of each recipe; only several tell luck from merit.")] = 3,
        out: Annotated[
            Path | None, typer.Option("-o", "--out", help="A folder for the runs and the pages. Default: comparisons/NAME.")
        ] = None,
        size: Size = None,
        labels: Labels = None,
        features: Annotated[
            str, typer.Option(help="What distances are measured in: classifier, raw, efficientnet-lite0, inception.")
        ] = "classifier",
        samples: Annotated[
            int | None, typer.Option("-n", "--samples", min=2, help="Samples of each that are measured. Default: 10,000.")
        ] = None,
        device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    ) -> None:
        """Train several recipes on the same data under the same budget, and set them side by side: a table, curves, samples.

        Example:  sparring compare digits --recipes dcgan-small,mlp,vae --budget 1m --seeds 3

        Run the same command again to go on after a stop. One training at a time: they would take the time from one another.
        """
        from dataclasses import asdict

        from ..comparison import compare as compared
        from ..reports.comparison import summary
        from .progress import terminal

        folder = out or Path("comparisons") / (Path(data).name.split(".")[0] or "data")
        names = [name.strip() for name in recipes.split(",") if name.strip()]
        with terminal() as console:
            entries = compared(
                data, names, folder, budget=budget, examples=examples, seeds=seeds, size=parse_size(size), labels=labels,
                features=features, samples=samples, device=device, console=console,
            )  # fmt: skip
        for sentence in summary([asdict(entry) for entry in entries]):
            typer.echo(sentence)
        typer.echo(f"table: {folder / 'README.md'}\nreport: {folder / 'report.html'}\nsamples: {folder / 'samples.png'}")
