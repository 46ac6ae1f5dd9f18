"""Which modes of a known mixture a generator hits.

Counting follows Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761), who use 2,500 samples. A sample is good within
three standard deviations of the nearest centre. A mode is hit where it is the nearest one to at least one good
sample. The divergence has the direction of Lin et al. 2018 (PacGAN, arXiv:1712.04086), samples from data, but over
good samples only, and from the exact uniform distribution instead of the data's counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Modes:
    """Counts of modes.

    Args:
        hit: The number of modes with at least one good sample.
        good: The share of good samples.
        divergence: KL of the good samples' modes from the uniform distribution, in nats; inf without good samples.
    """

    hit: int
    good: float
    divergence: float


def mode_coverage(points: np.ndarray, centres: np.ndarray, std: float) -> Modes:
    """Compare N x D points with a mixture of M equally likely normal distributions.

    centres: M x D. std: the standard deviation of each distribution.
    """
    distances = np.linalg.norm(points[:, None] - centres[None], axis=2)
    nearest, good = distances.argmin(axis=1), distances.min(axis=1) <= 3 * std
    counts = np.bincount(nearest[good], minlength=len(centres))
    return Modes(int((counts > 0).sum()), float(good.mean()), divergence_from_uniform(counts))


def divergence_from_uniform(counts: np.ndarray) -> float:
    """KL(counts / their sum || uniform) in nats."""
    if not counts.sum():
        return float("inf")
    shares = counts[counts > 0] / counts.sum()
    return float((shares * np.log(shares * len(counts))).sum())
