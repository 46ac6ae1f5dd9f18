"""Does the generator copy its training data? Nearest training neighbours of samples, beside those of held-out reals.

Held-out reals are new by construction, so the distances from them to the training set are what honest novelty looks like. The comparison
of the two sets of distances is that of Meehan et al. 2020 (arXiv:2004.05675, section 3: a Mann-Whitney test), joined by the share of
samples closer than the closest held-outs, which also sees a generator that copies now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, erfc, exp, inf, lgamma, sqrt

import numpy as np

from .arrays import pair_of
from .neighbours import nearest_among

SURE = 1e-3  # a chance below which copying is no coincidence
FEW = 20  # samples or held-outs, below which nothing is proved


@dataclass(frozen=True)
class Memorisation:
    """share: of samples closer to a training example than the closest `quantile` of held-outs are; about `quantile` for new samples, 1 for
    copies. chance: the probability of so many or more, if samples were as new as held-outs (exact, whatever the distribution).

    closer: the probability that a sample is closer to the training set than a held-out is, ties counted half: the area under the ROC
    curve; 0.5 for new samples, 1 for copies, below 0.5 for samples that lie far from all data. closer_chance: one-sided, of the normal
    approximation with ties.

    few: whether there are fewer than 20 samples or held-outs. samples, neighbours, distances: the most suspicious generated samples by
    index, nearest first, and the training example of each.
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
        """Whether samples are copied: at least twice as many close ones as held-outs have, and no coincidence."""
        return self.share >= 2 * self.quantile and self.chance < SURE

    @property
    def reading(self) -> str:
        """One sentence for a person."""
        found = (
            f"{self.share:.0%} of the samples lie closer to a training example than the closest {self.quantile:.0%} of held-out examples"
        )
        if self.copies:
            return f"{found}: the generator copies training data"
        if self.share >= 2 * self.quantile and self.share > 0:
            return f"{found}: more than new samples would, but there are too few to be sure"
        if self.closer > 0.5 and self.closer_chance < SURE:
            return f"{found}: no copies, though samples are on the whole closer to the training data than unseen examples are"
        return f"{found}: {'there are too few to tell copies by' if self.few else 'no sign of copying'}"


def memorisation(generated: np.ndarray, training: np.ndarray, held_out: np.ndarray, quantile: float = 0.05, show: int = 16) -> Memorisation:
    """generated: N x D. training: M x D, all examples that the generator saw, as far as possible. held_out: K x D, of the same kind, never seen.

    quantile: from 0 to 1; which held-outs count as the closest, at least one of them. Fewer than about 20 samples or held-outs cannot
    prove copying. Held-outs that are duplicates of training examples hide copies: remove them first.
    """
    generated, training = pair_of(generated, training)
    held_out = pair_of(held_out, training)[0]
    mine, neighbours = nearest_among(generated, training)
    theirs = np.sort(nearest_among(held_out, training)[0])
    rank = max(1, min(len(theirs), ceil(quantile * len(theirs))))
    close = int((mine < theirs[rank - 1]).sum())
    suspects = np.argsort(mine, kind="stable")[:show]
    closer, closer_chance = _mann_whitney(mine, theirs)
    return Memorisation(
        share=close / len(mine),
        quantile=quantile,
        chance=_chance(close, rank, len(mine), len(theirs)),
        closer=closer,
        closer_chance=closer_chance,
        samples=suspects,
        neighbours=neighbours[suspects],
        distances=mine[suspects],
        few=min(len(mine), len(theirs)) < FEW,
    )


def _chance(close: int, rank: int, count: int, others: int) -> float:
    """The probability that at least `close` of `count` draws are below the rank-th smallest of `others` draws of the same distribution.

    That is so if among the smallest close + rank - 1 of all at most rank - 1 are others: a hypergeometric tail.
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
    """P(mine < theirs), ties half, and the chance of that much or more among equals. theirs is sorted."""
    above = len(theirs) - np.searchsorted(theirs, mine, side="right")
    ties = np.searchsorted(theirs, mine, side="right") - np.searchsorted(theirs, mine, side="left")
    area = float((above + ties / 2).mean()) / len(theirs)
    total = len(mine) + len(theirs)
    tied = np.unique(np.concatenate([mine, theirs]), return_counts=True)[1].astype(np.float64)
    variance = (total + 1 - (tied**3 - tied).sum() / (total * (total - 1))) / (12 * len(mine) * len(theirs))
    if variance <= 1e-15:
        return area, 1.0
    return area, erfc((area - 0.5) / sqrt(2 * variance)) / 2
