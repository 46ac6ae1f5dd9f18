"""How similar two tables are, by column and by pairs of columns. Cells are float64, NaN where a value is missing.

The definitions are those of SDMetrics' quality report (its documentation: KSComplement, TVComplement,
CorrelationSimilarity, ContingencySimilarity), so that values compare with published ones. Missing values count as a
category of their own; SDMetrics leaves them out of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

import numpy as np

MAX_PAIRS = 2000  # of columns that are compared; of more pairs as many, evenly spread
BINS = 10  # of a number that is paired with a category, equally wide over the range of the real numbers


def column_shapes(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool]) -> np.ndarray:
    """The similarity of each column, 1 where the distributions are equal.

    1 - the Kolmogorov-Smirnov statistic for numbers, 1 - the total variation for categories. Where numbers are
    missing, the similarity is at most that of the shares of missing values.
    """
    found = []
    for at, number in enumerate(numeric):
        mine, theirs = generated[:, at], real[:, at]
        if not number:
            found.append(1 - _total_variation(*_codes(mine, theirs)))
            continue
        empty = [np.isnan(side) for side in (mine, theirs)]
        a, b = (np.sort(side[~none]) for side, none in zip((mine, theirs), empty, strict=True))
        alike = 1 - abs(float(empty[0].mean()) - float(empty[1].mean()))
        if len(a) and len(b):
            every = np.concatenate([a, b])
            steps = [np.searchsorted(side, every, side="right") / len(side) for side in (a, b)]
            alike = min(alike, 1 - float(np.abs(steps[0] - steps[1]).max()))
        elif len(a) or len(b):
            alike = 0.0
        found.append(alike)
    return np.array(found)


def pair_trends(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool]) -> np.ndarray:
    """The similarity of each pair of columns, in the order of itertools.combinations; at most MAX_PAIRS of them.

    1 - half the difference of the correlations for two columns of numbers, NaN where one is constant. Else 1 - the
    total variation of the joint table, with numbers in BINS bins.
    """
    codes = [
        _binned(generated[:, at], real[:, at]) if number else _codes(generated[:, at], real[:, at])
        for at, number in enumerate(numeric)
    ]
    found = []
    for first, second in _pairs(len(numeric)):
        if numeric[first] and numeric[second]:
            found.append(1 - abs(correlation(generated, first, second) - correlation(real, first, second)) / 2)
            continue
        width = max(int(side.max()) for side in codes[second]) + 1
        joint = [a.astype(np.int64) * width + b for a, b in zip(codes[first], codes[second], strict=True)]
        found.append(1 - _total_variation(*joint))
    return np.array(found)


def _pairs(columns: int) -> Iterator[tuple[int, int]]:
    step = max(1, -(-columns * (columns - 1) // 2 // MAX_PAIRS))
    return islice(combinations(range(columns), 2), 0, None, step)


def correlation(cells: np.ndarray, first: int, second: int) -> float:
    """Pearson's correlation over the rows without missing values; NaN where a column is constant."""
    both = cells[~np.isnan(cells[:, first]) & ~np.isnan(cells[:, second])][:, [first, second]]
    if len(both) < 2:
        return float("nan")
    centred = both - both.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return float((centred[:, 0] * centred[:, 1]).sum() / length.prod()) if length.prod() > 0 else float("nan")


def _codes(mine: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values of both, coded as numbers from 0; a missing value has a code too."""
    _, codes = np.unique(np.concatenate([mine, theirs]), return_inverse=True)
    return codes[: len(mine)], codes[len(mine) :]


def _binned(mine: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = theirs[~np.isnan(theirs)]
    edges = np.linspace(there.min(), there.max(), BINS + 1)[1:-1] if len(there) else np.zeros(0)
    a, b = (np.where(np.isnan(side), BINS, np.searchsorted(edges, np.nan_to_num(side))) for side in (mine, theirs))
    return a, b


def _total_variation(mine: np.ndarray, theirs: np.ndarray) -> float:
    every = max(int(mine.max()), int(theirs.max())) + 1
    if every > 4 * (len(mine) + len(theirs)):
        mine, theirs = _codes(mine, theirs)
        every = max(int(mine.max()), int(theirs.max())) + 1
    shares = [np.bincount(side, minlength=every) / len(side) for side in (mine, theirs)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def category_coverage(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool]) -> float:
    """The share of a column's real categories that are generated, as a mean over columns; NaN without categories."""
    shares = []
    for at, number in enumerate(numeric):
        theirs = np.unique(real[~np.isnan(real[:, at]), at])
        if not number and len(theirs):
            shares.append(np.isin(theirs, generated[:, at]).mean())
    return float(np.mean(shares)) if shares else float("nan")


def range_coverage(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool]) -> float:
    """The share of a number's real range that generated ones span, as a mean over columns; NaN without numbers."""
    shares = []
    for at, number in enumerate(numeric):
        mine, theirs = (side[~np.isnan(side[:, at]), at] for side in (generated, real))
        if number and len(theirs) and theirs.max() > theirs.min():
            span = min(mine.max(), theirs.max()) - max(mine.min(), theirs.min()) if len(mine) else 0.0
            shares.append(max(0.0, span) / (theirs.max() - theirs.min()))
    return float(np.mean(shares)) if shares else float("nan")


def exact_rows(rows: np.ndarray, training: np.ndarray) -> float:
    """The share of rows that equal a training row in every cell."""
    known = {row.tobytes() for row in _canonical(training)}
    return float(np.mean([row.tobytes() in known for row in _canonical(rows)]))


def _canonical(cells: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.where(np.isnan(cells), np.nan, cells) + 0.0)
