"""Semi-supervised learning: the discriminator is a classifier. Salimans et al. 2016 (arXiv:1606.03498), section 5."""

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
    """Settings of semi-supervised learning.

    num_labels: The number of training examples whose labels are used; null means all.
    adversarial_weight: Weight of the adversarial term in the discriminator's loss, relative to the cross-entropy.
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
    """Trains a discriminator that is also a classifier.

    It learns the classes from the labelled examples, and to tell real from generated from all examples. Its logit for
    "real" is the log-sum-exp of its class logits; the class "fake" has the logit 0 (section 5, last paragraph).
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
        """L_supervised + L_unsupervised of section 5.

        The cross-entropy of the labelled examples' classes, plus the adversarial loss of all examples and samples.
        """
        unsupervised, supervised = super().discriminator_loss(batch, rng), self.supervised_loss(batch, rng)
        return PhaseResult(unsupervised.loss + supervised.loss, {**unsupervised.scalars, **supervised.scalars})

    def supervised_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The cross-entropy of the labelled examples' classes.

        The examples are distorted as for pseudo-labels. Without distortion a network soon memorises a hundred pictures
        (docs/experiments, "Few labels").
        """
        assert batch.condition is not None
        sample = self.augmentation(batch.condition["known"], rng, "known")
        sample = augmentations.random_affine(sample, rng.uniform("bent known", augmentations.RANDOM_AFFINE_UNIFORMS))
        class_logits, target = self.discriminator(sample, None).class_logits.float(), batch.condition["known_class"]
        error_rate = (class_logits.argmax(dim=1) != target).float().mean()
        return PhaseResult(cross_entropy(class_logits, target), {"labelled_error_rate": error_rate})

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Feature matching (section 3.1): the squared distance between the mean features of reals and of samples."""
        step = self._generator_step(batch, rng)
        real, fake = step.on_real.features, step.on_fake.features
        loss = mean_feature_matching(fake, real)
        return PhaseResult(loss + self._penalties("generator", 1, step))

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        return self.generator(rng.latent(self.recipe.latent), batch.condition, noise_for(self.generator, rng))

    def _penalty(self, name: str, player: str, step: AdversarialStep) -> Tensor:
        return self._pseudo_labels(step) if name == "pseudo-labels" else super()._penalty(name, player, step)

    def _pseudo_labels(self, step: AdversarialStep) -> Tensor:
        """The pseudo-label loss between the discriminator's outputs on reals and on distorted reals."""
        uniforms = step.rng.uniform("bent", augmentations.RANDOM_AFFINE_UNIFORMS)
        distorted = augmentations.random_affine(step.real.detach(), uniforms)
        undistorted, found = step.on_real.class_logits, step.discriminate(distorted, "bent real").class_logits
        assert undistorted is not None and found is not None, (
            f"{self.recipe.players['discriminator'].network} has no class logits"
        )
        return penalties.pseudo_label_loss(undistorted.float(), found.float())
