"""What a discriminator returns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DiscriminatorOutput:
    """The output of a discriminator for N samples.

    Attributes:
        logits: N, or N x places where parts of a sample are scored one by one. Higher means more real.
        class_logits: N x classes, from a head that classifies (Odena et al. 2017, arXiv:1610.09585); None without one.
        features: Intermediate features, N x ... each, for losses that compare samples by them.
    """

    logits: Tensor
    class_logits: Tensor | None = None
    features: tuple[Tensor, ...] = ()
