"""What a person may ask about pictures, and the form that this gives to all pictures of a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ...data.options import DataOptions, OpenContext
from ...data.source import Fit

MAX_SIZE = 4096  # pixels of a side
Mode = Literal["auto", "L", "LA", "RGB", "RGBA"]


def size_from(value: Any) -> Any:
    """ "64x96", "64", 64 or (64, 96) as (height, width); None as it is. Raises ValueError for other values."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)(?:[xX](\d+))?", str(value).strip()) if isinstance(value, (str, int)) else None
    sides = [match[1], match[2] or match[1]] if match else value
    try:
        height, width = (int(side) for side in sides)
    except (TypeError, ValueError):
        height = width = 0
    if not (0 < height <= MAX_SIZE and 0 < width <= MAX_SIZE):
        raise ValueError(f"should be HEIGHTxWIDTH in pixels up to {MAX_SIZE}, for example 64x64")
    return height, width


class ImageOptions(DataOptions):
    """Options of pictures."""

    size: Annotated[tuple[int, int] | None, BeforeValidator(size_from)] = Field(
        None,
        description="Height x width to work at, such as 64x64. Default: the size of the data, bounded by the device.",
        json_schema_extra={"metavar": "HxW"},
    )
    fit: Fit | None = Field(
        None,
        description="How pictures of other shapes are brought to that size: crop, pad or stretch; or patches, which "
        "cuts them into pieces at their own resolution. Default: crop; for recipes that restore, patches.",
    )
    mode: Mode = Field("auto", description="Channels: L, LA, RGB or RGBA. Default: the fewest that lose nothing.")
    label_level: Literal["first", "leaf"] = Field(
        "first", description="Which folder level names the class: first or leaf."
    )


@dataclass(frozen=True)
class Form:
    """The form that all pictures of a source get.

    size: height, width; None: it is chosen from the files. max_side: of a size that is chosen.
    """

    size: tuple[int, int] | None = None
    max_side: int | None = None
    fit: Fit = "crop"
    mode: Mode = "auto"


def form_of(options: ImageOptions, context: OpenContext) -> Form:
    """As asked, else as the program knows."""
    return Form(options.size, context.max_side, options.fit or context.fit or "crop", options.mode)
