"""Noise -> sample: the game of Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1, with any objective."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import objectives, penalties
from ..config import Recipe
from . import Batch, Draws, Outcome, Turn


class Synthesis:
    """A generator makes samples from noise, a discriminator tells them from real ones."""

    averaged: tuple[str, ...] = ("generator",)

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module]):
        self.recipe, self.players = recipe, players
        self.generator, self.discriminator = players["generator"], players["discriminator"]
        self.objective = objectives.get(**recipe.objective.model_dump())

    def turns(self) -> tuple[Turn, ...]:
        settings = self.recipe.players
        return (
            Turn("discriminator", self.discriminator_loss, settings["discriminator"].repeats),
            Turn("generator", self.generator_loss, settings["generator"].repeats, settings["generator"].begin, fresh=False),
        )

    def discriminator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        with torch.no_grad():
            fake = self.generator(draws.latent(self.recipe.latent), batch.condition)
        real_logits = self.discriminator(batch.real, batch.condition).logits.float()
        fake_logits = self.discriminator(fake, batch.condition).logits.float()
        loss = self.objective.discriminator(real_logits, fake_logits)
        return Outcome(loss + self._weight_penalty("discriminator"), self._judged(real_logits.detach(), fake_logits.detach()))

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        fake = self.generator(draws.latent(self.recipe.latent), batch.condition)
        fake_logits = self.discriminator(fake, batch.condition).logits.float()
        real_logits = self.discriminator(batch.real, batch.condition).logits.float() if self.objective.compares else None
        return Outcome(self.objective.generator(fake_logits, real_logits) + self._weight_penalty("generator"))

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:
        assert not state

    def _weight_penalty(self, name: str) -> Tensor | float:
        settings, tensors = self.recipe.players[name], penalties.weights(self.players[name])
        penalty: Tensor | float = 0.0
        if settings.l1:
            penalty = penalty + settings.l1 * penalties.l1(tensors)
        if settings.l2:
            penalty = penalty + settings.l2 * penalties.l2(tensors)
        return penalty

    def _judged(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        midpoint = (real.mean() + fake.mean()) / 2
        fooled = objectives.judged_real(fake, self.objective, midpoint)
        return {
            "logits.real": real.mean(),
            "logits.fake": fake.mean(),
            "accuracy.real": objectives.judged_real(real, self.objective, midpoint),
            "accuracy.fake": 1 - fooled,
            "fooling_rate": fooled,
        }
