"""A generator of discrete samples, trained by likelihood, then by a discriminator's weights beside it.

Samples of a discrete generator pass no gradient on. Where the generator knows the likelihood of a sample, the
discriminator's output is the weight with which that sample is learned: maximum-likelihood augmented discrete GANs (Che
et al. 2017, arXiv:1702.07983). As in ARAML (Ke et al. 2019, arXiv:1908.07195) there is no policy gradient, and the
generator stays near the data; here the likelihood of real examples holds it there.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..config.recipe import Recipe
from ..losses.likelihood import density_ratio_weights, weighted_likelihood
from .base import Batch, PhaseResult, StepRandom, register_algorithm
from .likelihood_anchored import LikelihoodAnchored, LikelihoodAnchoredConfig


class WeightedLikelihoodConfig(LikelihoodAnchoredConfig):
    """Settings of discriminator-weighted likelihood; see LikelihoodAnchoredConfig for the others.

    largest_logit: The discriminator's logits count up to this size.
    """

    name: Literal["weighted-likelihood"] = "weighted-likelihood"
    largest_logit: float = Field(3.0, gt=0)


@register_algorithm("weighted-likelihood")
class WeightedLikelihood(LikelihoodAnchored):
    """Trains a generator that knows likelihoods, and a discriminator whose output weights its samples."""

    Config = WeightedLikelihoodConfig

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        return (*super().batch_coupled(recipe), "weights")

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The weighted likelihood of the samples that the discriminator has just learned from."""
        fake = self._fake_for_generator(batch, rng)
        weights = self._weights(fake, batch)
        loss = weighted_likelihood(self.generator.log_likelihood(fake, batch.condition), weights)
        effective = 1 / (len(weights) * weights.square().sum())  # as a share of the samples (Kish 1965)
        return PhaseResult(self.config.adversarial * loss, {"effective_samples": effective})

    @torch.no_grad()
    def _weights(self, samples: Tensor, batch: Batch) -> Tensor:
        """The weight of each sample, by a discriminator without dropout."""
        self.discriminator.eval()
        logits = self.discriminator(samples, batch.condition).logits
        self.discriminator.train()
        return density_ratio_weights(logits, self.config.largest_logit)
