from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Verdict:
    """What a discriminator returns.

    logits: N, higher means more real. class_logits: N x classes, from a head that classifies (Odena et al. 2017), else None.
    """

    logits: Tensor
    class_logits: Tensor | None = None
