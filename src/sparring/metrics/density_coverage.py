"""Density and coverage (Naeem et al. 2020, arXiv:2002.09797): precision and recall that are robust to outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import checked_pair
from .neighbours import square_blocks, squared_radii, within


@dataclass(frozen=True)
class DensityCoverage:
    """Two scores; higher is better for both.

    Args:
        density: The number of neighbourhoods of real examples that a sample lies in, as a share of k. At least 0,
            about 1 for real against real, above 1 where samples crowd in the middle.
        coverage: The share of real examples with a sample in their neighbourhood, 0 to 1.
        density_error: The standard error of the density as a mean over samples; the real examples count as exactly
            known. inf for one sample.
    """

    density: float
    coverage: float
    density_error: float


def density_coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> DensityCoverage:
    """Equations 8 and 9, for N x D generated and M x D real features.

    The neighbourhood of a real example is the closed ball up to its k-th nearest other real example. Where real
    examples are equal, a ball holds more than k others and is weighted less in the density: sets of equal constants
    have a density near 1 instead of N / k. A single real example has no neighbourhood, and every sample counts as
    near it.
    """
    generated, real = checked_pair(generated, real)
    radii = squared_radii(real, k)
    members = np.empty(len(real))
    for part, squares in square_blocks(real, real):
        members[part] = within(squares, radii[part, None]).sum(axis=1) - 1
    members = np.maximum(members, 1)
    crowd, hits = np.zeros(len(generated)), 0
    for part, squares in square_blocks(real, generated):
        inside = within(squares, radii[part, None])
        crowd += (inside / members[part, None]).sum(axis=0)
        hits += int(inside.any(axis=1).sum())
    error = float(crowd.std(ddof=1) / np.sqrt(len(crowd))) if len(crowd) > 1 else float("inf")
    return DensityCoverage(float(crowd.mean()), hits / len(real), error)
