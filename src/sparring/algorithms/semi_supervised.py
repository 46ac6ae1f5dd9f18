"""The discriminator as a classifier that knows few labels: Salimans et al. 2016 (arXiv:1606.03498), section 5."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import augmentations
from ..config.recipe import Recipe
from ..losses import penalties
from ..losses.feature_matching import mean_feature_matching
from .adversarial import AdversarialAlgorithm, AugmentedConfig
from .adversarial_step import DISCRIMINATOR_PENALTIES, WEIGHT_PENALTIES, AdversarialStep
from .base import Batch, PhaseResult, StepRandom, noise_for, register_algorithm


class SemiSupervisedConfig(AugmentedConfig):
    """num_labels: Training examples whose label is known; null means all.

    adversarial_weight: Of real against generated, beside the classes, in the discriminator's loss.
    """

    name: Literal["semi-supervised"] = "semi-supervised"
    num_labels: int | None = Field(None, ge=1)
    adversarial_weight: float = Field(1.0, gt=0)

    allowed_penalties = {
        "generator": WEIGHT_PENALTIES,
        "discriminator": (*WEIGHT_PENALTIES, *DISCRIMINATOR_PENALTIES, "pseudo-labels"),
    }


@register_algorithm("semi-supervised")
class SemiSupervised(AdversarialAlgorithm):
    """The discriminator classifies what it takes for real.

    It learns classes from few labelled examples, and what is real from all.

    Its logit of being real is log sum exp of its class logits, the class `fake` having the logit 0 (section 5, last
    paragraph).
    """

    Config = SemiSupervisedConfig
    ema_players = ("generator", "discriminator")

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        self.adversarial_weight = self.config.adversarial_weight

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        return (*super().batch_coupled(recipe), "means of features")

    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """L_supervised + L_unsupervised of section 5: the classes of labelled examples, and all others against samples."""
        unsupervised, supervised = super().discriminator_loss(batch, rng), self.supervised_loss(batch, rng)
        return PhaseResult(unsupervised.loss + supervised.loss, {**unsupervised.scalars, **supervised.scalars})

    def supervised_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The cross-entropy of the labelled examples' classes.

        They are distorted, as those of pseudo-labels are: a network soon knows a hundred pictures by heart otherwise
        (docs/experiments, "Few labels").
        """
        assert batch.condition is not None
        shown = self.augmentation(batch.condition["known"], rng, "known")
        shown = augmentations.random_affine(shown, rng.uniform("bent known", augmentations.RANDOM_AFFINE_UNIFORMS))
        class_logits, target = self.discriminator(shown, None).class_logits.float(), batch.condition["known_class"]
        error_rate = (class_logits.argmax(dim=1) != target).float().mean()
        return PhaseResult(cross_entropy(class_logits, target), {"labelled_error_rate": error_rate})

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Feature matching, section 3.1: the squared distance between the mean features of reals and of samples."""
        step = self._generator_step(batch, rng)
        real, fake = step.on_real.features, step.on_fake.features
        loss = mean_feature_matching(fake, real)
        return PhaseResult(loss + self._penalties("generator", 1, step))

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        return self.generator(rng.latent(self.recipe.latent), batch.condition, noise_for(self.generator, rng))

    def _penalty(self, name: str, player: str, step: AdversarialStep) -> Tensor:
        return self._pseudo_labels(step) if name == "pseudo-labels" else super()._penalty(name, player, step)

    def _pseudo_labels(self, step: AdversarialStep) -> Tensor:
        """Of reals as the discriminator sees them, and distorted."""
        uniforms = step.rng.uniform("bent", augmentations.RANDOM_AFFINE_UNIFORMS)
        distorted = augmentations.random_affine(step.real.detach(), uniforms)
        known, found = step.on_real.class_logits, step.discriminate(distorted, "bent real").class_logits
        assert known is not None and found is not None, (
            f"{self.recipe.players['discriminator'].network} has no class logits"
        )
        return penalties.pseudo_label_loss(known.float(), found.float())
