"""Which of the data's own numbers mean black and white. Every picture of a data set has the same scale."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

WHITE = 255  # inside the program black is 0 and white is 255, however deep the data
KINDS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


@dataclass(frozen=True)
class Scale:
    """A straight line from the data's own numbers to values from 0 to 255.

    low, high: the numbers that become 0 and 255. kind: the NumPy type of the data's own numbers. eight_bit: do uint8
    values lose nothing? Else values are float32.
    """

    low: float = 0.0
    high: float = 255.0
    kind: str = "uint8"
    eight_bit: bool = True

    @property
    def is_plain(self) -> bool:
        """Is it that of ordinary pictures, whose own numbers are the values?"""
        return (self.low, self.high, self.kind) == (0, WHITE, "uint8")

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""
        return np.dtype(np.uint8 if self.eight_bit else np.float32)

    @property
    def peak(self) -> float:
        """The own number that means opaque, of a channel of opacity."""
        return 1.0 if self.kind.startswith("float") else float(np.iinfo(self.kind).max)

    def scaled(self, numbers: np.ndarray) -> np.ndarray:
        """Own numbers, H x W x C, as values. Opacity, of 2 or 4 channels the last, is a share from 0 to 1.

        Ordinary pictures (uint8) stay as they are. Numbers beyond the scale are clipped, NaN becomes 0.
        """
        if numbers.dtype == np.uint8 and (self.is_plain or self.kind != "uint8"):
            return numbers.astype(self.dtype, copy=False)
        values = (numbers.astype(np.float64) - self.low) * (WHITE / (self.high - self.low))
        if numbers.shape[2] in (2, 4):
            values[..., -1] = numbers[..., -1].astype(np.float64) * (1 if numbers.dtype == np.uint8 else WHITE)
        return self.rounded(np.nan_to_num(values.clip(0, WHITE), nan=0.0))

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """Own numbers without opacity as float32 values, neither rounded nor clipped."""
        if self.is_plain:
            return numbers.astype(np.float32)
        return ((numbers.astype(np.float64) - self.low) * (WHITE / (self.high - self.low))).astype(np.float32)

    def rounded(self, values: np.ndarray) -> np.ndarray:
        """Values as they are stored: uint8 where that loses nothing, else float32."""
        return np.rint(values).astype(np.uint8) if self.eight_bit else values.astype(np.float32)

    def restored(self, values: np.ndarray, opaque: bool = False) -> np.ndarray:
        """Values of any shape as own numbers, in the data's type. opaque: the values are opacity."""
        if self.is_plain:
            return np.rint(values).clip(0, WHITE).astype(np.uint8)
        low, high = (0.0, self.peak) if opaque else (self.low, self.high)
        numbers = low + values.astype(np.float64) * ((high - low) / WHITE)
        if self.kind.startswith("float"):
            return numbers.astype(self.kind)
        limits = np.iinfo(self.kind)
        return np.rint(numbers).clip(limits.min, limits.max).astype(self.kind)

    def restored_pictures(self, values: np.ndarray) -> np.ndarray:
        """N x C x H x W values as own numbers of the same shape."""
        if values.shape[1] not in (2, 4):
            return self.restored(values)
        return np.concatenate([self.restored(values[:, :-1]), self.restored(values[:, -1:], opaque=True)], axis=1)

    def __str__(self) -> str:
        return f"{KIND_NAMES.get(self.kind, self.kind)} values {shown(self.low)} to {shown(self.high)}"

    def describe(self) -> dict[str, Any]:
        """Plain values, from which `scale_from` builds the scale again."""
        return asdict(self)


KIND_NAMES = {
    "uint8": "8-bit",
    "int8": "signed 8-bit",
    "uint16": "16-bit",
    "int16": "signed 16-bit",
    "uint32": "32-bit",
    "int32": "signed 32-bit",
    "float32": "floating-point",
    "float64": "floating-point",
}


def scale_from(description: dict[str, Any]) -> Scale:
    """The inverse of Scale.describe(). Raises KeyError, TypeError or ValueError for anything else."""
    scale = Scale(float(description["low"]), float(description["high"]), description["kind"], description["eight_bit"])
    if not (isfinite(scale.low) and isfinite(scale.high) and scale.low < scale.high) or scale.kind not in KINDS:
        raise ValueError("no scale")
    return scale


def misses(ends: tuple[float, float], low: float, high: float) -> bool:
    """Do all numbers from low to high lie beyond these ends, or on one of them, so that they would have one shade?"""
    return high < ends[0] or low > ends[1] or (low < high and (high == ends[0] or low == ends[1]))


def shown(number: float) -> str:
    """A number for people: 4,095 or 0.0125."""
    number += 0.0  # never -0
    return f"{number:,.0f}" if number == round(number) and abs(number) < 1e15 else f"{number:.6g}"
