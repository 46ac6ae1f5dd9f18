"""Improved precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991): is what is generated real, and is what is real generated?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import pair_of
from .neighbours import square_blocks, squared_reach, within


@dataclass(frozen=True)
class PrecisionRecall:
    """precision: the share of generated samples that look like reals. recall: the share of reals that the generator could have made.
    Both from 0 to 1, higher is better; real against real is below 1."""

    precision: float
    recall: float


def precision_recall(generated: np.ndarray, real: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Equations 1 and 2: a point is inside a set that has a member no farther from it than that member's k-th nearest of its own set.

    generated: N x D. real: M x D; equal counts, if runs are to be compared. Outliers widen the balls around them: `density_coverage`
    suffers less. A set of one sample has no reach of its own, and everything counts as inside it.
    """
    generated, real = pair_of(generated, real)
    reach_generated, reach_real = squared_reach(generated, k), squared_reach(real, k)
    precise, recalled = np.zeros(len(generated), dtype=bool), np.zeros(len(real), dtype=bool)
    for part, squares in square_blocks(real, generated):
        precise |= within(squares, reach_real[part, None]).any(axis=0)
        recalled[part] = within(squares, reach_generated[None]).any(axis=1)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))
