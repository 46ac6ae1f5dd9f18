"""The kernel distance (Binkowski et al. 2018, arXiv:1801.01401): an unbiased squared maximum mean discrepancy.

With Inception features it is KID. It is 0 on average for equal distributions and has no upper bound; lower is better.
"""

from __future__ import annotations

import numpy as np

from .arrays import blocks, checked_pair
from .intervals import Estimate, Parts


def kernel_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Unbiased MMD^2 (eq. 4) with the kernel (x . y / D + 1)^3 over N x D and M x D features, N and M at least 2.

    Its expectation does not depend on N and M, so it suits few samples. It can be slightly negative, and is so for
    two equal sets, because they are more similar than two draws from one distribution.

    Raises:
        ValueError: A set has fewer than two samples.
    """
    a, b = (np.asarray(features, dtype=np.float64) for features in (features_a, features_b))
    if min(len(a), len(b)) < 2:
        raise ValueError("the kernel distance needs at least two samples of each kind")
    within_a = (_kernel_sum(a, a) - _diagonal_sum(a)) / (len(a) * (len(a) - 1))
    within_b = (_kernel_sum(b, b) - _diagonal_sum(b)) / (len(b) * (len(b) - 1))
    return float(within_a + within_b - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def kernel_distance_estimate(features_a: np.ndarray, features_b: np.ndarray) -> Estimate:
    """`kernel_distance` of N x D and M x D features with the standard error of the delete-one jackknife over both sets.

    Sums over the rows of the kernel matrix give every leave-one-out value exactly, so the error is almost free. All
    samples are used at once, which has a smaller variance than the mean over subsets. With fewer than three samples
    of a kind the error is inf.
    """
    a, b = checked_pair(features_a, features_b)
    if min(len(a), len(b)) < 3:
        return Estimate(kernel_distance(a, b), float("inf"))
    across_a, across_b = _row_sums(a, b)
    value, variance = -2 * across_a.sum() / (len(a) * len(b)), 0.0
    for own, other, across in ((a, b, across_a), (b, a, across_b)):
        within, count = _row_sums(own, own)[0] - _diagonal(own), len(own)
        value += within.sum() / (count * (count - 1))
        left = (within.sum() - 2 * within) / ((count - 1) * (count - 2)) - 2 * (across.sum() - across) / (
            (count - 1) * len(other)
        )
        variance += (count - 1) * left.var()
    return Estimate(float(value), float(np.sqrt(variance)))


def kernel_distance_subsets(
    features_a: np.ndarray, features_b: np.ndarray, subsets: int = 100, size: int = 1000, seed: int = 0
) -> Parts:
    """KID as it is published (Binkowski et al. 2018, section 4), from N x D and M x D features, N and M at least 2.

    It is the mean and deviation of `kernel_distance` over random subsets of `size` samples of each kind, at most as
    many as there are. Subsets share samples, so the deviation divided by the root of their number is not the error of
    the mean: use `kernel_distance_estimate` for that.
    """
    a, b = checked_pair(features_a, features_b)
    rng = np.random.default_rng(seed)
    size = min(size, len(a), len(b))
    values = np.array(
        [kernel_distance(a[rng.permutation(len(a))[:size]], b[rng.permutation(len(b))[:size]]) for _ in range(subsets)]
    )
    return Parts(float(values.mean()), float(values.std(ddof=1)) if subsets > 1 else 0.0, subsets)


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    return float(sum(_kernel(a[part], b).sum() for part in blocks(len(a), len(b))))


def _diagonal_sum(a: np.ndarray) -> float:
    return float(_diagonal(a).sum())


def _diagonal(a: np.ndarray) -> np.ndarray:
    return (np.square(a).sum(axis=1) / a.shape[1] + 1) ** 3


def _row_sums(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the kernel matrix of a and b over its rows and over its columns. N, M."""
    rows, columns = np.empty(len(a)), np.zeros(len(b))
    for part in blocks(len(a), len(b)):
        kernel = _kernel(a[part], b)
        rows[part] = kernel.sum(axis=1)
        columns += kernel.sum(axis=0)
    return rows, columns


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    root = a @ b.T / a.shape[1] + 1
    return root * root * root  # many times faster than ** 3
