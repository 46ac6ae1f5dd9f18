"""Density and coverage (Naeem et al. 2020, arXiv:2002.09797): precision and recall that outliers do not spoil."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import pair_of
from .neighbours import square_blocks, squared_reach, within


@dataclass(frozen=True)
class DensityCoverage:
    """density: in how many neighbourhoods of reals a sample lies, as a share of k; from 0, about 1 for real against real, above 1 where
    samples crowd in the middle. coverage: the share of reals with a sample in their neighbourhood; 0 to 1. Higher is better.
    density_error: the standard error of the density, which is a mean over samples; the reals count as given. inf for one sample."""

    density: float
    coverage: float
    density_error: float


def density_coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> DensityCoverage:
    """Equations 8 and 9: the neighbourhood of a real is the closed ball up to its k-th nearest other real. N x D and M x D.

    Where reals repeat themselves a ball holds more than k others, and counts for as much less in the density: sets of equal constants
    have a density near 1, not of N / k. A single real has no neighbourhood of its own, and everything counts as near it.
    """
    generated, real = pair_of(generated, real)
    reach = squared_reach(real, k)
    members = np.empty(len(real))
    for part, squares in square_blocks(real, real):
        members[part] = within(squares, reach[part, None]).sum(axis=1) - 1
    members = np.maximum(members, 1)
    crowd, hits = np.zeros(len(generated)), 0
    for part, squares in square_blocks(real, generated):
        inside = within(squares, reach[part, None])
        crowd += (inside / members[part, None]).sum(axis=0)
        hits += int(inside.any(axis=1).sum())
    error = float(crowd.std(ddof=1) / np.sqrt(len(crowd))) if len(crowd) > 1 else float("inf")
    return DensityCoverage(float(crowd.mean()), hits / len(real), error)
