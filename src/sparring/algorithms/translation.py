"""Picture -> its partner: the conditional game of Isola et al. 2017 (arXiv:1611.07004), eq. 1 to 4, with any objective and any penalties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, log_softmax

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses.perceptual import perceptual
from . import Batch, Draws, Outcome, Turn
from .adversarial_step import Contest
from .gan import Synthesis


class Translation(Synthesis):
    """A generator makes of a given picture what belongs to it, a discriminator tells that from the true one, seeing what was given or not.

    How far it lies from the truth counts too. What is made may be a label map: then the generator gives logits, and the discriminator
    sees their softmax beside true maps of zeros and ones (Luc et al. 2016, arXiv:1611.08408).
    """

    sees_again = translates = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        super().__init__(recipe, players)
        assert recipe.fidelity
        self.fidelity, self.perceiving = recipe.fidelity, perceiving
        if self.fidelity.cross_entropy and recipe.label_maps != "output":
            raise UserError("cross_entropy compares label maps, and this recipe makes pictures (label_maps: output is for label maps)")
        if recipe.label_maps == "output" and (self.fidelity.l1 or self.fidelity.perceptual):
            raise UserError("l1 and perceptual compare pictures, and this recipe makes label maps; use cross_entropy")
        if self.fidelity.perceptual and recipe.value_range == "unit":
            raise UserError("perceptual distances are of values in [-1, 1]; leave value_range at symmetric")

    def turns(self) -> tuple[Turn, ...]:
        """Without an adversarial term the generator learns alone, from the same examples; with a rare opponent, most of the time."""
        discriminator, *others = super().turns()
        settings, every, alone = self.recipe.players["generator"], self.fidelity.every, self.fidelity.alone
        if not self.fidelity.adversarial:
            return (Turn(("generator",), self.fidelity_loss, settings.repeats),)
        if every == 1:
            return (discriminator, *others)
        return (
            Turn(("generator",), self.fidelity_loss, settings.repeats),
            replace(discriminator, every=every, late=alone, fresh=False),
            *(turn for turn in others if turn.penalty),
            Turn(("generator",), self.adversarial_loss, every=every, late=alone, fresh=False, name="adversarial"),
        )

    def generate(self, batch: Batch, draws: Draws) -> Tensor:
        assert batch.condition is not None
        return self.generator(batch.condition["input"])

    def as_judged(self, made: Tensor, batch: Batch) -> Tensor:
        """Label maps as shares, nothing where the true map says nothing."""
        return made.softmax(dim=1) * batch.real.sum(dim=1, keepdim=True) if self.recipe.label_maps == "output" else made

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Isola et al. 2017, eq. 4, with Wang et al. 2018 (arXiv:1711.11585), eq. 4: the verdict, and distances to the truth."""
        contest = Contest(self, batch, draws, learning="generator")
        return self._weighted({**self._distances(contest.made, batch), **self._verdicts(contest)}, self._penalties("generator", 1, contest))

    def fidelity_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """The distances to the truth alone."""
        contest = Contest(self, batch, draws, learning="generator")
        return self._weighted(self._distances(contest.made, batch), self._penalties("generator", 1, contest))

    def adversarial_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """The verdict alone, for all the steps since the last one (lazily, as Karras et al. 2020, arXiv:1912.04958, appendix B, take penalties)."""
        outcome = self._weighted(self._verdicts(Contest(self, batch, draws, learning="generator")))
        return Outcome(self.fidelity.every * outcome.loss, outcome.shown)

    def _distances(self, made: Tensor, batch: Batch) -> dict[str, Tensor]:
        weights, parts = self.fidelity, dict[str, Tensor]()
        if weights.l1:
            parts["l1"] = l1_loss(made, batch.real)
        if weights.cross_entropy:
            parts["cross_entropy"] = cross_entropy(made, batch.real)
        if weights.perceptual:
            assert self.perceiving is not None
            parts["perceptual"] = perceptual(self.perceiving, made.float(), batch.real).mean()  # type: ignore[arg-type]
        return parts

    def _verdicts(self, contest: Contest) -> dict[str, Tensor]:
        on_real = contest.on_real.logits if self.objective.compares else None
        parts = {"adversarial": self.objective.generator(contest.on_fake.logits, on_real)}
        if self.fidelity.features:
            parts["features"] = _matching(contest.on_fake.features, contest.on_real.features)
        return parts

    def _weighted(self, parts: dict[str, Tensor], penalties: Tensor | float = 0.0) -> Outcome:
        shown = {f"fidelity.{name}": value.detach() for name, value in parts.items()}
        return Outcome(torch.stack([getattr(self.fidelity, name) * value for name, value in parts.items()]).sum() + penalties, shown)


def cross_entropy(logits: Tensor, maps: Tensor) -> Tensor:
    """-log of the right class's share, a mean over the pixels of a class in each example and then over examples, so that a batch may be
    split. maps: N x classes x H x W, 1 at the class; all 0 at pixels of none."""
    each = -(maps * log_softmax(logits.float(), dim=1)).sum(dim=(1, 2, 3))
    return (each / maps.sum(dim=(1, 2, 3)).clamp(min=1)).mean()


def _matching(fake: tuple[Tensor, ...], real: tuple[Tensor, ...]) -> Tensor:
    """Wang et al. 2018 (arXiv:1711.11585), eq. 4: a sum over layers, and over the judges of eq. 5."""
    distances: list[Any] = [l1_loss(mine, theirs.detach()) for mine, theirs in zip(fake, real, strict=True)]
    return torch.stack(distances).sum()
