"""What nearest neighbours in a feature space tell of generated samples: how varied they are, how much they cover, how close to the
training examples they lie. Features are N x D; sets are cut to equal counts, for nearest distances shrink with their number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .arrays import blocks, some_of

MOST = 1000  # rows of a set looked at by the three scores below: 1,000 x 1,000 distances take milliseconds
TIE = 1e-7  # squared distances that differ by this share are equal
ROUNDING = 1e-13  # of squared distances, as a share of the squared lengths that they are the difference of


def variety(generated: np.ndarray, real: np.ndarray) -> float:
    """The distance to the nearest other of their kind, of generated samples as a share of that of real ones (means of the middle four fifths).

    1: as unlike one another as reals are. 0: copies of a few pictures, whatever those are.
    """
    count = min(len(generated), len(real), MOST)
    return _ratio(nearest(some_of(generated, count)), nearest(some_of(real, count)))


def coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> float:
    """`density_coverage` of at most 1,000 samples and equally many reals: quick enough to be looked at while training."""
    count = min(len(generated), len(real), MOST)
    return covered(some_of(generated, count), some_of(real, count), k)


def closeness(generated: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> float:
    """The distance to the nearest training example, of generated samples as a share of that of held-out reals (means of the middle four fifths).

    1: as new as real examples never seen. 0: copies of training examples.
    """
    return _ratio(nearest_among(some_of(generated, MOST), training)[0], nearest_among(some_of(held_out, MOST), training)[0])


def nearest(features: np.ndarray) -> np.ndarray:
    """The distance of each row to the nearest other one; inf for a single row. N."""
    return np.sqrt(squared_reach(features, 1))


def nearest_among(features: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distance of each row to the nearest of `others`, and which that is. N, N."""
    distances, indices = np.empty(len(features)), np.empty(len(features), dtype=np.int64)
    for part, squares in square_blocks(features, others):
        indices[part] = squares.argmin(axis=1)
        distances[part] = np.sqrt(squares.min(axis=1))
    return distances, indices


def squared_reach(features: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row to its k-th nearest other row, or to the farthest where there are fewer; of a single row inf. N."""
    reach = np.empty(len(features))
    k = min(k, max(1, len(features) - 1))
    for part, squares in square_blocks(features, features):
        squares[np.arange(len(squares)), np.arange(part.start, part.stop)] = np.inf
        reach[part] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return reach


def within(squares: np.ndarray, squared_reaches: np.ndarray) -> np.ndarray:
    """Whether distances are at most a reach: balls are closed, and a tie stays one whatever the rounding."""
    return squares <= squared_reaches * (1 + TIE)


def covered(generated: np.ndarray, real: np.ndarray, k: int) -> float:
    """The share of reals that have a generated sample no farther than their k-th nearest real (Naeem et al. 2020, arXiv:2002.09797, eq. 9)."""
    reach = squared_reach(real, k)
    hits = sum(int(within(squares.min(axis=1), reach[part]).sum()) for part, squares in square_blocks(real, generated))
    return hits / len(real)


def square_blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The squared distances of N rows of a to M rows of b, some rows of a at a time: (which, squares of those x M).

    As |a|^2 + |b|^2 - 2 a . b around b's mean; what is left of equal rows by rounding is set to 0.
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
    """Of means of the middle four fifths: a few outliers do not count, and twins, which may be half of a table's rows, count as what they are.
    1 where the reals are all alike themselves, or too few to say."""
    above, below = (float(np.sort(each)[len(each) // 10 : len(each) - len(each) // 10].mean()) for each in (mine, theirs))
    return above / below if below > 1e-9 and np.isfinite([above, below]).all() else 1.0
