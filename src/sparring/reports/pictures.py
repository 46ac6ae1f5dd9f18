"""Pictures, made small enough to be embedded in a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")
MAX_PNG_BYTES = 300_000  # a larger PNG becomes a JPEG


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most this many items, evenly spaced, including the first and the last one (the last one if only one fits)."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[-1]]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def open_picture(path: Path) -> Image | None:
    """The decoded picture, on white where it is transparent; None where it cannot be read."""
    from PIL import Image

    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA") if file.has_transparency_data else file.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def data_uri(picture: Image, side: int) -> str:
    """The picture as a data: URI, its longer side at most `side`: as PNG, or as JPEG where that would be large."""
    from PIL import Image

    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    data, kind = _saved(small, "PNG"), "png"
    if len(data) > MAX_PNG_BYTES:
        data, kind = _saved(small, "JPEG"), "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _saved(picture: Image, format: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, quality=85)
    return out.getvalue()
