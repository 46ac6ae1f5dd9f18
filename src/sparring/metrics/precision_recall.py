"""Improved precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import checked_pair
from .neighbours import square_blocks, squared_radii, within


@dataclass(frozen=True)
class PrecisionRecall:
    """Two shares, 0 to 1; higher is better, and real against real is below 1.

    precision: of samples that look like real examples. recall: of real examples that the generator could have made.
    """

    precision: float
    recall: float


def precision_recall(generated: np.ndarray, real: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Equations 1 and 2, for N x D generated and M x D real features; use equal counts to compare runs.

    A point is inside a set where it lies in the ball around a member, up to that member's k-th nearest other member.
    Outliers have large balls; `density_coverage` is less sensitive to them. Everything counts as inside a set of one
    sample.
    """
    generated, real = checked_pair(generated, real)
    radii_generated, radii_real = squared_radii(generated, k), squared_radii(real, k)
    precise, recalled = np.zeros(len(generated), dtype=bool), np.zeros(len(real), dtype=bool)
    for part, squares in square_blocks(real, generated):
        precise |= within(squares, radii_real[part, None]).any(axis=0)
        recalled[part] = within(squares, radii_generated[None]).any(axis=1)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))
