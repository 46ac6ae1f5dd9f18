"""Losses of models that know the likelihood of a sample: pure functions, in nats, computed in float32 at least."""

from __future__ import annotations

from torch import Tensor

from .precision import at_least_float32


def negative_log_likelihood(token_log_likelihoods: Tensor) -> Tensor:
    """The mean over N texts of -log q(text) = -sum over its tokens of log q(token | tokens before).

    Args:
        token_log_likelihoods: N x T, 0 after the end of each.
    """
    return -at_least_float32(token_log_likelihoods).sum(dim=1).mean()


def density_ratio_weights(logits: Tensor, largest: float) -> Tensor:
    """The weights w_i of N samples of a generator q, by a discriminator's logits: r_i / sum(r), where r = p / q.

    The best discriminator's logit is log(p / q) (Goodfellow et al. 2014, arXiv:1406.2661, proposition 1), so that
    exp(logit) estimates r. The weights are normalised as in Che et al. 2017 (arXiv:1702.07983), section 3.2.

    Args:
        logits: N.
        largest: Logits are limited to [-largest, largest], so that no sample decides alone.
    """
    return at_least_float32(logits).clamp(-largest, largest).softmax(dim=0)


def weighted_likelihood(token_log_likelihoods: Tensor, weights: Tensor) -> Tensor:
    """-sum of (w_i - 1/N) log q(sample i): Che et al. 2017, eq. 5, with the mean weight 1/N as the baseline.

    Its gradient makes those samples likelier that look more real than the others, and is 0 where all look alike.

    Args:
        token_log_likelihoods: N x T of samples of q, 0 after the end of each.
        weights: N, which sum to 1.
    """
    likelihoods = at_least_float32(token_log_likelihoods).sum(dim=1)
    return -((weights - 1 / len(weights)) * likelihoods).sum()
