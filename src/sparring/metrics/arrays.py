"""What all metrics do with arrays: check them, convert them to float64, and bound the memory of their steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MAX_CELLS = 2**22  # entries of the largest temporary matrix, 32 MB of float64; results do not depend on it


def checked_features(values: np.ndarray) -> np.ndarray:
    """The features as N x D float64. Raises ValueError for anything but a finite matrix with at least one entry."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not found.size:
        raise ValueError(
            f"features are an N x D array with at least one row and one column, not of shape {found.shape}"
        )
    if not np.isfinite(found).all():
        raise ValueError("the features hold NaN or infinite values: the network or the data behind them is broken")
    return found


def checked_pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of features as float64. Raises ValueError where their widths differ, and as `checked_features`."""
    a, b = checked_features(a), checked_features(b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"the two sets come from different features: {a.shape[1]} and {b.shape[1]} columns")
    return a, b


def subsample(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` rows, always the same, drawn at random so that an order by class or time does not matter."""
    if len(rows) <= count:
        return rows
    return rows[np.sort(np.random.Generator(np.random.Philox(len(rows))).permutation(len(rows))[:count])]


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of rows such that the rows of a slice x columns fit into MAX_CELLS; at least one row each."""
    step = max(1, MAX_CELLS // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))
