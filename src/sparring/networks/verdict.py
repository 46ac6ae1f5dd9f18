from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Verdict:
    """What a discriminator returns.

    logits: N, higher means more real. class_logits: N x classes, from discriminators that also classify.
    """

    logits: Tensor
    class_logits: Tensor | None = None
