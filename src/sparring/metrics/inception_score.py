"""The inception score (Salimans et al. 2016, arXiv:1606.03498, section 4): exp of the mean KL(p(y|x) || p(y)).

1: every sample gets the same class probabilities. K, the number of classes: every sample is surely of one class, all classes equally
often. It never looks at real data, so copies and wrong pictures of right classes are not seen. Higher is better; more samples raise it.
"""

from __future__ import annotations

import numpy as np

from .arrays import features_of
from .intervals import Parts


def inception_score(probabilities: np.ndarray, splits: int = 10, seed: int | None = 0) -> Parts:
    """probabilities: N x K, at least 0, in proportion to the classes' probabilities (rows are scaled to sum 1). From 1 to K.

    The samples are shuffled with `seed` (None: taken in their order), because generated ones often come sorted by class, and cut
    into `splits` parts, at most N; published values are the mean and deviation over 10 parts of 5,000 samples.
    """
    shares = features_of(probabilities)
    totals = shares.sum(axis=1, keepdims=True)
    if (shares < 0).any() or (totals <= 0).any():
        raise ValueError("class probabilities are at least 0 and not all 0; logits need a softmax first")
    shares = shares / totals
    if seed is not None:
        shares = np.random.default_rng(seed).permutation(shares)
    scores = np.array([_score(part) for part in np.array_split(shares, min(max(1, splits), len(shares)))])
    return Parts(float(scores.mean()), float(scores.std(ddof=1)) if len(scores) > 1 else 0.0, len(scores))


def _score(shares: np.ndarray) -> float:
    """exp(H(mean) - mean H), which has no quotient that could be 0 / 0."""
    return float(np.exp(max(0.0, _entropy(shares.mean(axis=0)) - _entropy(shares) / len(shares))))


def _entropy(shares: np.ndarray) -> float:
    """The entropy in nats, summed over rows; 0 log 0 is 0."""
    return -float((shares * np.log(np.where(shares > 0, shares, 1))).sum())
