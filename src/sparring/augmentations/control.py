"""How strongly to augment (Karras et al. 2020, arXiv:2006.06676, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor

MOST_STRENGTH = 0.8


def adjusted(
    strength: float | Tensor, sign_mean: float | Tensor, target: float, images: int, speed: float = 500_000, cap: float = MOST_STRENGTH
) -> Tensor:
    """The next strength, a 0-d tensor: more where the discriminator overfits, less where it does not, by a fixed step.

    sign_mean: r_t of eq. 1, the mean of sign(D(x)) over the real samples since the last adjustment: 0 is no overfitting, 1 complete;
    the paper's target is 0.6, and it adjusts every 4 batches. images: how many real samples that were. speed: after how many a strength
    that only rises goes from 0 to 1. cap: ours; the paper keeps it from falling below 0 only, and finds leaks unlikely below 0.8 (section 2.2).
    """
    strength = torch.as_tensor(strength, dtype=torch.float32)
    direction = torch.sign(torch.as_tensor(sign_mean, dtype=torch.float32, device=strength.device) - target)
    return (strength + direction * (images / speed)).clamp(0.0, cap)
