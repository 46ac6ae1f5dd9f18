"""Which modes of a known mixture a generator makes.

As Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761) count on synthetic mixtures, there from 2,500 samples: a sample is of high quality
within three standard deviations of the nearest centre, and a mode is captured that is nearest to at least one such sample. The
divergence is the direction of Lin et al. 2018 (PacGAN, arXiv:1712.04086), samples against data, but over good samples only and with the
exact uniform distribution in the place of the data's counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Modes:
    """hit: modes with at least one good sample. good: the share of samples within three standard deviations of a centre.
    divergence: KL of the good samples' modes from the uniform distribution, in nats; inf where there is no good sample."""

    hit: int
    good: float
    divergence: float


def mode_coverage(points: np.ndarray, centres: np.ndarray, std: float) -> Modes:
    """points: N x D. centres: M x D of equally likely normal distributions of standard deviation `std`."""
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
