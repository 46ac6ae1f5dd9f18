"""The geometric half of the ADA pipe (Karras et al. 2020, arXiv:2006.06676, appendix B): one affine map for every sample."""

from __future__ import annotations

import math
from collections.abc import Collection

import torch
from torch import Tensor

from .chances import Named, below, gated, lognormal, normal

BLIT = ("flip?", "flip", "quarter?", "quarter", "shift?", "shift.x", "shift.y")
GEOMETRY = ("scale?", "scale", "before?", "before", "stretch?", "stretch", "after?", "after", "move?", "move.x", "move.y")


def source_map(u: Named, p: Tensor, height: int, width: int, groups: Collection[str]) -> Tensor:
    """N x 2 x 3, as `warp` takes it: the inverse of the transforms drawn, in the paper's order, about the picture's middle."""
    steps = []  # the inverse of each transform; the first one drawn is the last one undone
    if "blit" in groups:
        steps += _blits(u, p, height, width)
    if "geometry" in groups:
        steps += _geometry(u, p, height, width)
    middle = torch.full_like(u["flip"], (width - 1) / 2), torch.full_like(u["flip"], (height - 1) / 2)
    matrix = _translation(*middle)
    for step in [*steps, _translation(-middle[0], -middle[1])]:
        matrix = _product(matrix, step)
    return matrix[:, :2]


def _blits(u: Named, p: Tensor, height: int, width: int) -> list[Tensor]:
    """Mirrored left to right; turned by 0, 90, 180 or 270 degrees; shifted by whole pixels, up to an eighth of the side."""
    one, zero = torch.ones_like(u["flip"]), torch.zeros_like(u["flip"])
    side = gated(u, "flip", p, 1 - 2 * below(u["flip"], 2), 1.0)
    steps = [_linear(side, zero, zero, one)]
    if height == width:
        turns = gated(u, "quarter", p, below(u["quarter"], 4), 0.0)
        cosine, sine = (turns - 2).abs() - 1, 1 - (turns - 1).abs()  # exactly 1 0 -1 0 and 0 1 0 -1
        steps.append(_linear(cosine, -sine, sine, cosine))
    across, down = ((side * (u[f"shift.{axis}"] / 4 - 1 / 8)).round() for axis, side in (("x", width), ("y", height)))
    return [*steps, _translation(-gated(u, "shift", p, across, 0.0), -gated(u, "shift", p, down, 0.0))]


def _geometry(u: Named, p: Tensor, height: int, width: int) -> list[Tensor]:
    """Scaled; turned by any angle; stretched along the axes at equal area; turned again; moved by fractions of a pixel."""
    zero = torch.zeros_like(u["scale"])
    turning = 1 - (1 - p).sqrt()  # so that one of the two turns at least happens with probability p
    scale = 1 / gated(u, "scale", p, lognormal(u["scale"], 0.2), 1.0)
    stretch = gated(u, "stretch", p, lognormal(u["stretch"], 0.2), 1.0)
    across, down = (gated(u, "move", p, side / 8 * normal(u[f"move.{axis}"]), 0.0) for axis, side in (("x", width), ("y", height)))
    return [
        _linear(scale, zero, zero, scale),
        _turn(gated(u, "before", turning, _angle(u["before"]), 0.0)),
        _linear(1 / stretch, zero, zero, stretch),
        _turn(gated(u, "after", turning, _angle(u["after"]), 0.0)),
        _translation(-across, -down),
    ]


def _angle(u: Tensor) -> Tensor:
    return math.pi * (2 * u - 1)


def _turn(angle: Tensor) -> Tensor:
    cosine, sine = angle.cos(), angle.sin()
    return _linear(cosine, -sine, sine, cosine)


def _linear(xx: Tensor, xy: Tensor, yx: Tensor, yy: Tensor) -> Tensor:
    zero, one = torch.zeros_like(xx), torch.ones_like(xx)
    return torch.stack([xx, xy, zero, yx, yy, zero, zero, zero, one], dim=1).view(-1, 3, 3)


def _translation(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([one, zero, x, zero, one, y, zero, zero, one], dim=1).view(-1, 3, 3)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """N x 3 x 3 twice -> N x 3 x 3, without a matrix product's lower precision on some devices."""
    return (a[:, :, :, None] * b[:, None]).sum(2)
