"""The inception score (Salimans et al. 2016, arXiv:1606.03498, section 4): exp of the mean KL(p(y|x) || p(y)).

It is 1 where every sample gets the same class probabilities, and K, the number of classes, where every sample is
certainly of one class and all classes are equally frequent. It ignores real data, so it cannot detect copies or bad
pictures of right classes. Higher is better; more samples raise it.
"""

from __future__ import annotations

import numpy as np

from .arrays import checked_features
from .intervals import Parts


def inception_score(probabilities: np.ndarray, splits: int = 10, seed: int | None = 0) -> Parts:
    """The score, 1 to K. Published values are the mean and deviation over 10 parts of 5,000 samples.

    Args:
        probabilities: N x K, at least 0, in proportion to the classes' probabilities; rows are scaled to sum 1.
        splits: The number of parts, at most N.
        seed: Of the order in which samples are dealt to parts, because generated samples are often sorted by class.
            None: the order given.

    Raises:
        ValueError: A probability is negative, or a row is all zeros.
    """
    shares = checked_features(probabilities)
    totals = shares.sum(axis=1, keepdims=True)
    if (shares < 0).any() or (totals <= 0).any():
        raise ValueError("class probabilities are at least 0 and not all 0; logits need a softmax first")
    shares = shares / totals
    if seed is not None:
        shares = np.random.default_rng(seed).permutation(shares)
    scores = np.array([_score(part) for part in np.array_split(shares, min(max(1, splits), len(shares)))])
    return Parts(float(scores.mean()), float(scores.std(ddof=1)) if len(scores) > 1 else 0.0, len(scores))


def _score(shares: np.ndarray) -> float:
    """exp(H(mean) - mean H): no quotient in it can be 0 / 0."""
    return float(np.exp(max(0.0, _entropy(shares.mean(axis=0)) - _entropy(shares) / len(shares))))


def _entropy(shares: np.ndarray) -> float:
    """The entropy in nats, summed over rows; 0 log 0 is 0."""
    return -float((shares * np.log(np.where(shares > 0, shares, 1))).sum())
