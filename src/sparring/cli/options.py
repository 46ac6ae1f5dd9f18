"""Options that several verbs share, and how their texts become values."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from ..errors import UserError

Size = Annotated[
    str | None,
    typer.Option(
        "--size", help="Height x width to work at, for example 64x64. Default: the data's own, bounded by the device.", metavar="HxW"
    ),
]
FITS = ("crop", "pad", "stretch", "patches")
Fit = Annotated[
    str | None,
    typer.Option(
        "--fit",
        help="How other shapes are brought to that size: crop, pad or stretch; or patches, pieces at their own resolution. Default: crop; for recipes that restore, patches.",
    ),
]
Mode = Annotated[str | None, typer.Option("--mode", help="Channels: L, LA, RGB or RGBA. Default: the fewest that lose nothing.")]
Labels = Annotated[str | None, typer.Option("--labels", help="auto (folder names or a label column), none, or the name of a column.")]
LabelLevel = Annotated[str | None, typer.Option("--label-level", help="Which folder level names the class: first or leaf.")]

Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        help="Of a table: the type of a column, instead of the one found: --type code=category. integer, float, boolean, category, time, identifier or text. With recipes for series also series, order, channel or whole.",
        metavar="COLUMN=TYPE",
    ),
]


Constraints = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint",
        help="Of a table: what holds in every row: 'opened <= closed', 'a + b = total', 'a + b + c = 100', together(city, country), unique(code). Several: once each.",
        metavar="RULE",
    ),
]


def parse_types(types: list[str] | None) -> dict[str, str] | None:
    """["code=category"] as a mapping."""
    found = {}
    for each in types or []:
        name, equals, kind = each.rpartition("=")
        if not equals or not name:
            raise UserError(f"--type {each} should look like COLUMN=TYPE, for example --type code=category")
        found[name] = kind
    return found or None


def parse_size(text: str | None) -> tuple[int, int] | None:
    """ "64x96" or "64" as (height, width)."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)(?:[xX](\d+))?", text.strip())
    if not match or not 0 < int(match[1]) <= 4096 or not 0 < int(match[2] or 1) <= 4096:
        raise UserError(f"--size {text} should be HEIGHTxWIDTH in pixels up to 4096, for example 64x64")
    return int(match[1]), int(match[2] or match[1])


def one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        raise UserError(f"{option} {value} is not one of {', '.join(allowed)}")
    return value
