"""Classic augmentation of pictures: random views of the same thing."""

from __future__ import annotations

import torch
from torch import Tensor

from ..augmentations.random_affine import RANDOM_AFFINE_UNIFORMS, random_affine

# Whether a mirrored picture keeps its class nobody can know (a mirrored "b" is a "d"), so validation examples choose.
CLASSIC = {
    "none": "no augmentation",
    "gentle": "classic augmentation: small shifts, turns and scalings",
    "strong": "classic augmentation: shifts, turns, shears and scalings",
    "mirrored": "classic augmentation: small shifts, turns and scalings, and mirrored pictures",
}
GENTLE = 0.4  # of the amounts of `random_affine`


def view(pictures: Tensor, classic: str, rng: torch.Generator) -> Tensor:
    """A random view of each picture.

    Args:
        pictures: N x C x H x W.
        classic: A key of CLASSIC.
        rng: Of the views.
    """
    if classic == "none":
        return pictures
    uniforms = torch.rand(len(pictures), RANDOM_AFFINE_UNIFORMS, generator=rng)
    flipped = torch.rand(len(pictures), generator=rng) < 0.5
    if classic != "strong":
        uniforms = 0.5 + GENTLE * (uniforms - 0.5)
    if classic == "mirrored":
        pictures = torch.where(flipped[:, None, None, None], pictures.flip(3), pictures)
    return random_affine(pictures, uniforms)
