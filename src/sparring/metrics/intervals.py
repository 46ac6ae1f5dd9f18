"""Confidence intervals and standard errors: bootstrap and jackknife of any statistic, and Wilson's interval of a share.

A statistic is a function from one or more arrays, whose first axis counts samples, to one number. Random draws are
seeded, so the same call gives the same interval. An estimate whose error is unknown, from one sample for example, has
the error inf, never NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
Statistic = Callable[..., float]


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error, from 0 to inf."""

    value: float
    error: float

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The confidence interval of this level, if estimates are normally distributed around the truth."""
        half_width = quantile(level) * self.error
        return self.value - half_width, self.value + half_width


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Parts:
    """The mean over parts of the samples, and the deviation between parts (unbiased, 0 for one part).

    The deviation is that of one part. The error of the mean is smaller, by up to the root of the number of parts
    where they share no samples.
    """

    value: float
    deviation: float
    parts: int


def bootstrap(
    statistic: Statistic,
    *samples: np.ndarray,
    repeats: int = 1000,
    level: float = LEVEL,
    seed: int = 0,
    together: bool = False,
) -> Interval:
    """The percentile interval of Efron 1979 (Annals of Statistics 7), from samples drawn with replacement.

    It does not suit statistics of nearest neighbours or of ranks of covariances (precision, coverage, FID of few
    samples), because a sample drawn twice is its own neighbour. Use `jackknife` there, or `wilson` where the metric
    is a share.

    Args:
        statistic: From arrays to a number.
        samples: Arrays with N_1, N_2 ... rows.
        repeats: The number of draws.
        level: The probability of the interval.
        seed: Of the draws.
        together: Draw the same rows from all arrays (predictions and labels) instead of independent ones.
    """
    arrays = _arrays(samples, together)
    rng = np.random.default_rng(seed)
    found = np.empty(repeats)
    for repeat in range(repeats):
        if together:
            indices = rng.integers(len(arrays[0]), size=len(arrays[0]))
            found[repeat] = statistic(*(array[indices] for array in arrays))
        else:
            found[repeat] = statistic(*(array[rng.integers(len(array), size=len(array))] for array in arrays))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(statistic(*arrays)), float(low), float(high))


def jackknife(
    statistic: Statistic, *samples: np.ndarray, groups: int | None = None, seed: int = 0, together: bool = False
) -> Estimate:
    """The standard error of Tukey 1958, leaving out one sample at a time, or one of `groups` random groups.

    The variances of several sample sets add up (Arvesen 1969). With `together` the same rows are left out of all
    sets. The value is the statistic of all samples, without a correction of its bias. A set of one sample makes the
    error inf.
    """
    arrays = _arrays(samples, together)
    rng = np.random.default_rng(seed)
    variance = 0.0
    for left in range(1 if together else len(arrays)):
        count = len(arrays[left])
        if count < 2:
            return Estimate(float(statistic(*arrays)), float("inf"))
        found = [
            statistic(
                *(
                    np.delete(array, out, axis=0) if together or number == left else array
                    for number, array in enumerate(arrays)
                )
            )
            for out in _left_out(count, groups, rng)
        ]
        variance += _jackknife_variance(np.array(found))
    return Estimate(float(statistic(*arrays)), float(np.sqrt(variance)))


def mean_estimate(values: np.ndarray) -> Estimate:
    """The mean of N values and its standard error."""
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")
    return Estimate(float(values.mean()), error)


def wilson(hits: int, count: int, level: float = LEVEL) -> Interval:
    """The interval of a share, hits of count (Wilson 1927, JASA 22).

    It lies within [0, 1] and has a width even for the shares 0 and 1. For a count of 0 it is 0.5, from 0 to 1.
    """
    if not 0 <= hits <= count:
        raise ValueError(f"{hits} of {count} is no share")
    if not count:
        return Interval(0.5, 0.0, 1.0)
    share, z2 = hits / count, quantile(level) ** 2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half_width = np.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    low = 0.0 if not hits else float(max(0.0, middle - half_width))
    high = 1.0 if hits == count else float(min(1.0, middle + half_width))
    return Interval(share, low, high)


def _left_out(count: int, groups: int | None, rng: np.random.Generator) -> Iterator[np.ndarray]:
    order = rng.permutation(count) if groups else np.arange(count)
    yield from np.array_split(order, min(count, max(2, groups)) if groups else count)


def _jackknife_variance(left_out: np.ndarray) -> float:
    """(n - 1) / n times the summed squared deviations of n values, each computed without one of n groups."""
    return float((len(left_out) - 1) * left_out.var())


def _arrays(samples: tuple[np.ndarray, ...], together: bool) -> list[np.ndarray]:
    arrays = [np.asarray(sample) for sample in samples]
    if not arrays or any(not array.ndim or not len(array) for array in arrays):
        raise ValueError("an interval needs at least one sample of every kind")
    if together and len({len(array) for array in arrays}) > 1:
        counts = ", ".join(str(len(array)) for array in arrays)
        raise ValueError(f"samples that belong together are equally many, not {counts}")
    return arrays


def quantile(level: float) -> float:
    """Half the width of an interval of this level, in standard errors."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
