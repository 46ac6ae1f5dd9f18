"""The control of ADA's strength: Karras et al. 2020 (arXiv:2006.06676), section 3."""

from __future__ import annotations

import torch
from torch import Tensor

MAX_ADA_STRENGTH = 0.8  # the paper finds leaks unlikely below it (section 2.2), but sets no maximum itself


def adjust_strength(
    strength: float | Tensor,
    overfitting: float | Tensor,
    target: float,
    images: int,
    images_to_full_strength: float = 500_000,
    max_strength: float = MAX_ADA_STRENGTH,
) -> Tensor:
    """The next strength: a fixed step up if the discriminator overfits more than the target, else down.

    Args:
        strength: The present one, in [0, max_strength].
        overfitting: The heuristic r_t of eq. 1: the mean of sign(D(x)) over the real images since the last adjustment.
            0 means no overfitting and 1 complete overfitting.
        target: The r_t to hold; 0.6 in the paper.
        images: How many real images r_t was measured on. The paper adjusts every 4 batches.
        images_to_full_strength: After how many images a strength that only rises goes from 0 to 1.
        max_strength: The upper limit.

    Returns:
        The strength as a scalar, in [0, max_strength].
    """
    strength = torch.as_tensor(strength, dtype=torch.float32)
    overfitting = torch.as_tensor(overfitting, dtype=torch.float32, device=strength.device)
    direction = torch.sign(overfitting - target)
    return (strength + direction * (images / images_to_full_strength)).clamp(0.0, max_strength)
