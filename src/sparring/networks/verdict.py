from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Verdict:
    """What a discriminator returns. logits: N, higher means more real."""

    logits: Tensor
