"""The variational autoencoder of Kingma & Welling 2014 (arXiv:1312.6114): an encoder and a generator."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn

from ..config.recipe import AlgorithmConfig, Recipe
from ..losses import penalties, variational
from .adversarial_step import WEIGHT_PENALTIES
from .base import Algorithm, Batch, Phase, PhaseResult, StepRandom, noise_for, register_algorithm


class VAEConfig(AlgorithmConfig):
    """The variational autoencoder has no settings: the balance of its two terms is not tuned."""

    name: Literal["vae"] = "vae"

    allowed_penalties = {"encoder": WEIGHT_PENALTIES, "generator": WEIGHT_PENALTIES}
    player_groups = (("encoder", "generator"),)
    lazy_penalties = False
    latent_distributions = ("normal",)  # the prior

    @property
    def counting_player(self) -> str:
        return "generator"


@register_algorithm("vae")
class VAE(Algorithm):
    """Trains an encoder from samples to distributions of latents, and a generator from latents to samples, on one loss.

    The prior of the latents is N(0, 1). After training, the generator makes samples from latents like that of a GAN.
    """

    Config = VAEConfig
    ema_players = ("encoder", "generator")

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        self.encoder: Any = players["encoder"]
        self.generator: Any = players["generator"]

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        return ("likelihood",)  # one variance for the whole batch

    def phases(self) -> tuple[Phase, ...]:
        steps = self.recipe.players["generator"].steps
        return (Phase(("encoder", "generator"), self.loss, steps, name="negative_elbo"),)

    def loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The negative of Kingma & Welling 2014, eq. 7, with one random latent for each example, in nats an example.

        The decoder is a Gaussian with the one variance that fits the batch best (Rybkin et al. 2021, arXiv:2006.13202),
        so that the balance of the two terms needs no weight.
        """
        mean, log_variance = self.encoder(batch.real, batch.condition)
        latent = variational.reparameterise(mean, log_variance, rng.latent(self.recipe.latent))
        output = self.generator(latent, batch.condition, noise_for(self.generator, rng))
        error = variational.mean_squared_error(output, batch.real)
        kl = variational.gaussian_kl(mean, log_variance).mean()
        loss = variational.optimal_variance_nll(error, batch.real[0].numel()) + kl
        scalars = {"elbo.reconstruction_error": error.detach(), "elbo.kl": kl.detach()}
        return PhaseResult(loss + self._penalties(), scalars)

    def _penalties(self) -> Tensor | float:
        """The weighted sum of the penalties on the weights of both players."""
        return sum(
            (
                self.penalty_factor
                * penalty.weight
                * penalties.WEIGHT_PENALTIES[name](penalties.regularised_weights(player))
                for who, player in self.players.items()
                for name, penalty in self.recipe.players[who].penalties.items()
            ),
            0.0,
        )
