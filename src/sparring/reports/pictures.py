"""Sample grids made small enough to live inside a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")
HEAVY = 300_000  # bytes; a PNG above this becomes a JPEG


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most this many items, evenly spaced, the first and the last among them (of one: the last)."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[-1]]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def open_picture(path: Path) -> Image | None:
    """The picture, decoded, on white where it is transparent; None for one that cannot be read."""
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
    """The picture, its longer side at most `side`, as a data: URI: exact where that is cheap, JPEG where it is not."""
    from PIL import Image

    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    data, kind = _saved(small, "PNG"), "png"
    if len(data) > HEAVY:
        data, kind = _saved(small, "JPEG"), "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _saved(picture: Image, format: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, quality=85)
    return out.getvalue()
