"""What a person may ask about pictures, and the form that this gives to all pictures of a source."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ...data.options import ENCODING, LABEL_LEVEL, DataOptions, OpenContext
from ...data.source import Fit
from ...errors import UserError

if TYPE_CHECKING:
    from .scale import Scale

MAX_SIZE = 4096  # pixels of a side
Mode = Literal["auto", "L", "LA", "RGB", "RGBA"]


def size_from(value: Any) -> Any:
    """ "64x96", "64", 64 or (64, 96) as (height, width); None as it is. Raises ValueError for other values."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)(?:[xX](\d+))?", str(value).strip()) if isinstance(value, (str, int)) else None
    sides = [match[1], match[2] or match[1]] if match else value
    try:
        height, width = (int(side) if isinstance(side, str) else operator.index(side) for side in sides)
    except (TypeError, ValueError):
        height = width = 0
    if not (0 < height <= MAX_SIZE and 0 < width <= MAX_SIZE):
        raise ValueError(f"should be HEIGHTxWIDTH in pixels up to {MAX_SIZE}, for example 64x64")
    return height, width


def data_range_from(value: Any) -> Any:
    """ "0,4095" or (0, 4095) as (0.0, 4095.0); None as it is. Raises ValueError for other values."""
    if value is None:
        return None
    try:
        low, high = (float(end) for end in (value.split(",") if isinstance(value, str) else value))
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError("should be LOW,HIGH, two numbers, for example 0,4095 or -1024,3071")
    return low, high


def checked_data_range(value: Any) -> tuple[float, float] | None:
    """As `data_range_from`. Raises UserError for a value that is no range."""
    try:
        return data_range_from(value)
    except ValueError as error:
        raise UserError(f"--data-range {value} {error}") from None


Size = Annotated[tuple[int, int] | None, BeforeValidator(size_from)]
SIZE: Any = Field(
    None,
    description="Height x width to work at, such as 64x64. Default: the size of the data, bounded by the device.",
    json_schema_extra={"metavar": "HxW"},
)
FIT: Any = Field(
    None,
    description="How pictures of other shapes are brought to that size: crop, pad or stretch; or patches, which "
    "cuts them into pieces at their own resolution. Default: crop; for recipes that restore, patches.",
)


class ImageOptions(DataOptions):
    """Options of pictures."""

    size: Size = SIZE
    fit: Fit | None = FIT
    mode: Mode = Field("auto", description="Channels: L, LA, RGB or RGBA. Default: the fewest that lose nothing.")
    data_range: Annotated[tuple[float, float] | None, BeforeValidator(data_range_from)] = Field(
        None,
        description="Which numbers of 16-bit, floating-point and other pictures become black and white, such as "
        "0,4095. Default: from the numbers of all pictures.",
        json_schema_extra={"metavar": "LOW,HIGH"},
    )
    encoding: str | None = ENCODING
    label_level: Literal["first", "leaf"] = LABEL_LEVEL


@dataclass(frozen=True)
class Form:
    """The form that all pictures of a source get.

    size: height, width; None: it is chosen from the files. max_side: of a size that is chosen. data_range: low and
    high of the scale; None: it is chosen from the files. like: the scale of other data that is read alike.
    """

    size: tuple[int, int] | None = None
    max_side: int | None = None
    fit: Fit = "crop"
    mode: Mode = "auto"
    data_range: tuple[float, float] | None = None
    like: Scale | None = None


def form_of(options: ImageOptions, context: OpenContext) -> Form:
    """As asked, else as the program knows."""
    codec = getattr(
        context.like, "output", context.like
    )  # of pairs that are made of these pictures: that of the targets
    fit, like = options.fit or context.fit or "crop", getattr(codec, "scale", None)
    return Form(options.size, context.max_side, fit, options.mode, options.data_range, like)
