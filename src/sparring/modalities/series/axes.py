"""Along which axis of an array do numbers follow one another? Neighbours are compared with strangers."""

from __future__ import annotations

import numpy as np

SMOOTH, ROUGH = 0.75, 0.9  # shares below which an axis is one of time, and above which its order means nothing
MAX_LINES = 500  # along which neighbours are compared


def roughness(values: np.ndarray, axis: int) -> float:
    """The mean difference of neighbours along an axis, as a share of that of strangers; 1 where order means nothing.

    NaN is left out. An axis shorter than 4 has no order that could be seen.
    """
    lines = np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
    lines = lines[:: max(1, len(lines) // MAX_LINES)].astype(np.float64)
    length = lines.shape[1]
    if length < 4:
        return 1.0
    order = np.random.Generator(np.random.Philox(0)).permutation(length)
    with np.errstate(invalid="ignore"):
        near = np.nanmean(np.abs(np.diff(lines, axis=1))) if np.isfinite(lines).any() else np.nan
        far = np.nanmean(np.abs(np.diff(lines[:, order], axis=1))) if np.isfinite(lines).any() else np.nan
    return float(near / far) if far > 0 and np.isfinite(near) else 1.0


def ordered_axis(values: np.ndarray, first: int, second: int) -> int | None:
    """Which of two axes is the one of time; None where neither or both could be."""
    one, other = roughness(values, first), roughness(values, second)
    if one < SMOOTH and other > ROUGH:
        return first
    return second if other < SMOOTH and one > ROUGH else None
