"""The statistics of a verdict: the difference of two ways to train, with an interval for seeds and test examples.

Each way is trained with the same S seeds, and each trained model is right or wrong on the same N test examples. Both
seeds and test examples are samples of many, crossed with one another, as readers and cases are in radiology. The
variance of a mean over both is the sum of what seeds and what test examples contribute (Gallas et al. 2009, Academic
Radiology 16; Obuchowski & Rockette 1995), and Student's t has the degrees of freedom of Satterthwaite 1946.
An interval over seeds alone would call every lucky test set a gain, because all seeds are tested on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval. freedom: degrees of freedom of Student's t."""

    value: float
    low: float
    high: float
    freedom: float

    @property
    def is_gain(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0

    @property
    def is_loss(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high < 0


def paired_difference(one: np.ndarray, other: np.ndarray, labels: np.ndarray, level: float = LEVEL) -> Interval:
    """By how much the balanced accuracy of `one` is higher than that of `other`.

    Args:
        one: Whether each seed's model is right on each test example, S x N bool.
        other: The same of the other way, with the same seeds and test examples.
        labels: Classes of the test examples, N.
        level: Of the two-sided interval.
    """
    return balanced_mean(one.astype(np.float64) - other.astype(np.float64), labels, level)


def balanced_mean(values: np.ndarray, labels: np.ndarray, level: float = LEVEL) -> Interval:
    """The mean over classes of the mean of a class, with an interval for new seeds and new test examples.

    With m_s the balanced mean of seed s and b_i the mean of example i over seeds, the variance is

        var(m) / S + sum_k var_k(b) / (K^2 n_k) - sum_k residual_k / (K^2 n_k S)

    for K classes of n_k examples. The residual between seeds and examples is in the first two terms, so it is
    subtracted once; the variance is never less than either term. For each class one unit of squared deviation more is
    assumed than was seen, as Agresti & Min 2005 (Statistics in Medicine 24) do for matched pairs: without it, few
    examples on which two ways happen to agree would look like certainty. Degrees of freedom are the square of this
    variance over the sum of squared terms by theirs, at least 1.

    Args:
        values: S x N numbers from -1 to 1, S at least 2.
        labels: Classes of the N examples.
        level: Of the two-sided interval.
    """
    from scipy.stats import t

    seeds, numbers = len(values), np.unique(labels)
    if seeds < 2:
        raise ValueError("an interval needs two seeds at least")
    by_class = [values[:, labels == number] for number in numbers]
    means = np.mean([part.mean(axis=1) for part in by_class], axis=0)
    of_seeds = float(means.var(ddof=1)) / seeds
    of_examples = [_of_examples(part) / len(numbers) ** 2 for part in by_class]
    residual = sum(_residual(part) / len(numbers) ** 2 for part in by_class)
    total = max(of_seeds + sum(of_examples) - residual, of_seeds, sum(of_examples))
    doubt = of_seeds**2 / (seeds - 1) + sum(
        term**2 / max(1, part.shape[1] - 1) for term, part in zip(of_examples, by_class, strict=True)
    )
    freedom = float(np.clip(total**2 / doubt, 1, 1e6))
    half = float(t.ppf((1 + level) / 2, freedom)) * total**0.5
    value = float(means.mean())
    return Interval(value, value - half, value + half, freedom)


def _of_examples(part: np.ndarray) -> float:
    """The variance of the mean of a class that comes from its examples. part: S x n."""
    means = part.mean(axis=0)
    return float((np.square(means - means.mean()).sum() + 1) / len(means) ** 2)


def _residual(part: np.ndarray) -> float:
    """The variance of the mean of a class that comes from neither seeds nor examples alone. part: S x n."""
    seeds, examples = part.shape
    if examples < 2:
        return 0.0
    rest = part - part.mean(axis=0) - part.mean(axis=1)[:, None] + part.mean()
    return float(np.square(rest).sum()) / ((seeds - 1) * (examples - 1)) / (seeds * examples)
