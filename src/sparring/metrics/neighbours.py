"""Scores from nearest neighbours in a feature space: variety, coverage, and closeness to training examples.

Features are N x D. Sets are subsampled to equal counts, because nearest distances shrink with the number of examples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .arrays import blocks, subsample

MAX_ROWS = 1000  # of each set in the three scores below: 1,000 x 1,000 distances take milliseconds
TIE = 1e-7  # relative difference below which squared distances are equal
ROUNDING = 1e-13  # error of squared distances, relative to the squared lengths that they are computed from


def variety(generated: np.ndarray, real: np.ndarray) -> float:
    """The distance of a sample to its nearest other sample, as a share of the same distance between real examples.

    Both are trimmed means. 1: samples differ as much as real examples. 0: samples repeat a few examples.
    """
    count = min(len(generated), len(real), MAX_ROWS)
    return _ratio(nearest_distances(subsample(generated, count)), nearest_distances(subsample(real, count)))


def coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> float:
    """The share of real examples with a sample no farther away than their k-th nearest real example.

    Naeem et al. 2020 (arXiv:2002.09797), eq. 9, on at most MAX_ROWS samples and equally many real examples, so that
    it is quick enough for training; `density_coverage` uses all.
    """
    count = min(len(generated), len(real), MAX_ROWS)
    generated, real = subsample(generated, count), subsample(real, count)
    radii = squared_radii(real, k)
    hits = sum(int(within(squares.min(axis=1), radii[part]).sum()) for part, squares in square_blocks(real, generated))
    return hits / len(real)


def closeness(generated: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> float:
    """The distance of a sample to its nearest training example, as a share of that of held-out examples.

    Both are trimmed means. 1: samples are as new as held-out examples. 0: samples are copies of training examples.
    """
    return _ratio(
        nearest_in(subsample(generated, MAX_ROWS), training)[0], nearest_in(subsample(held_out, MAX_ROWS), training)[0]
    )


def nearest_distances(features: np.ndarray) -> np.ndarray:
    """The distance of each row to the nearest other row; inf for a single row. N."""
    return np.sqrt(squared_radii(features, 1))


def nearest_in(features: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distance of each row to the nearest row of `others`, and the index of that row. N, N."""
    distances, indices = np.empty(len(features)), np.empty(len(features), dtype=np.int64)
    for part, squares in square_blocks(features, others):
        indices[part] = squares.argmin(axis=1)
        distances[part] = np.sqrt(squares.min(axis=1))
    return distances, indices


def squared_radii(features: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row to its k-th nearest other row. N.

    Where there are fewer other rows it is that to the farthest; it is inf for a single row.
    """
    radii = np.empty(len(features))
    k = min(k, max(1, len(features) - 1))
    for part, squares in square_blocks(features, features):
        squares[np.arange(len(squares)), np.arange(part.start, part.stop)] = np.inf
        radii[part] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return radii


def within(squares: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Whether squared distances are at most a squared radius. Balls are closed, and rounding does not break ties."""
    return squares <= radii * (1 + TIE)


def square_blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The squared distances between N rows of a and M rows of b, in blocks: (slice of the rows of a, their rows x M).

    They are computed as |a|^2 + |b|^2 - 2 a . b around the mean of b. Values within rounding of 0 are set to 0.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    centre = b.mean(axis=0)
    a, b = a - centre, b - centre
    lengths_a, lengths_b = np.square(a).sum(axis=1), np.square(b).sum(axis=1)
    for part in blocks(len(a), len(b)):
        scale = lengths_a[part, None] + lengths_b[None]
        squares = scale - 2 * (a[part] @ b.T)
        squares[squares < ROUNDING * scale] = 0
        yield part, squares


def _ratio(mine: np.ndarray, theirs: np.ndarray) -> float:
    """The ratio of the means of the middle four fifths of two sets of distances.

    Trimming removes outliers but keeps duplicates, which may be half of a table's rows. It is 1 where the real
    examples are all equal or too few.
    """
    above, below = (
        float(np.sort(each)[len(each) // 10 : len(each) - len(each) // 10].mean()) for each in (mine, theirs)
    )
    return above / below if below > 1e-9 and np.isfinite([above, below]).all() else 1.0
