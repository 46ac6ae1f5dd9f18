"""The terms of the variational bound (ELBO): pure functions, in nats. All are computed in float32 at least."""

from __future__ import annotations

import math

from torch import Tensor

from .precision import at_least_float32

# For values in [-1, 1], where 8-bit levels are 8e-3 apart. An exact reconstruction has no finite likelihood otherwise.
MIN_DECODER_VARIANCE = 1e-6


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The Kullback-Leibler divergence of N(mean, variance), independent in each dimension, from N(0, 1).

    Kingma & Welling 2014 (arXiv:1312.6114), appendix B, negated: sum of (mean^2 + variance - log variance - 1) / 2.

    Args:
        mean: N x D.
        log_variance: N x D.

    Returns:
        N values, at least 0.
    """
    mean, log_variance = at_least_float32(mean), at_least_float32(log_variance)
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1)


def reparameterise(mean: Tensor, log_variance: Tensor, normals: Tensor) -> Tensor:
    """A sample of N(mean, variance) that is differentiable in both: mean + standard deviation * normals.

    Kingma & Welling 2014, section 2.4 (the reparameterisation trick).

    Args:
        mean: N x D.
        log_variance: N x D.
        normals: N x D, N(0, 1).
    """
    mean, log_variance = at_least_float32(mean), at_least_float32(log_variance)
    return mean + (0.5 * log_variance).exp() * normals


def mean_squared_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """The squared difference, averaged over all values of all examples: two tensors of one shape -> a scalar."""
    return (at_least_float32(reconstruction) - target).square().mean()


def optimal_variance_nll(error: Tensor, values_per_example: int) -> Tensor:
    """The mean negative log-likelihood of the examples under a Gaussian with the most likely variance.

    Rybkin et al. 2021 (arXiv:2006.13202), the optimal sigma-VAE: values / 2 * (log(2 pi variance) + error / variance).
    One variance is shared by all values of the batch. The most likely one is the mean squared error itself, so no
    weight between reconstruction and divergence has to be chosen. The value is of a density and can be negative.

    Args:
        error: The `mean_squared_error` of the whole batch, a scalar. The result is not a mean over examples, so a batch
            must not be split.
        values_per_example: How many values an example has.
    """
    variance = error.clamp(min=MIN_DECODER_VARIANCE)
    return 0.5 * values_per_example * ((2 * math.pi * variance).log() + error / variance)
