"""The kernel distance (Binkowski et al. 2018, arXiv:1801.01401): an unbiased squared maximum mean discrepancy of features; KID, where the
features are Inception's. 0 for equal distributions, without an upper end; lower is better.
"""

from __future__ import annotations

import numpy as np

from .arrays import blocks, pair_of
from .intervals import Estimate, Parts


def kernel_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Unbiased MMD^2 (eq. 4) with the kernel (x . y / D + 1)^3 over N x D and M x D features, N and M at least 2.

    Its expectation does not depend on N and M, so it suits few samples; it can come out slightly below 0, and does for the same samples
    twice, which are more alike than two draws of one distribution are.
    """
    a, b = (np.asarray(features, dtype=np.float64) for features in (features_a, features_b))
    if min(len(a), len(b)) < 2:
        raise ValueError("the kernel distance needs at least two samples of each kind")
    within_a = (_kernel_sum(a, a) - _diagonal_sum(a)) / (len(a) * (len(a) - 1))
    within_b = (_kernel_sum(b, b) - _diagonal_sum(b)) / (len(b) * (len(b) - 1))
    return float(within_a + within_b - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def kernel_distance_estimate(features_a: np.ndarray, features_b: np.ndarray) -> Estimate:
    """`kernel_distance` of N x D and M x D features with the standard error of the delete-one jackknife over both sets.

    Sums over the kernel matrix's rows give every leave-one-out value exactly, so that the error costs nothing beside the distance. It uses all
    samples at once, which scatters less than the mean over subsets. Fewer than three samples of a kind: the error is inf.
    """
    a, b = pair_of(features_a, features_b)
    if min(len(a), len(b)) < 3:
        return Estimate(kernel_distance(a, b), float("inf"))
    across_a, across_b = _row_sums(a, b)
    value, variance = -2 * across_a.sum() / (len(a) * len(b)), 0.0
    for own, other, across in ((a, b, across_a), (b, a, across_b)):
        within, count = _row_sums(own, own)[0] - _diagonal(own), len(own)
        value += within.sum() / (count * (count - 1))
        left = (within.sum() - 2 * within) / ((count - 1) * (count - 2)) - 2 * (across.sum() - across) / ((count - 1) * len(other))
        variance += (count - 1) * left.var()
    return Estimate(float(value), float(np.sqrt(variance)))


def kernel_distance_subsets(features_a: np.ndarray, features_b: np.ndarray, subsets: int = 100, size: int = 1000, seed: int = 0) -> Parts:
    """KID as it is published (Binkowski et al. 2018, section 4): the mean and deviation of `kernel_distance` over random subsets of `size`
    samples of each kind, at most as many as there are. N x D and M x D features, N and M at least 2.

    Subsets share samples, so that the deviation divided by the root of their number is no error of the mean: use
    `kernel_distance_estimate` for that.
    """
    a, b = pair_of(features_a, features_b)
    rng = np.random.default_rng(seed)
    size = min(size, len(a), len(b))
    values = np.array([kernel_distance(a[rng.permutation(len(a))[:size]], b[rng.permutation(len(b))[:size]]) for _ in range(subsets)])
    return Parts(float(values.mean()), float(values.std(ddof=1)) if subsets > 1 else 0.0, subsets)


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    return float(sum(_kernel(a[part], b).sum() for part in blocks(len(a), len(b))))


def _diagonal_sum(a: np.ndarray) -> float:
    return float(_diagonal(a).sum())


def _diagonal(a: np.ndarray) -> np.ndarray:
    return (np.square(a).sum(axis=1) / a.shape[1] + 1) ** 3


def _row_sums(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the kernel matrix of a and b, over its rows and over its columns. N, M."""
    rows, columns = np.empty(len(a)), np.zeros(len(b))
    for part in blocks(len(a), len(b)):
        kernel = _kernel(a[part], b)
        rows[part] = kernel.sum(axis=1)
        columns += kernel.sum(axis=0)
    return rows, columns


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    root = a @ b.T / a.shape[1] + 1
    return root * root * root  # many times faster than ** 3
