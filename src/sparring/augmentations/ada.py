"""The augmentation pipe of Karras et al. 2020 (arXiv:2006.06676), appendix B. How strongly it is applied is `control`'s matter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .chances import Named, gated, named, normal, spread
from .colour import COLOUR, recoloured
from .geometry import BLIT, GEOMETRY, source_map
from .pixels import cutout
from .warp import warp

CUTOUT = ("cutout?", "cutout.x", "cutout.y")
NOISE = ("noise?", "noise")
GROUPS = {"blit": BLIT, "geometry": GEOMETRY, "colour": COLOUR, "noise": NOISE, "cutout": CUTOUT}  # in the paper's order
COLUMNS = tuple(name for names in GROUPS.values() for name in names)  # of the draws; "flip?" decides whether, "flip" which way
ADA_DRAWS = len(COLUMNS)


def ada(
    x: Tensor,
    draws: Tensor,
    strength: float | Tensor,
    groups: Sequence[str] = ("blit", "geometry", "colour"),
    normals: Tensor | None = None,
) -> Tensor:
    """N x C x H x W in about [-1, 1] -> the same shape. Each transform is applied to each sample with probability `strength`.

    draws: N x ADA_DRAWS uniform numbers in [0, 1), a row a sample. A group left out does not move the others' columns. groups: "blit", "geometry", "colour" (the paper's bgc), "noise", "cutout", applied in this order.
    normals: N x C x H x W standard normal numbers, needed for "noise" only.
    """
    if unknown := set(groups) - set(GROUPS):
        raise ValueError(f"unknown groups of augmentations: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    u = named(draws, COLUMNS)
    p = torch.as_tensor(strength, dtype=draws.dtype, device=draws.device)
    with torch.autocast(x.device.type, enabled=False):
        y = x.to(torch.promote_types(x.dtype, torch.float32))
        if "blit" in groups or "geometry" in groups:
            y = warp(y, source_map(u, p, x.shape[2], x.shape[3], groups))
        if "colour" in groups:
            y = recoloured(y, u, p)
        if "noise" in groups:
            y = _noisy(y, u, p, normals)
        if "cutout" in groups:
            y = cutout(y, u["cutout.x"], u["cutout.y"], u["cutout?"] < p)
        return y.to(x.dtype)


def _noisy(x: Tensor, u: Named, p: Tensor, normals: Tensor | None) -> Tensor:
    """Gaussian noise of a standard deviation drawn from the half-normal of scale 0.1."""
    if normals is None:
        raise ValueError('the group "noise" needs normals, one for every value of x')
    return x + spread(gated(u, "noise", p, 0.1 * normal(u["noise"]).abs(), 0.0), x) * normals.to(x)
