from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DiscriminatorOutput:
    """What a discriminator returns.

    logits: N, or N x places where it judges parts of a sample; higher means more real. class_logits: N x classes, from a head that
    classifies (Odena et al. 2017), else None. features: what its layers saw, for those that compare samples by them.
    """

    logits: Tensor
    class_logits: Tensor | None = None
    features: tuple[Tensor, ...] = ()
