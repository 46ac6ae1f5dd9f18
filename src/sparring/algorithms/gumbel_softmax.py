"""A generator of texts that learns through a relaxation of its choices: RelGAN (Nie et al. 2019, ICLR).

The discriminator sees softmax(beta (logits + Gumbel noise)) in the place of each token that was drawn (Jang et al.
2017, arXiv:1611.01144), so that its gradient reaches the generator. The inverse temperature beta grows from 1 in the
game, so that the relaxed tokens become those that are drawn (RelGAN, section 2.2: beta_n = beta_max^(n / N)).

In RelGAN likelihood ends where the game begins; here that of real examples holds the generator near the data.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..networks import RelaxedLanguageModel
from .base import Batch, PhaseResult, StepRandom, register_algorithm
from .likelihood_anchored import LikelihoodAnchored, LikelihoodAnchoredConfig


class GumbelSoftmaxConfig(LikelihoodAnchoredConfig):
    """Settings of a game through relaxed choices; see LikelihoodAnchoredConfig for the others.

    largest_inverse_temperature: beta at the end of the training.
    """

    name: Literal["gumbel-softmax"] = "gumbel-softmax"
    largest_inverse_temperature: float = Field(100.0, ge=1, le=10_000)


@register_algorithm("gumbel-softmax")
class GumbelSoftmax(LikelihoodAnchored):
    """Trains a generator that knows likelihoods, and a discriminator that sees relaxed tokens."""

    Config = GumbelSoftmaxConfig
    always_reuses_fakes = False  # the generator's phase has the graph of its own samples, of the same random numbers

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        if not isinstance(self.generator, RelaxedLanguageModel):
            raise UserError(
                f"the network {recipe.players['generator'].network} has no relaxed samples, which this algorithm "
                "needs; use text-generator"
            )
        self.inverse_temperature = 1.0

    def burn_in(self, examples: int) -> None:
        super().burn_in(examples)
        self.inverse_temperature = inverse_temperature(self.recipe, examples)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The generator's loss of the objective, through relaxed samples."""
        step = self._generator_step(batch, rng)
        beta = step.fake.new_tensor(self.inverse_temperature)
        return PhaseResult(self.config.adversarial * self._adversarial_term(step), {"inverse_temperature": beta})

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        """Relaxed samples under the conditions of the batch, N x T x vocabulary."""
        uniforms = rng.uniform("gumbel", self.generator.relaxed_noise_size)
        return self.generator.relaxed(uniforms, batch.condition, self.inverse_temperature)


def inverse_temperature(recipe: Recipe, examples: int) -> float:
    """beta after so many examples seen: 1 until the game begins, then growing by a constant factor."""
    assert isinstance(recipe.algorithm, GumbelSoftmaxConfig)
    assert isinstance(recipe.examples, int)
    start = recipe.algorithm.pretrain_fraction * recipe.examples
    progress = (examples - start) / max(1.0, recipe.examples - start)
    return recipe.algorithm.largest_inverse_temperature ** min(1.0, max(0.0, progress))
