"""Whether a generator copies its training data, from the distances of samples to their nearest training examples.

Held-out examples are new by construction, so their distances to the training set are those of new examples. The two
sets of distances are compared by the Mann-Whitney test of Meehan et al. 2020 (arXiv:2004.05675, section 3). The share
of samples closer than the closest held-out examples detects a generator that copies only now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, erfc, exp, inf, lgamma, sqrt

import numpy as np

from .arrays import checked_pair
from .neighbours import nearest_in

SIGNIFICANCE = 1e-3  # the probability below which copying is no coincidence
MIN_EXAMPLES_FOR_PROOF = 20  # of samples and of held-out examples


@dataclass(frozen=True)
class Memorisation:
    """The comparison of samples with held-out examples.

    Args:
        share: The share of samples closer to a training example than the closest `quantile` of held-out examples. About
            `quantile` for new samples, 1 for copies.
        chance: The probability of so many close samples, or more, if samples were as new as held-out examples. Exact
            for any distribution.
        closer: The probability that a sample is closer to the training set than a held-out example, ties counted half
            (the area under the ROC curve). 0.5 for new samples, 1 for copies, below 0.5 for samples far from all
            data.
        closer_chance: Its one-sided p-value, by the normal approximation with ties.
        samples: The samples nearest to training examples, by index, the nearest first.
        neighbours: The training example nearest to each of them.
        distances: Their distances.
        few: Whether there are too few samples or held-out examples to prove copying.
    """

    share: float
    quantile: float
    chance: float
    closer: float
    closer_chance: float
    samples: np.ndarray
    neighbours: np.ndarray
    distances: np.ndarray
    few: bool

    @property
    def copies(self) -> bool:
        """Whether samples are copied: twice as many close ones as expected or more, beyond coincidence."""
        return self.share >= 2 * self.quantile and self.chance < SIGNIFICANCE

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        found = (
            f"{self.share:.0%} of the samples lie closer to a training example "
            f"than the closest {self.quantile:.0%} of held-out examples"
        )
        if self.copies:
            return f"{found}: the generator copies training data"
        if self.share >= 2 * self.quantile and self.share > 0:
            return f"{found}: more than new samples would, but there are too few to be sure"
        if self.closer > 0.5 and self.closer_chance < SIGNIFICANCE:
            return f"{found}: no copies, but samples are closer to the training data than held-out examples on average"
        return f"{found}: {'there are too few to detect copies' if self.few else 'no sign of copying'}"


def memorisation(
    generated: np.ndarray, training: np.ndarray, held_out: np.ndarray, quantile: float = 0.05, show: int = 16
) -> Memorisation:
    """Compare samples with held-out examples by their distances to training examples.

    Duplicates of training examples among the held-out ones hide copies: remove them first.

    Args:
        generated: N x D features.
        training: M x D, of all examples that the generator was trained on, as far as possible.
        held_out: K x D, of examples of the same kind that it was not trained on.
        quantile: The share of held-out examples that counts as the closest, 0 to 1; at least one of them.
        show: How many of the nearest samples are returned.
    """
    generated, training = checked_pair(generated, training)
    held_out = checked_pair(held_out, training)[0]
    mine, neighbours = nearest_in(generated, training)
    theirs = np.sort(nearest_in(held_out, training)[0])
    rank = max(1, min(len(theirs), ceil(quantile * len(theirs))))
    close = int((mine < theirs[rank - 1]).sum())
    nearest = np.argsort(mine, kind="stable")[:show]
    closer, closer_chance = _mann_whitney(mine, theirs)
    return Memorisation(
        share=close / len(mine),
        quantile=quantile,
        chance=_chance(close, rank, len(mine), len(theirs)),
        closer=closer,
        closer_chance=closer_chance,
        samples=nearest,
        neighbours=neighbours[nearest],
        distances=mine[nearest],
        few=min(len(mine), len(theirs)) < MIN_EXAMPLES_FOR_PROOF,
    )


def _chance(close: int, rank: int, count: int, others: int) -> float:
    """The probability that at least `close` of `count` draws are below the rank-th smallest of `others` draws.

    All draws come from one distribution. The event happens where at most rank - 1 of the smallest close + rank - 1
    draws are others: a hypergeometric tail.
    """
    if not close:
        return 1.0
    drawn = close + rank - 1
    ways = [
        exp(_log_choose(others, taken) + _log_choose(count, drawn - taken) - _log_choose(count + others, drawn))
        for taken in range(max(0, drawn - count), rank)
    ]
    return min(1.0, sum(ways))


def _log_choose(total: int, taken: int) -> float:
    return lgamma(total + 1) - lgamma(taken + 1) - lgamma(total - taken + 1) if 0 <= taken <= total else -inf


def _mann_whitney(mine: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """P(mine < theirs), ties half, and its one-sided p-value. theirs: sorted."""
    above = len(theirs) - np.searchsorted(theirs, mine, side="right")
    ties = np.searchsorted(theirs, mine, side="right") - np.searchsorted(theirs, mine, side="left")
    area = float((above + ties / 2).mean()) / len(theirs)
    total = len(mine) + len(theirs)
    tied = np.unique(np.concatenate([mine, theirs]), return_counts=True)[1].astype(np.float64)
    variance = (total + 1 - (tied**3 - tied).sum() / (total * (total - 1))) / (12 * len(mine) * len(theirs))
    if variance <= 1e-15:
        return area, 1.0
    return area, erfc((area - 0.5) / sqrt(2 * variance)) / 2
