"""Adversarial losses: pure functions of the discriminator's logits.

Every loss takes logits of any equal shape (usually N) and returns a scalar, the mean over all elements. `real` are logits of real
examples, `fake` of generated ones. Losses that compare pairs (relativistic) need both in the generator's turn too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import Tensor
from torch.nn.functional import relu, softplus

from ..errors import UserError, nearest


def binary_cross_entropy(logits: Tensor, target: float) -> Tensor:
    """-t log s(x) - (1-t) log(1-s(x)) with s the sigmoid, on logits: softplus(x) - t x. Finite for every finite logit."""
    return (softplus(logits) - target * logits).mean()


def cross_entropy_discriminator(real: Tensor, fake: Tensor, real_target: float = 1.0, fake_target: float = 0.0) -> Tensor:
    """Goodfellow et al. 2014 (arXiv:1406.2661), eq. 1, negated: -E log D(x) - E log(1 - D(G(z))).

    Targets other than 1 and 0 are label smoothing (Salimans et al. 2016, arXiv:1606.03498, section 3.4): one-sided when only
    real_target differs, two-sided when both do.
    """
    return binary_cross_entropy(real, real_target) + binary_cross_entropy(fake, fake_target)


def minimax_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Goodfellow et al. 2014, eq. 1 as printed (saturating): E log(1 - D(G(z))), to be minimised."""
    return -softplus(fake).mean()


def non_saturating_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Goodfellow et al. 2014, section 3, last paragraph: maximise log D(G(z)) instead."""
    return softplus(-fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor, real_target: float = 1.0, fake_target: float = 0.0) -> Tensor:
    """Mao et al. 2017 (arXiv:1611.04076), eq. 2 and 9, with b = real_target and a = fake_target."""
    return 0.5 * ((real - real_target).square().mean() + (fake - fake_target).square().mean())


def least_squares_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Mao et al. 2017, eq. 9, with c = 1 (also where real_target, the paper's b, is smoothed)."""
    return 0.5 * (fake - 1).square().mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Arjovsky et al. 2017 (arXiv:1701.07875), eq. 2, negated. The critic must be kept Lipschitz (weight clipping or a penalty)."""
    return fake.mean() - real.mean()


def wasserstein_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Arjovsky et al. 2017, algorithm 1, line 10. Also the hinge objective's: Miyato et al. 2018, eq. 17."""
    return -fake.mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Lim & Ye 2017 (arXiv:1705.02894), eq. 12; Miyato et al. 2018 (arXiv:1802.05957), eq. 16."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def relativistic_average_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Jolicoeur-Martineau 2018 (arXiv:1807.00734), eq. 14 (RaSGAN): each side against the other side's mean logit."""
    return softplus(-(real - fake.mean())).mean() + softplus(fake - real.mean()).mean()


def relativistic_average_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Jolicoeur-Martineau 2018, eq. 15."""
    assert real is not None
    return softplus(-(fake - real.mean())).mean() + softplus(real - fake.mean()).mean()


def relativistic_paired_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Jolicoeur-Martineau 2018, eq. 4 (RSGAN); Huang et al. 2024 (arXiv:2501.05441), eq. 2: softplus(-(D(x) - D(G(z))))."""
    return softplus(fake - real).mean()


def relativistic_paired_generator(fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Jolicoeur-Martineau 2018, eq. 5."""
    assert real is not None
    return softplus(real - fake).mean()


@dataclass(frozen=True)
class Objective:
    """One adversarial loss: what each player minimises.

    threshold: the logit above which a sample counts as judged real; None where logits have no absolute scale (Wasserstein,
    relativistic): then the midpoint between the mean real and the mean fake logit of the batch serves.
    compares: the generator's loss needs the real logits too.
    mean_of_batch: the loss is not a mean over examples, so a batch must not be split.
    smoothable: targets other than 1 and 0 make sense.
    """

    discriminator: Callable[..., Tensor]  # (real logits, fake logits)
    generator: Callable[..., Tensor]  # (fake logits, real logits or None)
    threshold: float | None = 0.0
    compares: bool = False
    mean_of_batch: bool = False
    smoothable: bool = False

    def border(self, real: Tensor, fake: Tensor) -> Tensor | float:
        """The logit above which a sample counts as judged real, given the logits of a batch of each kind."""
        return (real.mean() + fake.mean()) / 2 if self.threshold is None else self.threshold


OBJECTIVES = {
    "minimax": Objective(cross_entropy_discriminator, minimax_generator, smoothable=True),
    "non-saturating": Objective(cross_entropy_discriminator, non_saturating_generator, smoothable=True),
    "least-squares": Objective(least_squares_discriminator, least_squares_generator, threshold=0.5, smoothable=True),
    "wasserstein": Objective(wasserstein_discriminator, wasserstein_generator, threshold=None),
    "hinge": Objective(hinge_discriminator, wasserstein_generator),
    "relativistic-average": Objective(
        relativistic_average_discriminator, relativistic_average_generator, threshold=None, compares=True, mean_of_batch=True
    ),
    "relativistic-paired": Objective(relativistic_paired_discriminator, relativistic_paired_generator, threshold=None, compares=True),
}


def get(name: str, real_target: float = 1.0, fake_target: float = 0.0) -> Objective:
    """The named objective, with smoothed labels where asked: the discriminator's. The generator still wants its fakes called real.

    Raises UserError for an unknown name, for smoothing an objective that has no labels, or for labels that call fakes real.
    """
    if name not in OBJECTIVES:
        raise UserError(f"objective '{name}' is unknown; {nearest(name, list(OBJECTIVES))}")
    objective = OBJECTIVES[name]
    if (real_target, fake_target) == (1.0, 0.0):
        return objective
    if not objective.smoothable:
        able = ", ".join(known for known, each in OBJECTIVES.items() if each.smoothable)
        raise UserError(f"objective '{name}' has no labels to smooth; leave real_target and fake_target out, or use one of {able}")
    if real_target <= fake_target:
        raise UserError(
            f"real_target must be above fake_target, or the generator learns to be caught; it is {real_target:g} against {fake_target:g}"
        )
    smoothed = partial(objective.discriminator, real_target=real_target, fake_target=fake_target)
    middle = (real_target + fake_target) / 2  # what the best discriminator says where real and fake are equally likely
    threshold = middle if name == "least-squares" else math.log(middle / (1 - middle))
    return Objective(smoothed, objective.generator, threshold, smoothable=True)
