"""Decode picture files of any mode, depth and orientation, every page of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .fit import reduced
from .frames import frames
from .unusable import Unusable


class Decoded(NamedTuple):
    """A decoded picture.

    pixels: H x W x C in the fewest channels that lose nothing. size: height and width of the upright picture in the
    file. kind, mode, lost, profile, and the numbers of deep pictures: see frames.Frame.
    """

    pixels: np.ndarray
    kind: str
    size: tuple[int, int]
    mode: str
    lost: str = ""
    profile: str = ""


def decode(data: bytes, name: str) -> Iterator[Decoded]:
    """Every page or frame of a file. Raises Unusable for anything that is no whole picture."""
    for frame in frames(data, name):
        pixels = reduced(frame.pixels)
        check_finite(pixels)
        yield Decoded(pixels, frame.kind, (pixels.shape[0], pixels.shape[1]), frame.mode, frame.lost, frame.profile)


def decode_one(data: bytes, name: str) -> Decoded:
    """The picture in a file. Raises Unusable for a file of several."""
    found = decode(data, name)
    first = next(found)
    if next(found, None) is not None:
        raise Unusable("holds several pages or frames, and one picture is needed here: save one of them by itself")
    return first


def check_finite(pixels: np.ndarray) -> None:
    """Raises Unusable where numbers are infinite or none at all."""
    if pixels.dtype.kind != "f":
        return
    bad = int(np.count_nonzero(~np.isfinite(pixels)))
    if bad:
        raise Unusable(f"holds values that are not finite: {bad:,} of {pixels.size:,} are infinite or no numbers")
