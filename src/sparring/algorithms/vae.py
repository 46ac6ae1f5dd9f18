"""Sample -> latent -> sample, without an opponent: the variational autoencoder of Kingma & Welling 2014 (arXiv:1312.6114)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..config.recipe import Recipe
from ..losses import penalties, variational
from . import Batch, Draws, Outcome, Turn, noise_for


class Autoencoder:
    """An encoder says which latents a sample may have come from, a generator makes it again from one of them; both learn from one bound.

    Latents are N(0, 1) where nothing is encoded, so that the generator is used as any other.
    """

    averaged: tuple[str, ...] = ("encoder", "generator")
    translates = False
    augments = False

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        self.recipe, self.players = recipe, players
        self.encoder: Any = players["encoder"]
        self.generator: Any = players["generator"]

    @staticmethod
    def joins(recipe: Recipe) -> tuple[str, ...]:
        return ("likelihood",)  # one variance for the whole batch

    def turns(self) -> tuple[Turn, ...]:
        return (Turn(("encoder", "generator"), self.loss, self.recipe.players["generator"].repeats, name="negative_elbo"),)

    def loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Kingma & Welling 2014, eq. 7 with one draw an example, negated: nats of an example. The decoder is the Gaussian whose one variance
        fits the batch best (Rybkin et al. 2021, arXiv:2006.13202), so that no weight stands between the two terms."""
        mean, log_variance = self.encoder(batch.real, batch.condition)
        latent = variational.reparameterise(mean, log_variance, draws.latent(self.recipe.latent))
        made = self.generator(latent, batch.condition, noise_for(self.generator, draws))
        error = variational.mean_squared_error(made, batch.real)
        kl = variational.gaussian_kl(mean, log_variance).mean()
        loss = variational.optimal_variance_nll(error, batch.real[0].numel()) + kl
        return Outcome(loss + self._penalties(), {"elbo.reconstruction_error": error.detach(), "elbo.kl": kl.detach()})

    def augment_more(self) -> None: ...

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None: ...

    def _penalties(self) -> Tensor | float:
        """Those of both players' weights."""
        return sum(
            (
                penalty.weight * penalties.WEIGHT_PENALTIES[name](penalties.regularised_weights(player))
                for who, player in self.players.items()
                for name, penalty in self.recipe.players[who].penalties.items()
            ),
            0.0,
        )
