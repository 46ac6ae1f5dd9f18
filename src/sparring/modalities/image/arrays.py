"""Pictures that come as arrays: which axis is which. Their numbers are read like those of files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...data.contents import ArrayPart
from ...errors import UserError
from .axes import channels_last
from .decode import Decoded, check_finite
from .fit import CHANNELS, reduced
from .unusable import Unusable
from .value_range import Tally

MODES = {channels: mode for mode, channels in CHANNELS.items()}
BLOCK = 1 << 20  # numbers that are counted at once


def pictures(part: ArrayPart, tally: Tally) -> Iterator[Decoded | Unusable]:
    """Each picture of an array: N x H x W, N x H x W x C or N x C x H x W with 1 to 4 channels.

    Their numbers are added to the tally. Raises UserError where the shape or type is no picture's.
    """
    values = _channels_last(part)
    mode, size = f"{MODES[values.shape[3]]} {values.dtype}", (values.shape[1], values.shape[2])
    opaque = _opaque(values)
    step = max(1, BLOCK // max(1, int(np.prod(values.shape[1:]))))
    for start in range(0, len(values), step):
        block = _numbers(values[start : start + step])
        usable = block if block.dtype.kind != "f" else block[np.isfinite(block).all(axis=(1, 2, 3))]
        if block.dtype == np.uint8:
            tally.add_plain(block[..., : _colours(block)], part.name, len(block), from_array=True)
        elif len(usable):
            tally.add(usable[..., : _colours(usable)], usable.dtype.name, part.name, len(usable), from_array=True)
        for own in block:
            yield _decoded(own, size, mode, opaque)


def _opaque(values: np.ndarray) -> float:
    """The number that means opaque in an array with opacity: the usual one that is no smaller than all of them."""
    if values.shape[3] not in (2, 4) or not values.size:
        return 1.0
    high = float(np.nanmax(values[..., -1]))
    return next((peak for peak in (1.0, 255.0, 65535.0) if high <= peak), high)


def _decoded(own: np.ndarray, size: tuple[int, int], mode: str, opaque: float) -> Decoded | Unusable:
    try:
        check_finite(own)
    except Unusable as reason:
        return reason
    kind = own.dtype.name
    if kind != "uint8" and own.shape[2] in (2, 4):
        own = own.astype(np.float64)
        own[..., -1] = (own[..., -1] / opaque).clip(0, 1)
    return Decoded(reduced(own) if own.shape[2] > 1 else own, kind, size, mode)


def _colours(values: np.ndarray) -> int:
    """How many channels hold no opacity."""
    return values.shape[-1] - (values.shape[-1] in (2, 4))


def _numbers(values: np.ndarray) -> np.ndarray:
    """As picture files hold them: truth values are black and white, floating-point numbers of 32 or 64 bits."""
    if values.dtype == bool:
        return values.astype(np.uint8) * 255
    if values.dtype.kind != "f":
        return values
    return values.astype(
        np.float32 if values.dtype.itemsize < 4 else np.float64 if values.dtype.itemsize > 8 else values.dtype,
        copy=False,
    )


def size_of(part: ArrayPart) -> tuple[int, int]:
    """Height and width. Raises UserError where the shape is no picture's."""
    return _channels_last(part).shape[1:3]


def _channels_last(part: ArrayPart) -> np.ndarray:
    values = channels_last(part.values, part.name)
    if 0 in values.shape[1:3] or values.dtype.kind not in "buif":
        raise UserError(
            f"{part.name} has the shape {part.values.shape} of {values.dtype}: pictures are made of numbers."
        )
    return values if values.ndim == 4 else values[..., None]
