"""Pictures turned, sheared, stretched and moved a little, always: a strong change that leaves what they show what it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from .chances import named

COLUMNS = ("turn", "shear", "stretch.x", "stretch.y", "move.x", "move.y")
BENT_DRAWS = len(COLUMNS)
TURN, SHEAR, STRETCH, MOVE = math.radians(30), 0.3, 0.4, 0.125  # at most: radians, slope, octaves, share of the side


def bent(x: Tensor, draws: Tensor) -> Tensor:
    """N x C x H x W -> the same shape: an affine map of each, drawn evenly (the range that RandAugment's turns and shears have; Cubuk et al. 2020,
    arXiv:1909.13719). Border pixels go on outwards. draws: N x BENT_DRAWS uniform numbers in [0, 1)."""
    u = {name: (2 * value - 1).to(x.device) for name, value in named(draws, COLUMNS).items()}
    cosine, sine = (u["turn"] * TURN).cos(), (u["turn"] * TURN).sin()
    across, down, slope = (u["stretch.x"] * STRETCH).exp2(), (u["stretch.y"] * STRETCH).exp2(), u["shear"] * SHEAR
    ratio = x.shape[2] / x.shape[3]  # both axes of a grid run from -1 to 1
    rows = [
        torch.stack([across * cosine, down * (slope * cosine - sine) * ratio, 2 * MOVE * u["move.x"]], dim=1),
        torch.stack([across * sine / ratio, down * (slope * sine + cosine), 2 * MOVE * u["move.y"]], dim=1),
    ]
    grid = affine_grid(torch.stack(rows, dim=1).to(x.dtype), list(x.shape), align_corners=False)
    return grid_sample(x, grid, padding_mode="border", align_corners=False)
