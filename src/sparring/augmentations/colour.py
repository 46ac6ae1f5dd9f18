"""The colour half of the ADA pipe (Karras et al. 2020, arXiv:2006.06676, appendix B): one affine map of RGB for every sample."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .chances import Named, below, gated, lognormal, normal, spread
from .pixels import colours

COLOUR = ("brightness?", "brightness", "contrast?", "contrast", "luma?", "luma", "hue?", "hue", "saturation?", "saturation")


def recoloured(x: Tensor, u: Named, p: Tensor) -> Tensor:
    """N x C x H x W -> the same, brightness N(0, 0.2^2) for values in [-1, 1]. Alpha is left alone.

    Brightness and contrast are the paper's on every colour; what mixes colours (luma flip, hue, saturation) needs RGB.
    """
    brightness = gated(u, "brightness", p, 0.2 * normal(u["brightness"]), 0.0)
    contrast = gated(u, "contrast", p, lognormal(u["contrast"], 0.5), 1.0)
    count = colours(x.shape[1])
    y = (x[:, :count] + spread(brightness, x)) * spread(contrast, x)
    if count == 3:
        y = mixed(y, mixing(u, p))
    return torch.cat([y, x[:, count:]], dim=1)


def mixing(u: Named, p: Tensor) -> Tensor:
    """N x 3 x 3: luma flip, then hue, then saturation, which keep, mirror or turn about the gray axis (1, 1, 1) / sqrt(3)."""
    flip = gated(u, "luma", p, below(u["luma"], 2), 0.0)
    angle = gated(u, "hue", p, math.pi * (2 * u["hue"] - 1), 0.0)
    saturation = gated(u, "saturation", p, lognormal(u["saturation"], 1.0), 1.0)
    flip, angle, saturation = (each[:, None, None] for each in (flip, angle, saturation))
    unit = torch.eye(3).to(flip)
    gray = torch.full_like(unit, 1 / 3)  # projects onto the gray axis
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]).to(flip) / math.sqrt(3)  # the axis times a colour
    # Colour splits into its gray part and the rest. The flip negates the gray part; the turn (Rodrigues) and the saturation see the rest.
    turn = saturation * (angle.cos() * unit + angle.sin() * cross)
    return turn + (1 - 2 * flip - saturation * angle.cos()) * gray


def mixed(x: Tensor, matrix: Tensor) -> Tensor:
    """N x 3 x H x W, N x 3 x 3 -> N x 3 x H x W. Sums, not a matrix product, which some devices do in lower precision."""
    columns = matrix.to(x).unbind(2)
    red, green, blue = (x[:, channel, None] * column[:, :, None, None] for channel, column in enumerate(columns))
    return red + green + blue
