"""What nearest neighbours in a feature space tell of generated samples: how varied they are, how much they cover, how close to the
training examples they lie. Features are N x D; sets are cut to equal counts, for nearest distances shrink with their number.
"""

from __future__ import annotations

import numpy as np

MOST = 1000  # rows of a set looked at: 1,000 x 1,000 distances take milliseconds


def variety(generated: np.ndarray, real: np.ndarray) -> float:
    """The median distance to the nearest other of their kind, of generated samples as a share of that of real ones.

    1: as unlike one another as reals are. 0: copies of a few pictures, whatever those are.
    """
    count = min(len(generated), len(real), MOST)
    return _ratio(nearest(generated[:count]), nearest(real[:count]))


def coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> float:
    """The share of reals that have a generated sample no farther than their k-th nearest real (Naeem et al. 2020, arXiv:2002.09797, eq. 9)."""
    count = min(len(generated), len(real), MOST)
    generated, real, k = generated[:count], real[:count], min(k, max(1, count - 1))
    own = _distances(real, real)
    np.fill_diagonal(own, np.inf)
    reach = np.partition(own, k - 1, axis=1)[:, k - 1]
    return float((_distances(real, generated).min(axis=1) <= reach).mean())


def closeness(generated: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> float:
    """The median distance to the nearest training example, of generated samples as a share of that of held-out reals.

    1: as new as real examples never seen. 0: copies of training examples.
    """
    return _ratio(_distances(generated[:MOST], training).min(axis=1), _distances(held_out[:MOST], training).min(axis=1))


def nearest(features: np.ndarray) -> np.ndarray:
    """The distance of each row to the nearest other one. N."""
    distances = _distances(features, features)
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=1)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2 * a @ b.T
    return np.sqrt(squares.clip(min=0))


def _ratio(mine: np.ndarray, theirs: np.ndarray) -> float:
    """Of medians; 1 where the reals are all alike themselves."""
    below = float(np.median(theirs))
    return float(np.median(mine)) / below if below > 1e-9 else 1.0
