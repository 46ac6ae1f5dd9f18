"""What one turn of the synthesis game looks at: samples and verdicts, each made when it is first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .. import augmentations
from ..losses import penalties
from ..networks.output import DiscriminatorOutput
from . import Batch, Draws, noise_for

if TYPE_CHECKING:
    from .gan import Synthesis


class Contest:
    """Real and generated samples of one batch and the discriminator's verdicts on them, as one player learns.

    The discriminator learns from fakes without a way back into the generator. Samples of which the penalties of this turn, those of
    interval `every`, want the gradient are leaves that require one, so that R1 and R2 share the forward pass of the loss.
    With augmentation a penalty looks through it: the gradient is that of the verdict on the view, with respect to the sample before
    (as in Karras et al. 2020, arXiv:2006.06676, whose R1 does).
    """

    def __init__(self, game: Synthesis, batch: Batch, draws: Draws, learning: str = "discriminator", every: int = 1):
        self.game, self.batch, self.draws, self.learning, self.every = game, batch, draws, learning, every
        settings = game.recipe.players[learning].penalties
        self._wanted = {name for name, penalty in settings.items() if penalty.every == every}

    @cached_property
    def real(self) -> Tensor:
        return self.batch.real.detach().requires_grad_("r1" in self._wanted)

    @cached_property
    def made(self) -> Tensor:
        """What the generator makes. Where both turns see the same, the discriminator's leaves it, with the way back, for the generator's. Only
        whole batches are left: of micro-batches that would cost the memory which splitting saves, and they are made again."""
        game = self.game
        if self.learning == "generator":
            left, game.left = game.left, None
            return game.generate(self.batch, self.draws) if left is None else left
        leaves = self.every == 1 and game.sees_again and len(self.batch.real) == game.recipe.batch
        if leaves:
            game.generator.requires_grad_(True)  # frozen until its own turn; what the discriminator judges has no way back to it
        with torch.set_grad_enabled(leaves):
            made = game.generate(self.batch, self.draws)
        if self.every == 1:
            game.left = made if leaves else None
        return made

    @cached_property
    def fake(self) -> Tensor:
        if self.learning == "generator":
            return self.game.as_judged(self.made, self.batch)
        return self.game.as_judged(self.made.detach(), self.batch).float().requires_grad_("r2" in self._wanted)

    @cached_property
    def on_real(self) -> DiscriminatorOutput:
        return self.judge(self.real, "real")

    @cached_property
    def on_fake(self) -> DiscriminatorOutput:
        return self.judge(self.fake, "fake")

    def judge(self, sample: Tensor, which: str) -> DiscriminatorOutput:
        """The verdict on what the discriminator sees of these samples, logits in float32."""
        verdict = self.game.discriminator(self.game.view(sample, self.draws, which), self.batch.condition)
        return DiscriminatorOutput(verdict.logits.float(), verdict.class_logits, verdict.features)


def _r1(contest: Contest) -> Tensor:
    return penalties.zero_centred_gradient_penalty(contest.on_real.logits, contest.real)


def _r2(contest: Contest) -> Tensor:
    return penalties.zero_centred_gradient_penalty(contest.on_fake.logits, contest.fake)


def _gradient_penalty(contest: Contest) -> Tensor:
    between = penalties.interpolate_samples(contest.real, contest.fake, contest.draws.uniform("between", 1))
    return penalties.one_centred_gradient_penalty(contest.judge(between, "between").logits, between)


def _dragan(contest: Contest) -> Tensor:
    near = penalties.perturb_samples(contest.real, contest.draws.normal("near", contest.real[0].numel()))
    return penalties.one_centred_gradient_penalty(contest.judge(near, "near").logits, near)


def _consistency(contest: Contest) -> Tensor:
    """Balanced: on reals and on fakes, one weight for both (Zhao et al. 2020, arXiv:2002.04724, section 2.1; 10 for each).

    The augmentation is a shift by up to an eighth of the side; the paper flips too, which not every picture bears.
    """
    total = torch.zeros((), device=contest.real.device)
    for which, sample, verdict in (("real", contest.real, contest.on_real), ("fake", contest.fake, contest.on_fake)):
        draws = contest.draws.uniform(f"shift of {which}", augmentations.DIFFAUGMENT_UNIFORMS)
        shifted = augmentations.diffaugment(sample, draws, ("translation",))
        total = total + penalties.consistency(verdict.logits, contest.judge(shifted, f"shifted {which}").logits)
    return total


def _pseudo_labels(contest: Contest) -> Tensor:
    """Reals as the discriminator sees them, and bent."""
    game, real = contest.game, contest.real.detach()
    changed = augmentations.random_affine(real, contest.draws.uniform("bent", augmentations.RANDOM_AFFINE_UNIFORMS))
    known, found = contest.on_real.class_logits, contest.judge(changed, "bent real").class_logits
    assert known is not None and found is not None, f"{game.recipe.players['discriminator'].network} names no classes"
    return penalties.pseudo_label_loss(known.float(), found.float())


def _path_length(contest: Contest) -> Tensor:
    game, draws = contest.game, contest.draws
    styles = game.styles(contest.batch.condition, draws)
    pictures = game.generator.synthesise(styles, noise_for(game.generator, draws))
    assert game.recipe.batch
    direction, share = draws.normal("direction", pictures[0].numel()), len(pictures) / game.recipe.batch
    penalty, game.path_mean = penalties.path_length(pictures, styles, direction, game.path_mean, share)
    return penalty


OF_GRADIENTS = ("r1", "r2", "gradient-penalty", "dragan", "path-length")  # which want float32

PENALTIES: dict[str, Callable[[Contest], Tensor]] = {
    "r1": _r1,
    "r2": _r2,
    "gradient-penalty": _gradient_penalty,
    "dragan": _dragan,
    "consistency": _consistency,
    "pseudo-labels": _pseudo_labels,
    "path-length": _path_length,
}
