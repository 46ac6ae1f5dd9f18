"""Factor analysis: x = mean + loadings^T z + e, with z from N(0, I) and e from N(0, diag(noise_std^2)).

Tipping & Bishop 1999 (JRSS B 61, 611-622) with a noise variance for each value (Bartholomew 1987), by the principal
factor solution.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .principal_axes import principal_axes

MIN_NOISE_STD = 1e-3  # of a value that the factors explain entirely


def class_means(rows: Tensor, labels: Tensor, classes: int) -> Tensor:
    """The mean of each class's rows (N x D), or of all rows for a class without any: classes x D."""
    means = []
    for number in range(classes):
        members = labels == number
        means.append(rows[members].mean(dim=0) if members.any() else rows.mean(dim=0))
    return torch.stack(means)


def principal_factors(centred: Tensor, rank: int, count: int) -> tuple[Tensor, Tensor]:
    """Loadings and noise of rows around 0.

    Args:
        centred: N x D rows of mean 0.
        rank: Number of factors to find.
        count: Rows of the loadings that are returned; those beyond `rank` are 0.

    Returns:
        loadings: count x D, the principal axes, each as long as the rows' standard deviation along it.
        noise_std: D, the standard deviations of what the factors leave.
    """
    loadings = principal_axes(centred, rank, count)
    unexplained = centred.square().mean(dim=0) - loadings.square().sum(dim=0)
    return loadings, unexplained.clamp(min=MIN_NOISE_STD**2).sqrt()


def without_noise(loadings: Tensor, noise_std: Tensor) -> tuple[Tensor, Tensor]:
    """Loadings less the length that noise alone gives a principal axis, and the noise grown by as much.

    Tipping & Bishop 1999 (JRSS B 61), eq. 7 and 8: an axis of variance l^2 becomes a factor of variance l^2 - sigma^2,
    where sigma^2 is the mean variance along the directions that are no axes.
    """
    variances = loadings.square().sum(dim=1)
    noise = noise_std.square().sum() / max(1, len(noise_std) - int((variances > 0).sum()))
    shrunk = loadings * (1 - noise / variances.clamp(min=1e-12)).clamp(min=0).sqrt()[:, None]
    return shrunk, (noise_std.square() + loadings.square().sum(dim=0) - shrunk.square().sum(dim=0)).sqrt()
