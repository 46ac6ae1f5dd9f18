"""The terms of a variational bound: pure functions, in nats. All are computed in float32 at least."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LEAST_VARIANCE = 1e-6  # of values in [-1, 1], where neighbouring 8-bit values lie 8e-3 apart: pictures all alike have no bound otherwise


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The Kullback-Leibler divergence of N(mean, variance), independent in each dimension, from N(0, 1). Both N x D -> N, at least 0.

    Kingma & Welling 2014 (arXiv:1312.6114), appendix B, negated: the sum over dimensions of (mean^2 + variance - log variance - 1) / 2.
    """
    mean, log_variance = _precise(mean), _precise(log_variance)
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1)


def gaussian_sample(mean: Tensor, log_variance: Tensor, normal: Tensor) -> Tensor:
    """A draw from N(mean, variance) through which gradients reach both: mean + deviation * normal. All N x D; normal is N(0, 1).

    Kingma & Welling 2014, section 2.4 (the reparameterisation trick).
    """
    mean, log_variance = _precise(mean), _precise(log_variance)
    return mean + (0.5 * log_variance).exp() * normal


def squared_error(made: Tensor, real: Tensor) -> Tensor:
    """The mean squared difference of a value, over all values of all examples. Both N x shape -> a scalar."""
    return (_precise(made) - real).square().mean()


def gaussian_with_best_variance(error: Tensor, values: int) -> Tensor:
    """The negative logarithm of the density of an example, in the mean, under a Gaussian with one variance for every value of every example:
    the one that makes the batch likeliest, which is the mean squared error itself. A density's, so it may be below 0.

    Rybkin et al. 2021 (arXiv:2006.13202), the optimal sigma-VAE: values / 2 * (log(2 pi variance) + error / variance). Weighing nothing
    by hand, it pulls the harder the nearer samples are to the data. error: a batch's `squared_error`, a scalar; values: of one example.
    It is no mean over examples: the error of a whole batch goes in.
    """
    variance = error.clamp(min=LEAST_VARIANCE)
    return 0.5 * values * ((2 * math.pi * variance).log() + error / variance)


def _precise(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
