"""The Frechet distance between two Gaussians fitted to features (Heusel et al. 2017, arXiv:1706.08500, eq. 6).

With Inception features it is FID. It is at least 0; lower is better. Its bias of about c / N makes few samples look
worse than they are: compare equal counts only, or extrapolate to infinitely many (Chong and Forsyth 2020,
arXiv:1911.07023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import blocks, checked_pair
from .intervals import Estimate

# With fewer samples the distance is mostly bias; the unbiased kernel distance replaces it.
MIN_SAMPLES, MIN_SAMPLES_A_FEATURE = 2048, 10  # whichever is less
# Below so many samples a feature the bias is not c / N, and an extrapolation comes out too low or below 0.
MIN_EXTRAPOLATED_A_FEATURE = 20


def enough_samples(fewest: int, width: int) -> bool:
    """Whether the smaller of two sets is large enough for a Frechet distance in `width` features."""
    return fewest >= min(MIN_SAMPLES, MIN_SAMPLES_A_FEATURE * width)


@dataclass(frozen=True)
class Gaussian:
    """mean: D; covariance: D x D, unbiased; both float64."""

    mean: np.ndarray
    covariance: np.ndarray


def fit(features: np.ndarray) -> Gaussian:
    """The Gaussian with the mean and covariance of N x D features; the covariance is 0 for N = 1."""
    features = np.asarray(features, dtype=np.float64)
    mean = features.mean(axis=0)
    centred = features - mean
    return Gaussian(mean, centred.T @ centred / max(1, len(features) - 1))


class Moments:
    """Mean and covariance of features that come in chunks. It keeps D x D numbers, whatever N.

    Chunks are joined by the exact update of Chan, Golub and LeVeque 1983 (The American Statistician 37), which does
    not cancel as sums of squares do. The sizes of the chunks change the result by rounding only.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = np.zeros(0)
        self.scatter = np.zeros((0, 0))  # sum of (x - mean)(x - mean)^T

    def add(self, features: np.ndarray) -> Moments:
        """Add N x D features; N may be 0."""
        features = np.asarray(features, dtype=np.float64)
        for part in blocks(len(features), features.shape[1]):
            mean = features[part].mean(axis=0)
            centred = features[part] - mean
            self._join(part.stop - part.start, mean, centred.T @ centred)
        return self

    def merge(self, other: Moments) -> Moments:
        """Add everything that was added to `other`."""
        if other.count:
            self._join(other.count, other.mean, other.scatter)
        return self

    def gaussian(self) -> Gaussian:
        """What `fit` returns for all features added so far. Raises ValueError where there are none."""
        if not self.count:
            raise ValueError("no features were added: the mean of nothing is unknown")
        return Gaussian(self.mean.copy(), self.scatter / max(1, self.count - 1))

    def _join(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        if not self.count:
            self.count, self.mean, self.scatter = count, mean.copy(), scatter.copy()
            return
        if mean.shape != self.mean.shape:
            raise ValueError(f"the two sets come from different features: {len(self.mean)} and {len(mean)} columns")
        total, step = self.count + count, mean - self.mean
        self.scatter += scatter
        self.scatter += np.outer(step, step * (self.count * count / total))
        self.mean = self.mean + step * (count / total)
        self.count = total


def distance(a: Gaussian, b: Gaussian) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)).

    The trace of the root is the sum of the roots of the eigenvalues of C_a^(1/2) C_b C_a^(1/2). That matrix is
    symmetric and positive up to rounding, so the distance is never complex or NaN, however few the samples.
    """
    return max(0.0, _distance(_root(a.covariance), a, b))


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """The Frechet distance of two sets of features, N x D and M x D. It is biased upwards for few samples.

    For few samples of many features (N M <= D^2) the trace of the root is computed as the sum of the singular values
    of the N x M product of the centred features: the same number without a D x D matrix.
    """
    features_a, features_b = checked_pair(features_a, features_b)
    if len(features_a) * len(features_b) > features_a.shape[1] ** 2:
        return distance(fit(features_a), fit(features_b))
    (mean_a, rows_a), (mean_b, rows_b) = _centred(features_a), _centred(features_b)
    cross = np.linalg.svd(rows_a @ rows_b.T, compute_uv=False).sum()
    return max(
        0.0, float(np.square(mean_a - mean_b).sum() + np.square(rows_a).sum() + np.square(rows_b).sum() - 2 * cross)
    )


def frechet_error(generated: np.ndarray, real: np.ndarray, fixed_reals: bool = False) -> float:
    """The standard error of `frechet_distance` by the infinitesimal jackknife (Efron 1981, Biometrika 68).

    It is the root of the mean square of every sample's influence over N, for both sets, and costs as much as two
    distances. The influence of x on the distance is 2 (m_a - m_b) . (x - m_a) + (x - m_a)^T (1 - T) (x - m_a) minus
    its mean, where T = C_b^(1/2) (C_b^(1/2) C_a C_b^(1/2))^(-1/2) C_b^(1/2) maps one Gaussian to the other.

    Args:
        generated: N x D.
        real: M x D.
        fixed_reals: Take the real distribution as exactly known.

    Returns:
        The error; inf where a set has one sample.
    """
    generated, real = _in_their_span(*checked_pair(generated, real))
    if len(generated) < 2 or (len(real) < 2 and not fixed_reals):
        return float("inf")
    a, b = fit(generated), fit(real)
    return float(np.sqrt(_sampling_variance(generated, a, b) + (0 if fixed_reals else _sampling_variance(real, b, a))))


def _sampling_variance(features: np.ndarray, own: Gaussian, other: Gaussian) -> float:
    root = _root(other.covariance)
    values, vectors = np.linalg.eigh(root @ own.covariance @ root)
    kept = values > max(0.0, values[-1]) * len(values) * np.finfo(np.float64).eps
    carry = root @ vectors[:, kept] / values[kept] ** 0.25  # carry carry^T = T
    influence = np.empty(len(features))
    for part in blocks(len(features), features.shape[1]):
        centred = features[part] - own.mean
        turned = np.square(centred).sum(axis=1) - np.square(centred @ carry).sum(axis=1)
        influence[part] = 2 * centred @ (own.mean - other.mean) + turned
    return float(influence.var() / (len(features) - 1))


@dataclass(frozen=True)
class Extrapolation:
    """The distance at infinitely many samples.

    Args:
        value: The distance. Without bias it can be slightly negative where the true distance is 0.
        error: Its standard error.
        slope: c in value + c / N.
        counts: The numbers of samples of the distances that the line is fitted to.
        values: These distances.
    """

    value: float
    error: float
    slope: float
    counts: np.ndarray
    values: np.ndarray

    @property
    def estimate(self) -> Estimate:
        return Estimate(self.value, self.error)


def frechet_extrapolated(
    generated: np.ndarray,
    real: np.ndarray,
    points: int = 15,
    least: int | None = None,
    both: bool = False,
    seed: int = 0,
) -> Extrapolation:
    """The Frechet distance at infinitely many samples: the intercept of a line through distances over 1 / n.

    Chong and Forsyth 2020 (arXiv:1911.07023, section 3.2) use 15 evenly spaced subsets of 5,000 to 50,000 generated
    samples, each against all real ones. Below about 5 D samples the bias is not proportional to 1 / n, and the value
    is too low. The error combines the scatter around the line with the sampling noise that all points share
    (`frechet_error`). Fewer than four samples give the plain distance with the error inf.

    Args:
        generated: N x D.
        real: M x D.
        points: The number of subsets.
        least: The size of the smallest subset. None: a tenth of N, at least 2.5 D where N allows, at most N / 2.
        both: Use as many real as generated samples at each point. This removes the bias of the limited number of real
            examples too, so that two sets of one distribution have the distance 0.
        seed: Of the subsets.
    """
    generated, real = _in_their_span(*checked_pair(generated, real))
    most = min(len(generated), len(real)) if both else len(generated)
    if most < 4:
        value = frechet_distance(generated, real)
        return Extrapolation(value, float("inf"), 0.0, np.array([len(generated)]), np.array([value]))
    least = max(2, min(most // 2, max(most // 10, round(2.5 * generated.shape[1])) if least is None else least))
    counts = np.unique(np.linspace(least, most, max(3, points)).round().astype(int))
    rng = np.random.default_rng(seed)
    whole = fit(real)
    root = None if both else _root(whole.covariance)
    values = np.empty(len(counts))
    for index, count in enumerate(counts):
        some = generated[rng.permutation(len(generated))[:count]]
        if root is None:
            values[index] = frechet_distance(some, real[rng.permutation(len(real))[:count]])
        else:
            values[index] = _distance(root, whole, fit(some))
    value, slope, scatter = _line(1 / counts, values)
    noise = frechet_error(generated, real, fixed_reals=not both)
    return Extrapolation(value, float(np.hypot(scatter, noise)), slope, counts, values)


def _in_their_span(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two sets in coordinates of the space that they span, where that has fewer than D dimensions.

    A rotation changes no Frechet distance, and matrices of few hundred rows take no minutes.
    """
    if len(a) + len(b) >= a.shape[1]:
        return a, b
    together = np.concatenate([a, b])
    axes = np.linalg.qr((together - together.mean(axis=0)).T)[0]
    rows = (together - together.mean(axis=0)) @ axes
    return rows[: len(a)], rows[len(a) :]


def _distance(root: np.ndarray, a: Gaussian, b: Gaussian) -> float:
    """The distance; rounding can make it negative. root: the square root of a's covariance."""
    product = np.linalg.eigvalsh(root @ b.covariance @ root).clip(min=0)
    spread = np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.sqrt(product).sum()
    return float(np.square(a.mean - b.mean).sum() + spread)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def _centred(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean, and a matrix of rows such that rows^T rows is the covariance."""
    mean = features.mean(axis=0)
    return mean, (features - mean) / np.sqrt(max(1, len(features) - 1))


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """The intercept and slope of the least-squares line, and the standard error of the intercept."""
    centre = x - x.mean()
    spread = np.square(centre).sum()
    slope = float(centre @ y / spread)
    intercept = float(y.mean() - slope * x.mean())
    rest = np.square(y - intercept - slope * x).sum() / max(1, len(x) - 2)
    return intercept, slope, float(np.sqrt(rest * (1 / len(x) + x.mean() ** 2 / spread)))
