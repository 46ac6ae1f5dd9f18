"""Adversarial losses: pure functions of the discriminator's logits.

Every function takes logits of any shape (usually N) and returns a scalar, the mean over all elements. `real_logits`
belong to real examples and `fake_logits` to generated ones; higher means more real. The generator's loss of a
relativistic GAN needs both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from ..errors import UserError
from ..util import checks
from ..util.registry import Registry


def binary_cross_entropy(logits: Tensor, target: float) -> Tensor:
    """The mean of -t log s(x) - (1 - t) log(1 - s(x)) = softplus(x) - t x, where s is the sigmoid.

    It is finite for every finite logit.
    """
    return (softplus(logits) - target * logits).mean()


def cross_entropy_discriminator(
    real_logits: Tensor, fake_logits: Tensor, real_target: float = 1.0, fake_target: float = 0.0
) -> Tensor:
    """-E log D(x) - E log(1 - D(G(z))): Goodfellow et al. 2014 (arXiv:1406.2661), eq. 1, negated.

    Targets other than 1 and 0 are label smoothing (Salimans et al. 2016, arXiv:1606.03498, section 3.4). It is
    one-sided if only real_target differs, and two-sided if both do.
    """
    return binary_cross_entropy(real_logits, real_target) + binary_cross_entropy(fake_logits, fake_target)


def minimax_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """E log(1 - D(G(z))): Goodfellow et al. 2014, eq. 1 as printed (saturating)."""
    return -softplus(fake_logits).mean()


def non_saturating_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """-E log D(G(z)): Goodfellow et al. 2014, section 3, last paragraph."""
    return softplus(-fake_logits).mean()


def least_squares_discriminator(
    real_logits: Tensor, fake_logits: Tensor, real_target: float = 1.0, fake_target: float = 0.0
) -> Tensor:
    """(E (D(x) - b)^2 + E (D(G(z)) - a)^2) / 2: Mao et al. 2017 (arXiv:1611.04076), eq. 2 and 9.

    The paper's b is real_target, and its a is fake_target.
    """
    return 0.5 * ((real_logits - real_target).square().mean() + (fake_logits - fake_target).square().mean())


def least_squares_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """E (D(G(z)) - c)^2 / 2 with c = 1: Mao et al. 2017, eq. 9. Label smoothing does not change c."""
    return 0.5 * (fake_logits - 1).square().mean()


def wasserstein_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E D(G(z)) - E D(x): Arjovsky et al. 2017 (arXiv:1701.07875), eq. 2, negated.

    The critic must be kept Lipschitz, by weight clipping or a gradient penalty.
    """
    return fake_logits.mean() - real_logits.mean()


def wasserstein_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """-E D(G(z)): Arjovsky et al. 2017, algorithm 1, line 10; Miyato et al. 2018, eq. 17, for the hinge loss."""
    return -fake_logits.mean()


def hinge_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))).

    Lim & Ye 2017 (arXiv:1705.02894), eq. 12; Miyato et al. 2018 (arXiv:1802.05957), eq. 16.
    """
    return relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()


def relativistic_average_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E softplus(E D(G(z)) - D(x)) + E softplus(D(G(z)) - E D(x)).

    Jolicoeur-Martineau 2018 (arXiv:1807.00734), eq. 14 (RaSGAN).
    """
    real_loss = softplus(-(real_logits - fake_logits.mean())).mean()
    fake_loss = softplus(fake_logits - real_logits.mean()).mean()
    return real_loss + fake_loss


def relativistic_average_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """E softplus(E D(x) - D(G(z))) + E softplus(D(x) - E D(G(z))): Jolicoeur-Martineau 2018, eq. 15."""
    assert real_logits is not None
    fake_loss = softplus(-(fake_logits - real_logits.mean())).mean()
    real_loss = softplus(real_logits - fake_logits.mean()).mean()
    return fake_loss + real_loss


def relativistic_paired_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E softplus(D(G(z)) - D(x)).

    Jolicoeur-Martineau 2018, eq. 4 (RSGAN); Huang et al. 2024 (arXiv:2501.05441), eq. 2.
    """
    return softplus(fake_logits - real_logits).mean()


def relativistic_paired_generator(fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """E softplus(D(x) - D(G(z))): Jolicoeur-Martineau 2018, eq. 5."""
    assert real_logits is not None
    return softplus(real_logits - fake_logits).mean()


@dataclass(frozen=True)
class AdversarialLoss:
    """What the discriminator and the generator minimise.

    Attributes:
        discriminator: Computes a scalar from (real logits, fake logits). A loss with label smoothing also takes the
            keywords real_target and fake_target.
        generator: Computes a scalar from (fake logits, real logits). The real logits are None unless
            `needs_real_logits`.
        threshold: The logit above which a sample counts as classified real. None for logits without an absolute scale
            (Wasserstein, relativistic).
        needs_real_logits: Whether the generator's loss depends on the real logits too.
        couples_batch: Whether the loss of a batch differs from the mean of the losses of its parts. Such a batch must
            not be split into micro-batches.
        smoothed_threshold: Computes the threshold from (real_target, fake_target). None for a loss without label
            smoothing.
    """

    discriminator: Callable[..., Tensor]
    generator: Callable[..., Tensor]
    threshold: float | None = 0.0
    needs_real_logits: bool = False
    couples_batch: bool = False
    smoothed_threshold: Callable[[float, float], float] | None = None

    def decision_threshold(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor | float:
        """The logit above which a sample counts as classified real.

        Without a fixed threshold it is the midpoint between the mean real logit and the mean fake logit of the batch.
        """
        return (real_logits.mean() + fake_logits.mean()) / 2 if self.threshold is None else self.threshold


def _mean_target(real_target: float, fake_target: float) -> float:
    """What the best discriminator answers where real and fake are equally likely (least squares)."""
    return (real_target + fake_target) / 2


def _mean_target_logit(real_target: float, fake_target: float) -> float:
    """The same for cross-entropy, as a logit."""
    mean = _mean_target(real_target, fake_target)
    return math.log(mean / (1 - mean))


LOSSES: Registry[AdversarialLoss] = Registry("objective")
_SHIPPED = {
    "minimax": AdversarialLoss(cross_entropy_discriminator, minimax_generator, smoothed_threshold=_mean_target_logit),
    "non-saturating": AdversarialLoss(
        cross_entropy_discriminator, non_saturating_generator, smoothed_threshold=_mean_target_logit
    ),
    "least-squares": AdversarialLoss(
        least_squares_discriminator, least_squares_generator, threshold=0.5, smoothed_threshold=_mean_target
    ),
    "wasserstein": AdversarialLoss(wasserstein_discriminator, wasserstein_generator, threshold=None),
    "hinge": AdversarialLoss(hinge_discriminator, wasserstein_generator),
    "relativistic-average": AdversarialLoss(
        relativistic_average_discriminator,
        relativistic_average_generator,
        threshold=None,
        needs_real_logits=True,
        couples_batch=True,
    ),
    "relativistic-paired": AdversarialLoss(
        relativistic_paired_discriminator, relativistic_paired_generator, threshold=None, needs_real_logits=True
    ),
}


for _name, _loss in _SHIPPED.items():
    LOSSES.register(_name)(_loss)


def register_loss(name: str, loss: AdversarialLoss) -> None:
    """Make an adversarial loss available to recipes as `objective: {name: ...}`.

    Raises:
        UserError: If another loss has this name already.
    """
    checks.instance(loss, f"the loss '{name}'", AdversarialLoss, "an AdversarialLoss (sparring.losses.adversarial)")
    _try(name, loss)
    LOSSES.register(name)(loss)


def _try(name: str, loss: AdversarialLoss) -> None:
    """Raise UserError where one of the functions of a loss does not give a scalar for four logits."""
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    for part, call in (
        ("discriminator", lambda: loss.discriminator(real, fake)),
        ("generator", lambda: loss.generator(fake, real if loss.needs_real_logits else None)),
    ):
        what = f"the function {part} of the loss '{name}'"
        try:
            value = call()
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{what} fails for four logits: {type(error).__name__}: {reason}") from error
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
            raise UserError(f"{what} should return one number as a tensor that depends on the logits, not {value!r}")


def get(name: str, real_target: float = 1.0, fake_target: float = 0.0) -> AdversarialLoss:
    """The adversarial loss of this name.

    Args:
        name: One of `LOSSES.names()`.
        real_target: What the discriminator should answer for real examples. Below 1 it is label smoothing.
        fake_target: What the discriminator should answer for generated samples. The generator still aims at real.

    Raises:
        UserError: If the name is unknown, the loss has no label smoothing, or real_target is not above fake_target.
    """
    loss = LOSSES.get(name)
    if (real_target, fake_target) == (1.0, 0.0):
        return loss
    if loss.smoothed_threshold is None:
        others = ", ".join(other for other in LOSSES.names() if LOSSES.get(other).smoothed_threshold)
        raise UserError(
            f"objective '{name}' has no label smoothing; leave real_target and fake_target out, or use one of {others}"
        )
    if real_target <= fake_target:
        raise UserError(
            f"real_target must be above fake_target, or the generator learns to be detected; "
            f"it is {real_target:g} against {fake_target:g}"
        )
    return replace(
        loss,
        discriminator=partial(loss.discriminator, real_target=real_target, fake_target=fake_target),
        threshold=loss.smoothed_threshold(real_target, fake_target),
    )
