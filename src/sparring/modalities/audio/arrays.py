"""Sounds from arrays, which know neither their sample rate nor which axis counts the channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...data.contents import ArrayPart
from ...errors import UserError
from ..image.unusable import Unusable
from .decode import Header, Recording, check

MOST_CHANNELS = 8  # the shorter axis counts the channels where it is at most so long


def header_of(part: ArrayPart, rate: int | None) -> Header:
    """The header of each sound of an array. Raises UserError for an array that holds no sounds."""
    values = part.values
    if rate is None:
        raise UserError(f"{part.name} is an array, which has no sample rate: say it with --rate, such as --rate 16000")
    if values.ndim not in (2, 3) or values.dtype.kind not in "iuf" or values.dtype == np.uint64:
        shape = " x ".join(map(str, values.shape))
        raise UserError(
            f"{part.name} is {shape} of {values.dtype}: sounds are an array of numbers, N x samples or "
            "N x channels x samples"
        )
    if values.ndim == 3 and min(values.shape[1:]) > MOST_CHANNELS:
        raise UserError(
            f"{part.name} is {' x '.join(map(str, values.shape))}: neither axis can be that of the channels, "
            f"{MOST_CHANNELS} at most"
        )
    channels = 1 if values.ndim == 2 else min(values.shape[1:])
    bits = 24 if values.dtype.kind == "f" or values.dtype.itemsize > 2 else 16
    return Header(rate, channels, max(values.shape[1:]), bits, f"{values.dtype} array")


def recordings(part: ArrayPart, rate: int) -> Iterator[Recording | Unusable]:
    """Each sound of an array; for one that cannot be used, the reason."""
    header = header_of(part, rate)
    for row in part.values:
        samples = _full_scale(row).astype(np.float32)
        if samples.ndim == 1:
            samples = samples[:, None]
        elif samples.shape[0] == header.channels and samples.shape[1] != header.channels:
            samples = samples.T
        samples = samples[: len(samples) - (samples[::-1] != 0).any(axis=1).argmax()]  # zeros at the end fill the row
        try:
            check(samples, rate)
            yield Recording(samples, header)
        except Unusable as reason:
            yield reason


def _full_scale(row: np.ndarray) -> np.ndarray:
    """Whole numbers from -1 to 1 by the range of their type; unsigned ones are around its middle."""
    if row.dtype.kind == "f":
        return row
    half = 2.0 ** (8 * row.dtype.itemsize - 1)
    return (row.astype(np.float64) - (half if row.dtype.kind == "u" else 0)) / half
