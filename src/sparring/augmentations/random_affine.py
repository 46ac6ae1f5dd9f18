"""Random affine maps: a strong augmentation that does not change the class of an image."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from .distributions import name_columns

COLUMNS = ("rotation", "shear", "scale.x", "scale.y", "translation.x", "translation.y")
RANDOM_AFFINE_UNIFORMS = len(COLUMNS)
MAX_ROTATION = math.radians(30)
MAX_SHEAR = 0.3  # slope
MAX_SCALE_OCTAVES = 0.4
MAX_TRANSLATION = 0.125  # of the side


def random_affine(images: Tensor, uniforms: Tensor) -> Tensor:
    """Rotate, shear, scale each axis and translate every image, each amount uniform between its limits.

    Rotation and shear have the ranges of RandAugment (Cubuk et al. 2020, arXiv:1909.13719); the others are this
    project's. Border pixels continue outwards.

    Args:
        images: N x C x H x W.
        uniforms: N x RANDOM_AFFINE_UNIFORMS, U[0, 1), one row for each image. At 0.5 an image stays as it is.

    Returns:
        N x C x H x W.
    """
    u = {name: (2 * value - 1).to(images.device) for name, value in name_columns(uniforms, COLUMNS).items()}
    cosine, sine = (u["rotation"] * MAX_ROTATION).cos(), (u["rotation"] * MAX_ROTATION).sin()
    scale_x, scale_y = (u["scale.x"] * MAX_SCALE_OCTAVES).exp2(), (u["scale.y"] * MAX_SCALE_OCTAVES).exp2()
    shear = u["shear"] * MAX_SHEAR
    ratio = images.shape[2] / images.shape[3]  # both axes of the grid run from -1 to 1, whatever the sides are
    x_row = [scale_x * cosine, scale_y * (shear * cosine - sine) * ratio, 2 * MAX_TRANSLATION * u["translation.x"]]
    y_row = [scale_x * sine / ratio, scale_y * (shear * sine + cosine), 2 * MAX_TRANSLATION * u["translation.y"]]
    maps = torch.stack([torch.stack(row, dim=1) for row in (x_row, y_row)], dim=1)
    grid = affine_grid(maps.to(images.dtype), list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)
