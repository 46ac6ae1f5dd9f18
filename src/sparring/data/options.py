"""What a person may ask about the data. Everything left alone is chosen from the data and said in `Source.notes`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Pixels = Annotated[int, Field(ge=1, le=4096)]


class DataOptions(BaseModel):
    """The options of all modalities. None means not asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: tuple[Pixels, Pixels] | None = Field(
        None,
        description="Height x width in pixels to train at, for example 64x64. Default: the size of most pictures, bounded by the device.",
        json_schema_extra={"metavar": "HxW"},
    )
    fit: Literal["crop", "pad", "stretch", "patches"] | None = Field(
        None,
        description="How pictures of other shapes are brought to that size; patches cuts them into pieces at their own resolution. "
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
        description="Pairs: the folder or column that holds the inputs, for example --input edges; the other side is the target. "
        "Default: found from the names.",
        json_schema_extra={"metavar": "NAME"},
    )
    types: dict[str, str] | None = Field(
        None,
        description="Tables: the type of a column where the one found is wrong, for example --type code=category. Types: integer, float, "
        "boolean, category, time, identifier, text; for series also series, order, channel, whole. Once for each column.",
        json_schema_extra={"metavar": "COLUMN=TYPE"},
    )
    constraints: tuple[str, ...] | None = Field(
        None,
        description="Tables: a rule that holds in every row: 'opened <= closed', 'a + b = total', 'a + b + c = 100', "
        "'together(city, country)', 'unique(code)'. Once for each rule.",
        json_schema_extra={"metavar": "RULE"},
    )
