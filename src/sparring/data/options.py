"""What a person may ask about the data. Everything left alone is chosen from the data and said in `Source.notes`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_SIZE = 4096  # pixels of a side


def _size_from(value: Any) -> Any:
    """ "64x96", "64", 64 or (64, 96) as (height, width)."""
    found = re.fullmatch(r"(\d+)(?:[xX](\d+))?", str(value).strip()) if isinstance(value, str | int) else None
    sides = tuple(int(side) for side in (found[1], found[2] or found[1])) if found else value
    if isinstance(sides, str | int) or len(sides) != 2 or not all(0 < side <= MAX_SIZE for side in sides):
        raise ValueError(f"should be HEIGHTxWIDTH in pixels up to {MAX_SIZE}, for example 64x64")
    return sides


def _types_from(value: Any) -> Any:
    """["code=category"] as {"code": "category"}."""
    if isinstance(value, Mapping):
        return value
    parts = [str(text).rpartition("=") for text in value]
    if not all(name and equals for name, equals, _ in parts):
        raise ValueError("should look like COLUMN=TYPE, for example --type code=category")
    return {name: kind for name, _, kind in parts}


class DataOptions(BaseModel):
    """The options of all modalities. None means not asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[tuple[int, int] | None, BeforeValidator(_size_from)] = Field(
        None,
        description="Height x width in pixels to train at, for example 64x64. Default: the size of most pictures, "
        "bounded by the device.",
        json_schema_extra={"metavar": "HxW"},
    )
    fit: Literal["crop", "pad", "stretch", "patches"] | None = Field(
        None,
        description="How pictures of other shapes are brought to that size; patches cuts them into pieces at their "
        "own resolution. "
        "Default: crop; for recipes that restore pictures, patches.",
    )
    mode: Literal["auto", "L", "LA", "RGB", "RGBA"] | None = Field(
        None, description="The channels of a picture. Default: auto, the fewest that lose nothing."
    )
    labels: str | None = Field(
        None, description="auto (folder names or a label column), none, or the name of a column. Default: auto."
    )
    label_level: Literal["first", "leaf"] | None = Field(
        None, description="Which folder level names the class, the first or the deepest. Default: first."
    )
    input: str | None = Field(
        None,
        description="Pairs: the folder or column that holds the inputs, for example --input edges; the other side "
        "is the target. "
        "Default: found from the names.",
        json_schema_extra={"metavar": "NAME"},
    )
    types: Annotated[dict[str, str] | None, BeforeValidator(_types_from)] = Field(
        None,
        description="Tables: the type of a column where the one found is wrong, for example --type code=category. "
        "Types: integer, float, boolean, category, time, identifier, text; for series also series, order, channel, "
        "whole. Once for each column.",
        json_schema_extra={"flag": "--type", "metavar": "COLUMN=TYPE"},
    )
    constraints: tuple[str, ...] | None = Field(
        None,
        description="Tables: a rule that holds in every row: 'opened <= closed', 'a + b = total', 'a + b + c = 100', "
        "'together(city, country)', 'unique(code)'. Once for each rule.",
        json_schema_extra={"flag": "--constraint", "metavar": "RULE"},
    )
