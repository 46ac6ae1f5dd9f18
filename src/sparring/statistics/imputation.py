"""Imputation of missing values by stochastic expectation maximisation (Celeux & Diebolt 1985) under factor analysis."""

from __future__ import annotations

import torch
from torch import Tensor

from .factor_analysis import class_means, principal_factors, without_noise

ROUNDS = 15  # of imputing some rows and fitting the model to them, before all rows are imputed
MAX_ROWS_PER_ROUND = 3000
BATCH_SIZE = 500  # rows imputed at once


def impute(rows: Tensor, observed: Tensor, labels: Tensor, classes: int, rank: int) -> Tensor:
    """The rows, each missing value drawn given the observed values of its row.

    Rounds alternate between fitting the model to the imputed rows and drawing the missing values from it. The rounds
    see at most MAX_ROWS_PER_ROUND rows; the last one imputes all rows by the model of these.

    Args:
        rows: N x D.
        observed: N x D, False where a value is missing.
        labels: N class numbers; each class has a mean of its own.
        classes: Number of classes.
        rank: Number of factors.

    Returns:
        N x D.
    """
    known, incomplete = observed.float(), ~observed.all(dim=1)
    weight = known.sum(dim=0).clamp(min=1)
    mean = (rows * known).sum(dim=0) / weight
    std = (((rows - mean).square() * known).sum(dim=0) / weight).sqrt()
    imputed = torch.where(observed, rows, mean + std * torch.randn_like(rows))
    for number in range(ROUNDS + 1):
        count = len(rows) if number == ROUNDS else min(len(rows), MAX_ROWS_PER_ROUND)
        seen, own = imputed[:count], labels[:count]
        means = class_means(seen, own, classes)
        # without_noise: else noise that was imputed along an axis would strengthen the axis
        loadings, noise_std = without_noise(*principal_factors(seen - means[own], rank, rank))
        for part in torch.nonzero(incomplete[:count])[:, 0].split(BATCH_SIZE):
            drawn = draw_given_observed(rows[part], known[part], means[labels[part]], loadings, noise_std)
            imputed[part] = torch.where(observed[part], rows[part], drawn)
    return imputed


def draw_given_observed(rows: Tensor, known: Tensor, means: Tensor, loadings: Tensor, noise_std: Tensor) -> Tensor:
    """A draw of each row given its observed values: first of its factors from their posterior, then of its values.

    The posterior of the factors is N(M^-1 L W (x - mean), M^-1), where W = diag(known / noise_std^2) and M = I + L W
    L^T.

    Args:
        rows: N x D.
        known: N x D, 1 where a value is observed, else 0.
        means: N x D.
        loadings: rank x D, L above.
        noise_std: D.

    Returns:
        N x D.
    """
    rank = len(loadings)
    precision = known / noise_std.square()
    outer = (loadings[:, None] * loadings[None]).flatten(0, 1)
    inner = (precision @ outer.T).unflatten(1, (rank, rank)) + torch.eye(rank)
    lower = torch.linalg.cholesky(inner.double())
    factors = torch.cholesky_solve((((rows - means) * precision) @ loadings.T).double()[:, :, None], lower)
    factors = factors + torch.linalg.solve_triangular(lower.mT, torch.randn_like(factors), upper=True)
    return means + factors[:, :, 0].float() @ loadings + noise_std * torch.randn_like(rows)
