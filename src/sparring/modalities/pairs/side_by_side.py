"""Pairs that lie side by side in one picture (Isola et al. 2017, arXiv:1611.07004: facades, maps, edges)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from ...data.contents import Contents, Member
from ..image import tiff
from ..image.decode import decode_one
from ..image.frames import header_size
from ..image.preview import as_image
from ..image.unusable import Unusable
from .matching import Matched

SIDES = ("left", "right")
MAX_SIZES_READ = 20  # files whose size is looked at
RATIO = 2  # width to height of two squares side by side


def side_by_side(contents: Contents, input_side: str | None) -> Matched | None:
    """Each picture as a pair of its halves. The left half is the input unless `input_side` is "right".

    None where the pictures are not twice as wide as high and no side is named. Where one is named, every even width
    will do.
    """
    sizes = [size for member in contents.members[:MAX_SIZES_READ] if (size := _size(member))]
    if not sizes or (input_side not in SIDES and any(width != RATIO * height for height, width in sizes)):
        return None
    sides = SIDES[::-1] if input_side == SIDES[1] else SIDES
    inputs, outputs = ([_half(member, side) for member in contents.members] for side in sides)
    return Matched(inputs, outputs, [member.name for member in contents.members], sides, [])


def _size(member: Member) -> tuple[int, int] | None:
    """Height and width; None for a file that is no picture: decoding will say why."""
    try:
        return header_size(member.read(), member.name)
    except (Unusable, OSError, ValueError):
        return None


def _half(member: Member, side: str) -> Member:
    return replace(member, stamp=f"{member.stamp} {side}", read=_reader(member, side))


def _reader(member: Member, side: str) -> Callable[[], bytes]:
    def read() -> bytes:
        found = decode_one(member.read(), member.name)
        pixels = found.pixels
        middle = pixels.shape[1] // 2
        if pixels.shape[1] % 2:
            raise ValueError(f"its width of {pixels.shape[1]} is odd: it is not two pictures side by side")
        half = pixels[:, :middle] if side == SIDES[0] else pixels[:, middle:]
        if found.kind != "uint8":
            return tiff.write([tiff.without_share(half, found.kind)])
        encoded = io.BytesIO()
        as_image(half).save(encoded, "PNG")
        return encoded.getvalue()

    return read
