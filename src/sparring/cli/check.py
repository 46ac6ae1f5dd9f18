"""sparring check"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from .options import FITS, Constraints, Fit, LabelLevel, Labels, Mode, Size, Types, one_of, parse_size, parse_types

LINES = 20  # of a long list shown


def register(app: typer.Typer) -> None:
    @app.command()
    def check(
        data: Annotated[str, typer.Argument(help="What you would give to `sparring train`.")],
        recipe: Annotated[str | None, typer.Option(help="Read it as this recipe would: a table as series, with --recipe series.")] = None,
        size: Size = None,
        fit: Fit = None,
        mode: Mode = None,
        labels: Labels = None,
        label_level: LabelLevel = None,
        types: Types = None,
        constraints: Constraints = None,
        as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    ) -> None:
        """Look at every file of a data set, before any training: counts, sizes, modes, labels, duplicates, and what cannot be used."""
        from ..config.reading import load_recipe
        from ..data.source import DataOptions
        from ..modalities.opening import open_data
        from ..util.devices import choose_device, max_image_side

        wishes = {
            "fit": one_of("--fit", fit, FITS),
            "labels": labels,
            "size": parse_size(size),
            "types": parse_types(types),
            "constraints": tuple(constraints or ()),
        }
        wishes |= {
            "mode": one_of("--mode", mode, ("auto", "L", "LA", "RGB", "RGBA")),
            "label_level": one_of("--label-level", label_level, ("first", "leaf")),
        }
        context: dict[str, Any] = {"max_side": largest_side(choose_device("auto")[0])}
        if recipe is not None:
            named = load_recipe(recipe)
            wishes |= {"modalities": named.modalities, "maps": named.algorithm.label_map_side}
        side = max_image_side(choose_device("auto")[0])
        source = open_data(data, DataOptions(max_side=side, **{key: value for key, value in wishes.items() if value is not None}))  # type: ignore[arg-type]
        report = source.report
        if as_json:
            typer.echo(json.dumps({**source.describe(), "report": asdict(report)}, indent=2, ensure_ascii=False))
            return
        for note in source.notes:
            typer.echo(note)
        typer.echo(
            f"{source.modality} of shape {' x '.join(map(str, source.shape))}; "
            + ", ".join(f"{count:,} {split}" for split, count in report.counts.items())
        )
        for title, counts in (("sizes", report.sizes), ("modes", report.modes), ("labels", report.labels)):
            if counts:
                shown = list(counts.items())
                rest = f", ... {len(shown) - LINES} more" if len(shown) > LINES else ""
                typer.echo(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in shown[:LINES]) + rest)
        typer.echo(f"duplicates: {report.duplicates:,}")
        typer.echo(f"skipped: {len(report.skipped):,}")
        for name, reason in report.skipped:
            typer.echo(f"  {name}: {reason}")
