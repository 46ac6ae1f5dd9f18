"""The Frechet distance between two Gaussians fitted to features (Heusel et al. 2017, arXiv:1706.08500, eq. 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gaussian:
    """mean: D; covariance: D x D, unbiased; both float64."""

    mean: np.ndarray
    covariance: np.ndarray


def fit(features: np.ndarray) -> Gaussian:
    """The Gaussian with the mean and covariance of N x D features; N = 1 has no spread."""
    features = np.asarray(features, dtype=np.float64)
    mean = features.mean(axis=0)
    centred = features - mean
    return Gaussian(mean, centred.T @ centred / max(1, len(features) - 1))


def distance(a: Gaussian, b: Gaussian) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)).

    The trace of the root is the sum of the roots of the eigenvalues of C_a^(1/2) C_b C_a^(1/2), which is symmetric and has none
    below 0 but for rounding: never complex, never NaN, however few the samples.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ b.covariance @ root).clip(min=0)
    spread = np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.sqrt(product).sum()
    return max(0.0, float(np.square(a.mean - b.mean).sum() + spread))


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """The Frechet distance of two sets of features, N x D and M x D. Biased upwards for few samples: compare equal counts only."""
    return distance(fit(features_a), fit(features_b))
