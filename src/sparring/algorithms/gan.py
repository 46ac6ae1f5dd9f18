"""The GAN of Goodfellow et al. 2014 (arXiv:1406.2661), whose generator makes samples from latents.

An auxiliary classifier, style mixing and path-length regularisation are optional.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses import penalties
from ..losses.classification import class_shortfall
from ..networks import StyleGenerator
from .adversarial import AdversarialAlgorithm, AugmentedConfig
from .adversarial_step import DISCRIMINATOR_PENALTIES, WEIGHT_PENALTIES, AdversarialStep
from .base import Batch, PhaseResult, StepRandom, noise_for, register_algorithm

PATH_DECAY = 0.01  # of the running mean of path lengths (Karras et al. 2020, arXiv:1912.04958, appendix B)


class GANConfig(AugmentedConfig):
    """Settings of the GAN.

    class_loss: Weight of the auxiliary classifier in both losses (Odena et al. 2017, arXiv:1610.09585); 0: no
        classifier; null: `labelled_class_loss` where the data has labels, else 0.
    class_confidence: A sample whose class the classifier sees with this probability is not pushed further; 1: every
        one is.
    classify_fakes: Whether the classifier learns from fakes too, as theirs does; if not, from reals alone.
    style_mixing: Share of samples that are generated from two latents; for style-based generators only.
    """

    name: Literal["gan"] = "gan"
    class_loss: float | None = Field(0.0, ge=0)
    labelled_class_loss: float = Field(0.0, ge=0)
    class_confidence: float = Field(1.0, gt=0, le=1)
    classify_fakes: bool = True
    style_mixing: Annotated[float, Field(ge=0, le=1)] = 0.0

    allowed_penalties = {
        "generator": (*WEIGHT_PENALTIES, "path-length"),
        "discriminator": WEIGHT_PENALTIES + DISCRIMINATOR_PENALTIES,
    }

    @property
    def learns_classes(self) -> bool:
        return bool(self.class_loss)


@register_algorithm("gan")
class GAN(AdversarialAlgorithm):
    """Trains a generator that makes samples from latents against a discriminator that tells them from real examples."""

    Config = GANConfig

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        device = next(players["generator"].parameters()).device
        self.path_mean = torch.zeros((), device=device)
        self._lengths, self._count = torch.zeros(1, device=device), 0  # of the paths of this step
        self.has_path_length = "path-length" in recipe.players["generator"].penalties
        needs_styles = self.config.style_mixing or self.has_path_length
        if needs_styles and not isinstance(self.generator, StyleGenerator):
            raise UserError(
                "style mixing and the path-length penalty need a style-based generator, "
                f"and {recipe.players['generator'].network} is none; leave them out"
            )

    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The objective's discriminator loss plus penalties.

        With an auxiliary classifier, also the cross-entropy of the classes of reals and fakes (Odena et al. 2017, eq. 2
        and 3: the discriminator maximises L_S + L_C).
        """
        step = self._discriminator_step(batch, rng)
        real, fake = step.on_real, step.on_fake
        loss = self.objective.discriminator(real.logits, fake.logits)
        if self.config.class_loss:
            loss = loss + self.config.class_loss * self._class_term(real.class_logits, batch)
            if self.config.classify_fakes:
                loss = loss + self.config.class_loss * self._class_term(fake.class_logits, batch)
        return self._discriminator_result(step, loss)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The objective's generator loss plus penalties.

        With an auxiliary classifier, also the cross-entropy of the classes of fakes (Odena et al. 2017: the generator
        maximises L_C - L_S), as far as they are not seen with `class_confidence`.
        """
        step = self._generator_step(batch, rng)
        loss = self._adversarial_term(step)
        if self.config.class_loss:
            loss = loss + self.config.class_loss * self._class_term(
                step.on_fake.class_logits, batch, self.config.class_confidence
            )
        return PhaseResult(loss + self._penalties("generator", 1, step))

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        """Samples, one from each latent.

        With style mixing, a share of the samples takes the styles of a second latent from a random layer on (Karras et
        al. 2019, arXiv:1812.04948, section 3.1).
        """
        noise = noise_for(self.generator, rng)
        if not self.config.style_mixing:
            return self.generator(rng.latent(self.recipe.latent), batch.condition, noise)
        return self.generator.synthesise(self.styles(batch.condition, rng), noise)

    def styles(self, condition: dict[str, Tensor] | None, rng: StepRandom) -> Tensor:
        """The styles, N x layers x width. The share `style_mixing` of the samples mixes the styles of two latents."""
        first = self.generator.map(rng.latent(self.recipe.latent), condition)
        if not self.config.style_mixing:
            return first
        second = self.generator.map(rng.latent(self.recipe.latent, "mix"), condition)
        layers = first.shape[1]
        mixed, place = rng.uniform("crossover", 2).unbind(dim=1)
        crossover = torch.where(mixed < self.config.style_mixing, 1 + (place * (layers - 1)).floor(), layers)
        before = torch.arange(layers, device=first.device) < crossover[:, None]
        return torch.where(before[:, :, None], first, second)

    def memory(self) -> Tensor:
        if not self.has_path_length:
            return super().memory()
        return torch.cat([super().memory().to(self._lengths.device), self._lengths])

    def remember(self, sums: Tensor) -> None:
        super().remember(sums)
        if self._count:
            mean = sums[-1] / (self._count * (self.recipe.shards or 1))
            self.path_mean = self.path_mean.lerp(mean, PATH_DECAY)
        self._lengths, self._count = torch.zeros_like(self._lengths), 0

    def state(self) -> dict[str, Tensor]:
        paths = {"path_mean": self.path_mean, "lengths": self._lengths, "paths": torch.tensor(self._count)}
        return {**super().state(), **paths}

    def load_state(self, state: dict[str, Tensor]) -> None:
        super().load_state(state)
        device, self._count = self.path_mean.device, int(state["paths"])
        self.path_mean, self._lengths = state["path_mean"].to(device), state["lengths"].to(device)

    def _penalty(self, name: str, player: str, step: AdversarialStep) -> Tensor:
        return self._path_length(step) if name == "path-length" else super()._penalty(name, player, step)

    def _path_length(self, step: AdversarialStep) -> Tensor:
        """The path-length penalty of Karras et al. 2020 (arXiv:1912.04958), eq. 4."""
        styles = self.styles(step.batch.condition, step.rng)
        pictures = self.generator.synthesise(styles, noise_for(self.generator, step.rng))
        direction = step.rng.normal("direction", pictures[0].numel())
        penalty, lengths = penalties.path_length(pictures, styles, direction, self.path_mean)
        self._lengths, self._count = self._lengths + lengths.sum(), self._count + len(lengths)
        return penalty

    def _class_term(self, class_logits: Tensor | None, batch: Batch, confidence: float = 1.0) -> Tensor:
        assert class_logits is not None and batch.condition is not None, (
            "class_loss needs an auxiliary classifier and labels"
        )
        return class_shortfall(class_logits, batch.condition["class"], confidence)
