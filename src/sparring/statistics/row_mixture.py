"""A mixture for rows of mixed columns: a latent class model with a Gaussian.

McLachlan & Peel 2000, "Finite Mixture Models", chapter 2. Within a component, choices are independent and scores are
jointly normal. It is fitted by expectation maximisation (Dempster et al. 1977, JRSS B 39, 1-38).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, pi

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from .clustering import standardised_kmeans
from .kriging import batched_shift
from .row_layout import RowLayout

SMOOTHING_ROWS = 1.0  # rows of the whole data's distribution that every component is given beside its own
MIN_SCORE_VARIANCE = 1e-3  # of a score within a component
MIN_SQUARED_DEVIATION = 1e-9  # of a score, summed over a component's rows, before it divides
COVARIANCE_RIDGE = 1e-4  # added to the diagonal of a covariance, so that it has a Cholesky factor
MAX_ROUNDS = 40  # of expectation maximisation
MIN_LIKELIHOOD_GAIN = 2e-3  # nats a row below which another round is not worth it
UNUSED_LOG_WEIGHT = -1e4  # of a component that no row belongs to
MIN_LOG_PROBABILITY = -12.0  # of a choice within a component
MIN_ROWS_PER_COMPONENT = 40  # on average
MAX_CORRELATED_SCORES = 64  # with more scores, correlations within a component are left out
MAX_ROWS_AT_ONCE, MIN_ROWS_AT_ONCE = 2048, 16


class RowMixture(nn.Module):
    """A mixture of `components` distributions of coded rows.

    Attributes:
        log_weights: components, logarithms of the mixture's weights.
        logits: components x choice places, logarithms of the probability of each choice.
        means: components x scores.
        factors: components x scores x scores, lower triangular Cholesky factors of the scores' covariances; with more
            than MAX_CORRELATED_SCORES their standard deviations alone, components x scores.
    """

    log_weights: Tensor
    logits: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, layout: RowLayout, components: int):
        super().__init__()
        self.layout, scores = layout, len(layout.scores)
        self.register_buffer("log_weights", torch.full((components,), -log(components)))
        self.register_buffer("logits", torch.zeros(components, len(layout.choice_places)))
        self.register_buffer("means", torch.zeros(components, scores))
        self.correlated = scores <= MAX_CORRELATED_SCORES
        one = torch.eye(scores) if self.correlated else torch.ones(scores)
        self.register_buffer("factors", one.repeat(components, *[1] * one.dim()))

    def log_likelihood(self, rows: Tensor) -> Tensor:
        """N x components: log p(component, row) of N x width rows.

        Scores that mean nothing count as if they lay at their component's mean, which is exact where they do not
        correlate with others.
        """
        choices, scores, present = self.layout.split(rows)
        found = self.log_weights + choices @ self.logits.T
        if not self.layout.scores:
            return found
        if not self.correlated:
            return found - self._uncorrelated(scores, present)
        log_std = torch.diagonal(self.factors, dim1=1, dim2=2).log()
        whitening = torch.linalg.inv(self.factors)
        size = _rows_at_once(scores.shape[1])
        whitened = [
            ((part[:, None] - self.means) * here[:, None]).permute(1, 0, 2) @ whitening.mT
            for part, here in zip(scores.split(size), present.split(size), strict=True)
        ]
        distance = torch.cat([part.square().sum(dim=2).T for part in whitened])
        return found - distance / 2 - present @ (log_std + log(2 * pi) / 2).T

    def log_posterior(self, rows: Tensor, known: Tensor) -> Tensor:
        """log p(component, known values of the row), up to a constant, N x components.

        rows, known: N x width; known is 1 where a value is known, else 0.
        """
        choices, scores, present = self.layout.split(rows)
        found = self.log_weights + (choices * known[:, self.layout.choice_places]) @ self.logits.T
        if not self.correlated:
            return found - self._uncorrelated(scores, present * known[:, self.layout.scores])
        for members, seen in _patterns(present * known[:, self.layout.scores]):
            factor = torch.linalg.cholesky(self._covariances()[:, seen][:, :, seen])
            difference = scores[members][:, seen] - self.means[:, None, seen]  # components x members x seen
            distance = torch.linalg.solve_triangular(factor, difference.mT, upper=False).square().sum(dim=1)
            log_determinant = torch.diagonal(factor, dim1=1, dim2=2).log().sum(dim=1)
            found[members] = found[members] - (distance / 2 + log_determinant[:, None]).T
        return found

    def draw(self, component: Tensor, uniform: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
        """Draws rows of N components: logits with Gumbel noise (N x choice places) and scores (N x scores).

        The largest logit is the choice. uniform: N x choice places, in (0, 1). normal: N x scores.
        """
        logits = self.logits[component] - (-uniform.log()).log()
        if not self.correlated:
            return logits, self.means[component] + self.factors[component] * normal
        return logits, self.means[component] + (self.factors[component] @ normal[:, :, None])[:, :, 0]

    def condition(self, component: Tensor, drawn: Tensor, rows: Tensor, known: Tensor) -> Tensor:
        """Drawn scores (N x scores), shifted to go with the scores that are known, by Matheron's rule.

        component: N, as of the draw. rows, known: N x width, as of `log_posterior`.
        """
        if not self.correlated:  # known scores say nothing about the others within a component
            return drawn
        _, scores, present = self.layout.split(rows)
        drawn = drawn.clone()
        for members, seen in _patterns(present * known[:, self.layout.scores]):
            covariance = self._covariances()[component[members]]
            difference = (scores - drawn)[members][:, seen]
            shift = batched_shift(difference, covariance[:, seen][:, :, seen], covariance[:, :, seen])
            drawn[members] = drawn[members] + shift
        return drawn

    @torch.no_grad()
    def fit(self, rows: Tensor) -> None:
        """Fits the mixture to N x width rows, from clusters on; few rows use few components."""
        used = max(1, min(len(self.log_weights), len(rows) // MIN_ROWS_PER_COMPONENT))
        memberships = one_hot(standardised_kmeans(rows, used), len(self.log_weights)).to(rows.dtype)
        previous = -torch.inf
        for _ in range(MAX_ROUNDS):
            self._maximise(rows, memberships)
            joint = self.log_likelihood(rows)
            likelihood = float(joint.logsumexp(dim=1).mean())
            if likelihood - previous < MIN_LIKELIHOOD_GAIN:
                return
            previous, memberships = likelihood, joint.softmax(dim=1)

    def _uncorrelated(self, scores: Tensor, present: Tensor) -> Tensor:
        """-log p(the present scores | component) of N x scores, N x components, where scores do not correlate."""
        precision = self.factors.square().reciprocal()
        scores = scores * present
        distance = (
            scores.square() @ precision.T
            - 2 * scores @ (self.means * precision).T
            + present @ (self.means.square() * precision).T
        )
        return distance / 2 + present @ (self.factors.log() + log(2 * pi) / 2).T

    def _covariances(self) -> Tensor:
        return self.factors @ self.factors.mT

    def _maximise(self, rows: Tensor, memberships: Tensor) -> None:
        """The M step. memberships: N x components, the share of each row that belongs to each component."""
        choices, scores, present = self.layout.split(rows)
        count = memberships.sum(dim=0)[:, None]
        self.log_weights.copy_((count / count.sum()).log().clamp(min=UNUSED_LOG_WEIGHT)[:, 0])
        smoothed = (memberships.T @ choices + SMOOTHING_ROWS * choices.mean(dim=0)) / (count + SMOOTHING_ROWS)
        self.logits.copy_(smoothed.clamp(min=1e-12).log().clamp(min=MIN_LOG_PROBABILITY))
        if not self.layout.scores:
            return
        all_present = present.sum(dim=0).clamp(min=1)
        mean = scores.sum(dim=0) / all_present
        variance = ((scores - mean).square() * present).sum(dim=0) / all_present
        seen, sums = memberships.T @ present, memberships.T @ scores
        self.means.copy_((sums + SMOOTHING_ROWS * mean) / (seen + SMOOTHING_ROWS))
        squares = memberships.T @ scores.square() - 2 * self.means * sums + self.means.square() * seen
        variances = ((squares + SMOOTHING_ROWS * variance) / (seen + SMOOTHING_ROWS)).clamp(min=MIN_SCORE_VARIANCE)
        self.factors.copy_(
            _cholesky_factors(memberships, scores, present, self.means, variances)
            if self.correlated
            else variances.sqrt()
        )


def _rows_at_once(scores: int) -> int:
    """Rows that are computed at once: fewer, the more scores they have."""
    fitting = MAX_ROWS_AT_ONCE * MAX_CORRELATED_SCORES // max(1, scores * scores // 8)
    return max(MIN_ROWS_AT_ONCE, min(MAX_ROWS_AT_ONCE, fitting))


def _patterns(known: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields the rows of each pattern of known scores, and these scores. known: N x scores, 1 or 0."""
    if not known.shape[1]:
        return
    patterns, which = torch.unique(known > 0.5, dim=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if pattern.any():
            yield torch.nonzero(which == number)[:, 0], torch.nonzero(pattern)[:, 0]


def _cholesky_factors(memberships: Tensor, scores: Tensor, present: Tensor, means: Tensor, variances: Tensor) -> Tensor:
    """Lower triangular factors of each component's covariance, components x scores x scores.

    Correlations shrink towards 0 where a component has few rows.
    """
    size = scores.shape[1]
    products = _cross_products(memberships, scores, present, means)
    length = torch.diagonal(products, dim1=1, dim2=2).clamp(min=MIN_SQUARED_DEVIATION).sqrt()
    count = memberships.sum(dim=0)[:, None, None]
    correlation = products / (length[:, :, None] * length[:, None]) * (count / (count + 2 * size))
    correlation = correlation - torch.diag_embed(torch.diagonal(correlation, dim1=1, dim2=2)) + torch.eye(size)
    std = variances.sqrt()
    return torch.linalg.cholesky(correlation * std[:, :, None] * std[:, None] + COVARIANCE_RIDGE * torch.eye(size))


def _cross_products(memberships: Tensor, scores: Tensor, present: Tensor, means: Tensor) -> Tensor:
    """Sums over rows of (x_i - mean_i)(x_j - mean_j) where both scores are present: components x scores x scores."""
    size = scores.shape[1]
    both, one, none = (torch.zeros(len(means), size * size) for _ in range(3))
    rows = _rows_at_once(size)
    for part, here, member in zip(scores.split(rows), present.split(rows), memberships.split(rows), strict=True):
        for total, (left, right) in ((both, (part, part)), (one, (part, here)), (none, (here, here))):
            total += member.T @ (left[:, :, None] * right[:, None]).flatten(1)
    crossed = one.unflatten(1, (size, size)) * means[:, None]  # x_i present_j mean_j
    squares = means[:, :, None] * means[:, None] * none.unflatten(1, (size, size))
    return both.unflatten(1, (size, size)) - crossed - crossed.mT + squares
