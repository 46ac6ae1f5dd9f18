"""How much the samples of one class differ, relative to real ones. It detects mode collapse within classes.

The mean distance of pairs of samples follows Zhu et al. 2017 (arXiv:1711.11586, section 4, with LPIPS). Here it is
taken in any features and divided by the same mean of real examples, so that it can be read without knowing the
features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import checked_pair
from .neighbours import square_blocks


@dataclass(frozen=True)
class Diversity:
    """1: as diverse as real examples. 0: one sample a class, repeated. Above 1: more diverse, often noise.

    value: the mean over the classes of the real examples.
    """

    value: float
    by_class: dict[int, float]


def intra_class_diversity(
    generated: np.ndarray,
    real: np.ndarray,
    generated_labels: np.ndarray | None = None,
    real_labels: np.ndarray | None = None,
) -> Diversity:
    """The mean distance of pairs within a class: of N x D generated features as a share of that of M x D real ones.

    Without labels all examples are of one class. A class with fewer than two generated samples has a diversity of 0.
    A class whose real examples are all equal, or with only one, counts as 1.
    """
    generated, real = checked_pair(generated, real)
    of_generated, of_real = _labels(generated_labels, len(generated)), _labels(real_labels, len(real))
    rows = {}
    for label in np.unique(of_real):
        above, below = mean_distance(generated[of_generated == label]), mean_distance(real[of_real == label])
        rows[int(label)] = above / below if below > 1e-9 else 1.0
    return Diversity(float(np.mean(list(rows.values()))), rows)


def mean_distance(features: np.ndarray) -> float:
    """The mean distance between two different rows of N x D features; 0 for fewer than two rows."""
    if len(features) < 2:
        return 0.0
    total = sum(float(np.sqrt(squares).sum()) for _, squares in square_blocks(features, features))
    return total / (len(features) * (len(features) - 1))


def _labels(labels: np.ndarray | None, count: int) -> np.ndarray:
    found = np.zeros(count, dtype=np.int64) if labels is None else np.asarray(labels)
    if found.shape != (count,):
        raise ValueError(f"{count} samples have {count} labels, not labels of shape {found.shape}")
    return found
