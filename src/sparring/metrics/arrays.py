"""What every metric does with the arrays it is handed: checked, float64, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CELLS = 2**22  # entries of the largest temporary matrix, 32 MB of float64: results do not depend on it


def features_of(values: np.ndarray) -> np.ndarray:
    """N x D finite float64; refuses anything else, so that no metric has to answer for NaN."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not found.size:
        raise ValueError(f"features are an N x D array with at least one row and one column, not of shape {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError("the features hold NaN or infinite values: the network or the data that they come from is broken")
    return found


def pair_of(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of features of the same width."""
    a, b = features_of(a), features_of(b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"the two sets come from different features: {a.shape[1]} and {b.shape[1]} columns")
    return a, b


def some_of(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, always the same and chosen at random: an order by class, by time or by size must not choose."""
    return rows if len(rows) <= most else rows[np.sort(np.random.Generator(np.random.Philox(len(rows))).permutation(len(rows))[:most])]


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of rows such that rows of a slice x columns fit into CELLS; at least one row."""
    step = max(1, CELLS // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))
