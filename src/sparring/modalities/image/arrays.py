"""Pictures that come as arrays: which axis is which, and which numbers mean black and white."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...data.contents import ArrayPart
from ...errors import UserError
from .axes import channels_last
from .decode import CHANNELS, Decoded, Unusable, reduced

MODES = {channels: mode for mode, channels in CHANNELS.items()}


def pictures(part: ArrayPart) -> Iterator[Decoded | Unusable]:
    """Each picture of an array: N x H x W, N x H x W x C or N x C x H x W with 1 to 4 channels.

    Raises UserError where the shape or the range of the values is no picture's.
    """
    values = _channels_last(part)
    low, high = _range(values, part.name)
    mode, size = MODES[values.shape[3]], (values.shape[1], values.shape[2])
    for own in values:
        if values.dtype != np.uint8:
            if not np.isfinite(own).all():
                yield Unusable("holds values that are not numbers")
                continue
            own = np.rint((own.astype(np.float64) - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
        yield Decoded(reduced(own) if values.shape[3] > 1 else own, size, mode)


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


def _range(values: np.ndarray, name: str) -> tuple[float, float]:
    """Which values mean black and white: 0 and 255, 0 and 1, -1 and 1, or 0 and 65535."""
    if values.dtype == np.uint8 or not values.size:
        return 0, 255
    if values.dtype == bool:
        return 0, 1
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if values.dtype.kind == "f" and low >= -1.001 and high <= 1.001:
        return (0, 1) if low >= -0.001 else (-1, 1)
    for white in (255, 65535):
        if low >= -0.5 and high <= white + 0.5:
            return 0, white
    raise UserError(f"{name} holds values from {low:g} to {high:g}: scale them to 0..1, -1..1 or 0..255.")
