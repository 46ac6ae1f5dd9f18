"""A generator of discrete samples, trained by likelihood, then by a discriminator's weights beside it.

Samples of a discrete generator pass no gradient on. Where the generator knows the likelihood of a sample, the
discriminator's output is the weight with which that sample is learned: maximum-likelihood augmented discrete GANs (Che
et al. 2017, arXiv:1702.07983). As in ARAML (Ke et al. 2019, arXiv:1908.07195) there is no policy gradient, and the
generator stays near the data; here the likelihood of real examples holds it there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses.likelihood import density_ratio_weights, negative_log_likelihood, weighted_likelihood
from ..networks import LanguageModel
from .adversarial import AdversarialAlgorithm, AdversarialConfig
from .base import Batch, Phase, PhaseResult, StepRandom, noise_for, register_algorithm


class WeightedLikelihoodConfig(AdversarialConfig):
    """Settings of discriminator-weighted likelihood.

    pretrain_fraction: Share of the training in which the generator learns by likelihood alone.
    adversarial: Weight of the discriminator-weighted term beside the likelihood of real examples.
    adversarial_interval: Afterwards every so many steps also train the discriminator, and the generator on its weights.
    largest_logit: The discriminator's logits count up to this size.
    """

    name: Literal["weighted-likelihood"] = "weighted-likelihood"
    pretrain_fraction: float = Field(0.6, ge=0, lt=1)
    adversarial: float = Field(1.0, gt=0)
    adversarial_interval: int = Field(1, ge=1, le=64)
    largest_logit: float = Field(3.0, gt=0)

    allowed_penalties = {"generator": (), "discriminator": ()}
    player_groups = (("generator",), ("discriminator",), ("generator",))
    lazy_penalties = False

    def extended(self, times: float) -> WeightedLikelihoodConfig:
        """The settings for a longer training: the number of examples before the discriminator starts stays the same."""
        return self.model_copy(update={"pretrain_fraction": self.pretrain_fraction / times})

    def without_pretraining(self) -> WeightedLikelihoodConfig:
        return self.model_copy(update={"pretrain_fraction": 0.0})


@register_algorithm("weighted-likelihood")
class WeightedLikelihood(AdversarialAlgorithm):
    """Trains a generator that knows likelihoods, and a discriminator whose output weights its samples."""

    Config = WeightedLikelihoodConfig
    always_reuses_fakes = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        if not isinstance(self.generator, LanguageModel):
            raise UserError(
                f"the network {recipe.players['generator'].network} does not know how likely its samples are, which "
                "this algorithm needs; use text-generator"
            )

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        return (*super().batch_coupled(recipe), "weights")

    def phases(self) -> tuple[Phase, ...]:
        """Likelihood in every step; then, in every interval-th step, discriminator and weighted likelihood."""
        discriminator, generator = super().phases()
        lazily = {
            "interval": self.config.adversarial_interval,
            "start_fraction": self.config.pretrain_fraction,
            "new_batch": False,
        }
        return (
            Phase(("generator",), self.likelihood_loss, name="likelihood"),
            replace(discriminator, graph_of=(), **lazily),
            replace(generator, rng_of=1, name="weighted", **lazily),
        )

    def likelihood_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The negative log-likelihood of real examples, in nats an example."""
        found = self.generator.log_likelihood(batch.real, batch.condition)
        scalars = {"nats_a_token": -found.detach().sum() / found.detach().count_nonzero()}
        return PhaseResult(negative_log_likelihood(found), scalars)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The weighted likelihood of the samples that the discriminator has just learned from."""
        fake = self._fake_for_generator(batch, rng)
        weights = self._weights(fake, batch)
        loss = weighted_likelihood(self.generator.log_likelihood(fake, batch.condition), weights)
        effective = 1 / (len(weights) * weights.square().sum())  # as a share of the samples (Kish 1965)
        return PhaseResult(self.config.adversarial * loss, {"effective_samples": effective})

    @torch.no_grad()
    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        """Samples under the conditions of the batch."""
        return self.generator(rng.latent(self.recipe.latent), batch.condition, noise_for(self.generator, rng))

    @torch.no_grad()
    def _weights(self, samples: Tensor, batch: Batch) -> Tensor:
        """The weight of each sample, by a discriminator without dropout."""
        self.discriminator.eval()
        logits = self.discriminator(samples, batch.condition).logits
        self.discriminator.train()
        return density_ratio_weights(logits, self.config.largest_logit)
