"""The discriminator as a classifier that knows few labels: Salimans et al. 2016 (arXiv:1606.03498), section 5."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import augmentations
from ..config.recipe import Recipe
from . import Batch, Draws, Outcome
from .adversarial_step import Contest
from .gan import Synthesis


class SemiSupervised(Synthesis):
    """The discriminator names the class of what it takes for real. It learns that from the few labelled examples, and what is real from all.

    Its logit of being real is log sum exp of its class logits, the class `fake` having the logit 0 (section 5, last paragraph).
    """

    averaged: tuple[str, ...] = ("generator", "discriminator")

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        super().__init__(recipe, players, perceiving)
        self.weight = recipe.opponent or 1.0

    @staticmethod
    def joins(recipe: Recipe) -> tuple[str, ...]:
        return (*Synthesis.joins(recipe), "means of features")

    def discriminator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """L_supervised + L_unsupervised of section 5: the classes of labelled examples, and all others against samples."""
        outcome, named = super().discriminator_loss(batch, draws), self.supervised_loss(batch, draws)
        return Outcome(outcome.loss + named.loss, {**outcome.shown, **named.shown})

    def supervised_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """The cross-entropy of the labelled examples' classes. They are bent, as are those of pseudo-labels: a hundred pictures are soon known by
        heart otherwise (docs/experiments.md, "Few labels")."""
        assert batch.condition is not None
        shown = self.view(batch.condition["known"], draws, "known")
        shown = augmentations.random_affine(shown, draws.uniform("bent known", augmentations.RANDOM_AFFINE_UNIFORMS))
        named, truth = self.discriminator(shown, None).class_logits.float(), batch.condition["known_class"]
        return Outcome(cross_entropy(named, truth), {"known_misread": (named.argmax(dim=1) != truth).float().mean()})

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Feature matching, section 3.1: the squared distance between the mean features of reals and of samples."""
        contest = Contest(self, batch, draws, learning="generator")
        distances: list[Tensor] = [
            (real.detach().float().mean(dim=0) - fake.float().mean(dim=0)).square().sum()
            for real, fake in zip(contest.on_real.features, contest.on_fake.features, strict=True)
        ]
        return Outcome(sum(distances, distances[0].new_zeros(())) + self._penalties("generator", 1, contest))
