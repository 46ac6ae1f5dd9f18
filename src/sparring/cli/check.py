"""The verb `sparring check`."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import say, say_json

if TYPE_CHECKING:
    from ..data.source import Source

MAX_ENTRIES_SHOWN = 20  # of a long list


def parameters() -> list[inspect.Parameter]:
    """The recipe, the device whose size of pictures is shown, and the options of the data."""
    from .options import data_parameters, train_parameters

    return [*train_parameters("recipe", "device"), *data_parameters()]


def check(
    data: Annotated[str, typer.Argument(help="What you would give to `sparring train`.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    **options: Any,
) -> None:
    """Read every file of a data set without training: sizes, labels, duplicates, and what cannot be used.

    Examples:  sparring check photos/   |   sparring check walks.csv --recipe series
    """
    from ..config.options import how_to_open, train_options
    from ..config.reading import load_recipe
    from ..modalities.opening import open_data, option_fields
    from ..util.devices import choose_device, max_image_side

    asked = train_options(options, option_fields())
    recipe = None if asked.recipe is None else load_recipe(asked.recipe)
    source = open_data(data, *how_to_open(asked.data, max_image_side(choose_device(asked.device)[0]), recipe))
    if as_json:
        say_json({**source.describe(), "report": asdict(source.report)})
    else:
        _print(source)


def _print(source: Source) -> None:
    report = source.report
    for note in source.notes:
        say(note)
    shape = " x ".join(map(str, source.shape))
    say(
        f"{source.modality} of shape {shape}; "
        + ", ".join(f"{count:,} {split}" for split, count in report.counts.items())
    )
    listed = {"sizes": report.sizes, "modes": report.modes, "lengths": report.lengths, "labels": report.labels}
    for title, counts in listed.items():
        if counts:
            shown = list(counts.items())
            rest = f", ... {len(shown) - MAX_ENTRIES_SHOWN} more" if len(shown) > MAX_ENTRIES_SHOWN else ""
            say(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in shown[:MAX_ENTRIES_SHOWN]) + rest)
    say(f"duplicates: {report.duplicates:,}")
    say(f"skipped: {len(report.skipped):,}")
    for name, reason in report.skipped:
        say(f"  {name}: {reason}")
