"""The base of games of language models: likelihood in every step, and after a while the game beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses.likelihood import negative_log_likelihood
from ..networks import LanguageModel
from .adversarial import AdversarialAlgorithm, AdversarialConfig
from .base import Batch, Phase, PhaseResult, StepRandom, noise_for


class LikelihoodAnchoredConfig(AdversarialConfig):
    """Settings of every game of a language model.

    pretrain_fraction: Share of the training in which the generator learns by likelihood alone.
    adversarial: Weight of the game's term beside the likelihood of real examples.
    adversarial_interval: Afterwards every so many steps also train the discriminator, and the generator by the game.
    """

    pretrain_fraction: float = Field(0.6, ge=0, lt=1)
    adversarial: float = Field(1.0, gt=0)
    adversarial_interval: int = Field(1, ge=1, le=64)

    allowed_penalties = {"generator": (), "discriminator": ()}
    player_groups = (("generator",), ("discriminator",), ("generator",))
    lazy_penalties = False

    def extended(self, times: float) -> Any:
        """The settings for a longer training: the number of examples before the discriminator starts stays the same."""
        return self.model_copy(update={"pretrain_fraction": self.pretrain_fraction / times})

    def without_pretraining(self) -> Any:
        return self.model_copy(update={"pretrain_fraction": 0.0})


class LikelihoodAnchored(AdversarialAlgorithm):
    """Trains a generator that knows likelihoods, by them and by a game."""

    always_reuses_fakes = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        if not isinstance(self.generator, LanguageModel):
            raise UserError(
                f"the network {recipe.players['generator'].network} does not know how likely its samples are, which "
                "this algorithm needs; use text-generator"
            )

    def phases(self) -> tuple[Phase, ...]:
        """Likelihood in every step; then, in every interval-th step, the discriminator and the game."""
        discriminator, generator = super().phases()
        lazily = {
            "interval": self.config.adversarial_interval,
            "start_fraction": self.config.pretrain_fraction,
            "new_batch": False,
        }
        return (
            Phase(("generator",), self.likelihood_loss, name="likelihood"),
            replace(discriminator, graph_of=(), **lazily),
            replace(generator, rng_of=1, name=self.config.name.partition("-")[0], **lazily),
        )

    def likelihood_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The negative log-likelihood of real examples, in nats an example."""
        found = self.generator.log_likelihood(batch.real, batch.condition)
        scalars = {"nats_a_token": -found.detach().sum() / found.detach().count_nonzero()}
        return PhaseResult(negative_log_likelihood(found), scalars)

    @torch.no_grad()
    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        """Samples under the conditions of the batch."""
        return self.generator(rng.latent(self.recipe.latent), batch.condition, noise_for(self.generator, rng))
