"""Translation of inputs into outputs, learned from pairs: Isola et al. 2017 (arXiv:1611.07004), eq. 1 to 4.

It takes any objective and penalties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ..config.recipe import Degradation, Latent, Part, Player, Recipe
from ..errors import UserError
from ..losses.feature_matching import paired_feature_matching
from ..losses.perceptual import perceptual_distance
from ..losses.reconstruction import label_map_cross_entropy
from .adversarial import AdversarialAlgorithm, AdversarialConfig
from .adversarial_step import DISCRIMINATOR_PENALTIES, WEIGHT_PENALTIES, AdversarialStep
from .base import Batch, Phase, PhaseResult, StepRandom, register_algorithm


class Reconstruction(Part):
    """Weights of the distances between the generator's output and the target.

    l1: The mean absolute difference. cross_entropy: The cross-entropy of label maps. perceptual: The distance in the
        features of the score (see losses.perceptual).
    """

    l1: float = Field(0.0, ge=0)
    cross_entropy: float = Field(0.0, ge=0)
    perceptual: float = Field(0.0, ge=0)


class TranslationConfig(AdversarialConfig):
    """Settings of translation.

    reconstruction: Weights of the distances to the target in the generator's loss.
    adversarial: Weight of the adversarial term; 0: the generator is trained without a discriminator.
    feature_matching: Weight of the mean absolute difference of the discriminator's features (Wang et al. 2018,
        arXiv:1711.11585, eq. 4).
    adversarial_interval: Every so many steps, the discriminator is trained and the generator takes the adversarial
        term, with its weight multiplied by the interval.
    pretrain_fraction: Share of the training before the discriminator starts (Ledig et al. 2017, arXiv:1609.04802,
        section 3.2, and Wang et al. 2018, arXiv:1809.00219, section 4.1, also begin without one).
    degradations: The degradations that make inputs from undegraded pictures, in this order; null: the data has inputs.
    label_maps: Which side of a pair should be label maps, if the data has any.
    """

    name: Literal["translation"] = "translation"
    reconstruction: Reconstruction = Reconstruction()
    adversarial: float = Field(1.0, ge=0)
    feature_matching: float = Field(0.0, ge=0)
    adversarial_interval: int = Field(1, ge=1, le=64)
    pretrain_fraction: float = Field(0.0, ge=0, lt=1)
    degradations: tuple[Degradation, ...] | None = None
    label_maps: Literal["input", "output"] | None = None

    # Consistency would shift the output but not the input that belongs to it.
    allowed_penalties = {
        "generator": WEIGHT_PENALTIES,
        "discriminator": (*WEIGHT_PENALTIES, *(name for name in DISCRIMINATOR_PENALTIES if name != "consistency")),
    }
    translates = True

    @property
    def counting_player(self) -> str:
        return "discriminator" if self.adversarial and self.adversarial_interval == 1 else "generator"

    @property
    def label_map_side(self) -> Literal["input", "output"] | None:
        return self.label_maps

    @property
    def restores(self) -> bool:
        return bool(self.degradations) and all(each.kind != "grayscale" for each in self.degradations or ())

    def extended(self, times: float) -> TranslationConfig:
        """The settings for a longer training: the number of examples before the discriminator starts stays the same."""
        return self.model_copy(update={"pretrain_fraction": self.pretrain_fraction / times})

    def without_pretraining(self) -> TranslationConfig:
        return self.model_copy(update={"pretrain_fraction": 0.0})

    @model_validator(mode="after")
    def _something_is_learned_from(self) -> TranslationConfig:
        distances = any(self.reconstruction.model_dump().values())
        if not (self.adversarial or distances):
            raise ValueError("the generator's loss has no term; give reconstruction.l1 or another term a weight")
        if self.adversarial_interval > 1 and not distances:
            raise ValueError(
                "with an adversarial_interval above 1 the generator learns nothing in between; give reconstruction.l1 "
                "a weight"
            )
        if self.pretrain_fraction and self.adversarial_interval == 1:
            raise ValueError("pretrain_fraction needs an adversarial_interval of 2 or more")
        return self

    def check(self, players: Mapping[str, Player], latent: Latent) -> None:
        super().check(players, latent)
        if self.adversarial_interval > 1:
            for name, player in players.items():
                lazy = any(penalty.interval > 1 for penalty in player.penalties.values())
                if player.steps > 1 or player.start or lazy:
                    raise ValueError(
                        f"with an adversarial_interval above 1 the {name} has no steps, start or lazy penalties; "
                        "set adversarial_interval to 1"
                    )


@register_algorithm("translation")
class Translation(AdversarialAlgorithm):
    """Trains a generator that turns inputs into outputs, against a discriminator that tells outputs from targets.

    The discriminator may also take the input. The generator's loss includes the distance to the target. If outputs are
    label maps, the generator computes logits, and the discriminator sees their softmax; its targets are zeros and ones
    (Luc et al. 2016, arXiv:1611.08408).
    """

    Config = TranslationConfig
    always_reuses_fakes = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        weights, makes_maps = self.config.reconstruction, self.config.label_maps == "output"
        if weights.cross_entropy and not makes_maps:
            raise UserError(
                "cross_entropy compares label maps, and this recipe makes pictures (label_maps: output is for maps)"
            )
        if makes_maps and (weights.l1 or weights.perceptual):
            raise UserError("l1 and perceptual compare pictures, and this recipe makes label maps; use cross_entropy")
        if weights.perceptual and recipe.value_range == "unit":
            raise UserError("perceptual distances are of values in [-1, 1]; leave value_range at symmetric")

    def phases(self) -> tuple[Phase, ...]:
        """The phases of a step.

        Without an adversarial term, one phase trains the generator on the distances. With an interval above 1, every
        step has that phase, and every interval-th step has the adversarial phases too.
        """
        discriminator, *others = super().phases()
        steps, interval = self.recipe.players["generator"].steps, self.config.adversarial_interval
        if not self.config.adversarial:
            return (Phase(("generator",), self.reconstruction_loss, steps),)
        if interval == 1:
            return (discriminator, *others)
        lazily = {"interval": interval, "start_fraction": self.config.pretrain_fraction, "new_batch": False}
        return (
            Phase(("generator",), self.reconstruction_loss, steps),
            replace(discriminator, **lazily),
            *(phase for phase in others if phase.is_penalty),
            Phase(("generator",), self.adversarial_loss, name="adversarial", **lazily),
        )

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        assert batch.condition is not None
        return self.generator(batch.condition["input"])

    def _shown(self, fake: Tensor, batch: Batch) -> Tensor:
        """Label maps as probabilities, 0 at pixels whose target has no class."""
        return fake.softmax(dim=1) * batch.real.sum(dim=1, keepdim=True) if self.config.label_maps == "output" else fake

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Isola et al. 2017, eq. 4, with the feature matching of Wang et al. 2018 (arXiv:1711.11585), eq. 4."""
        fake = self._fake_for_generator(batch, rng)
        step = self._generator_step(batch, rng, fake)
        terms = {**self._distances(fake, batch), **self._adversarial_terms(step)}
        return self._weighted(terms, self._penalties("generator", 1, step))

    def reconstruction_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The distances to the target and the generator's penalties, without an adversarial term."""
        fake = self._fake_for_generator(batch, rng)
        step = self._generator_step(batch, rng, fake)
        return self._weighted(self._distances(fake, batch), self._penalties("generator", 1, step))

    def adversarial_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The adversarial terms alone, multiplied by the interval because the other steps lack them.

        Karras et al. 2020 (arXiv:1912.04958, appendix B) apply penalties lazily in the same way.
        """
        result = self._weighted(self._adversarial_terms(self._generator_step(batch, rng)))
        return PhaseResult(self.config.adversarial_interval * result.loss, result.scalars)

    def _distances(self, fake: Tensor, batch: Batch) -> dict[str, Tensor]:
        weights, terms = self.config.reconstruction, dict[str, Tensor]()
        if weights.l1:
            terms["l1"] = l1_loss(fake, batch.real)
        if weights.cross_entropy:
            terms["cross_entropy"] = label_map_cross_entropy(fake, batch.real)
        if weights.perceptual:
            assert self.feature_net is not None
            terms["perceptual"] = perceptual_distance(self.feature_net, fake.float(), batch.real).mean()  # type: ignore[arg-type]
        return terms

    def _adversarial_terms(self, step: AdversarialStep) -> dict[str, Tensor]:
        terms = {"adversarial": self._adversarial_term(step)}
        if self.config.feature_matching:
            terms["feature_matching"] = paired_feature_matching(step.on_fake.features, step.on_real.features)
        return terms

    def _weighted(self, terms: dict[str, Tensor], penalties: Tensor | float = 0.0) -> PhaseResult:
        weights = {
            **self.config.reconstruction.model_dump(),
            **self.config.model_dump(include={"adversarial", "feature_matching"}),
        }
        total = torch.stack([weights[name] * value for name, value in terms.items()]).sum()
        return PhaseResult(total + penalties, {f"terms.{name}": value.detach() for name, value in terms.items()})
