"""The kernel distance (Binkowski et al. 2018, arXiv:1801.01401): an unbiased squared maximum mean discrepancy of features."""

from __future__ import annotations

import numpy as np

ROWS = 2048  # of the kernel matrix held at once


def kernel_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Unbiased MMD^2 (eq. 4) with the kernel (x . y / D + 1)^3 over N x D and M x D features, N and M at least 2.

    Its expectation does not depend on N and M, so it suits few samples; it can come out slightly below 0.
    """
    a, b = (np.asarray(features, dtype=np.float64) for features in (features_a, features_b))
    if min(len(a), len(b)) < 2:
        raise ValueError("the kernel distance needs at least two samples of each kind")
    within_a = (_kernel_sum(a, a) - _diagonal_sum(a)) / (len(a) * (len(a) - 1))
    within_b = (_kernel_sum(b, b) - _diagonal_sum(b)) / (len(b) * (len(b) - 1))
    return float(within_a + within_b - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    return float(sum(((a[start : start + ROWS] @ b.T / a.shape[1] + 1) ** 3).sum() for start in range(0, len(a), ROWS)))


def _diagonal_sum(a: np.ndarray) -> float:
    return float(((np.square(a).sum(axis=1) / a.shape[1] + 1) ** 3).sum())
