"""Reals, fakes and the discriminator's outputs in one gradient step, and the penalties computed from them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from .. import augmentations
from ..losses import penalties
from ..losses.adversarial import AdversarialLoss
from ..networks.output import DiscriminatorOutput
from ..util.once import once
from .augment import DiscriminatorAugmentation
from .base import Batch, StepRandom

WEIGHT_PENALTIES = ("l1", "l2", "orthogonal")
DISCRIMINATOR_PENALTIES = ("r1", "r2", "gradient-penalty", "dragan", "consistency")
GRADIENT_PENALTIES = ("r1", "r2", "gradient-penalty", "dragan", "path-length")  # computed in float32


class AdversarialStep:
    """Real and generated samples of one batch, and the discriminator's outputs on them.

    Each is computed once, when it is first used. With augmentation, a gradient penalty differentiates the output on the
    augmented sample with respect to the sample before augmentation (as R1 in Karras et al. 2020, arXiv:2006.06676).

    Args:
        discriminator: Called as `discriminator(sample, condition)`.
        batch: The real examples.
        rng: The random numbers of the gradient step.
        make_fake: Returns the generated samples, N x shape, before augmentation.
        augmentation: The augmentation of the discriminator's inputs; None for none.
        penalties: Names of the penalties of this step. With "r1" the reals require a gradient, with "r2" the fakes, so
            that R1 and R2 share the forward pass of the loss.
    """

    def __init__(
        self,
        discriminator: Any,
        batch: Batch,
        rng: StepRandom,
        make_fake: Callable[[], Tensor],
        augmentation: DiscriminatorAugmentation | None = None,
        penalties: Collection[str] = (),
    ):
        self.discriminator, self.batch, self.rng = discriminator, batch, rng
        self._make_fake, self._augmentation, self._penalties = make_fake, augmentation, penalties

    @once
    def real(self) -> Tensor:
        return self.batch.real.detach().requires_grad_("r1" in self._penalties)

    @once
    def fake(self) -> Tensor:
        fake = self._make_fake()
        return fake.requires_grad_() if "r2" in self._penalties else fake

    @once
    def on_real(self) -> DiscriminatorOutput:
        return self.discriminate(self.real, "real")

    @once
    def on_fake(self) -> DiscriminatorOutput:
        return self.discriminate(self.fake, "fake")

    def discriminate(self, sample: Tensor, which: str) -> DiscriminatorOutput:
        """The discriminator's output on the augmented samples, with logits in float32.

        which: A name that selects the random numbers of the augmentation.
        """
        augmented = sample if self._augmentation is None else self._augmentation(sample, self.rng, which)
        output = self.discriminator(augmented, self.batch.condition)
        return DiscriminatorOutput(output.logits.float(), output.class_logits, output.features)

    def scalars(self, objective: AdversarialLoss) -> dict[str, Tensor]:
        """Mean logits, the discriminator's accuracy on reals and on fakes, and the share of fakes it takes for real."""
        real, fake = self.on_real.logits.detach(), self.on_fake.logits.detach()
        threshold = objective.decision_threshold(real, fake)
        fooled = (fake > threshold).float().mean()
        return {
            "logits.real": real.mean(),
            "logits.fake": fake.mean(),
            "accuracy.real": (real > threshold).float().mean(),
            "accuracy.fake": 1 - fooled,
            "fooling_rate": fooled,
        }


def _r1(step: AdversarialStep) -> Tensor:
    return penalties.zero_centred_gradient_penalty(step.on_real.logits, step.real)


def _r2(step: AdversarialStep) -> Tensor:
    return penalties.zero_centred_gradient_penalty(step.on_fake.logits, step.fake)


def _gradient_penalty(step: AdversarialStep) -> Tensor:
    between = penalties.interpolate_samples(step.real, step.fake, step.rng.uniform("between", 1))
    return penalties.one_centred_gradient_penalty(step.discriminate(between, "between").logits, between)


def _dragan(step: AdversarialStep) -> Tensor:
    near = penalties.perturb_samples(step.real, step.rng.normal("near", step.real[0].numel()))
    return penalties.one_centred_gradient_penalty(step.discriminate(near, "near").logits, near)


def _consistency(step: AdversarialStep) -> Tensor:
    """Balanced consistency on reals and fakes (Zhao et al. 2020, arXiv:2002.04724, section 2.1).

    Both have the same weight (10 each in the paper). The augmentation is a shift by up to an eighth of the side. The
    paper also flips pictures; this does not, because a flip changes the meaning of some (digits, text).
    """
    total = torch.zeros((), device=step.real.device)
    for which, sample, output in (("real", step.real, step.on_real), ("fake", step.fake, step.on_fake)):
        uniforms = step.rng.uniform(f"shift of {which}", augmentations.DIFFAUGMENT_UNIFORMS)
        shifted = augmentations.diffaugment(sample, uniforms, ("translation",))
        total = total + penalties.consistency(output.logits, step.discriminate(shifted, f"shifted {which}").logits)
    return total


PENALTIES: dict[str, Callable[[AdversarialStep], Tensor]] = {
    "r1": _r1,
    "r2": _r2,
    "gradient-penalty": _gradient_penalty,
    "dragan": _dragan,
    "consistency": _consistency,
}
