"""DiffAugment (Zhao et al. 2020, arXiv:2006.10738, section 3): every sample is transformed, always, and lightly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .chances import Named, below, named, spread
from .pixels import colours, cutout, gather

COLUMNS = ("brightness", "contrast", "saturation", "shift.x", "shift.y", "cutout.x", "cutout.y")
DIFFAUGMENT_DRAWS = len(COLUMNS)


def diffaugment(x: Tensor, draws: Tensor, policies: Sequence[str] = ("colour", "translation", "cutout")) -> Tensor:
    """N x C x H x W in about [-1, 1] -> the same shape. draws: N x DIFFAUGMENT_DRAWS uniform numbers in [0, 1), a row a sample.

    The policies are applied in the order given. One left out does not move the others' columns.
    """
    if unknown := set(policies) - set(POLICIES):
        raise ValueError(f"unknown policies of DiffAugment: {', '.join(sorted(unknown))}; there are {', '.join(POLICIES)}")
    u = named(draws, COLUMNS)
    y = x.to(torch.promote_types(x.dtype, torch.float32))
    for policy in policies:
        y = POLICIES[policy](y, u)
    return y.to(x.dtype)


def colour(x: Tensor, u: Named) -> Tensor:
    """Brightness within [-0.5, 0.5], contrast within [0.5, 1.5], saturation within [0, 2] where there are three colours.

    They commute: brightness moves the mean, contrast stretches about the picture's mean, saturation about each pixel's.
    """
    count = colours(x.shape[1])
    y = x[:, :count] + spread(u["brightness"] - 0.5, x)
    y = _stretched(y, u["contrast"] + 0.5, dims=(1, 2, 3))
    if count == 3:
        y = _stretched(y, 2 * u["saturation"], dims=(1,))
    return torch.cat([y, x[:, count:]], dim=1)


def translation(x: Tensor, u: Named) -> Tensor:
    """Shifted by whole pixels, up to an eighth of the side in each direction; zeros move in."""
    rows, down = _shifted(u["shift.y"], x.shape[2], x)
    columns, across = _shifted(u["shift.x"], x.shape[3], x)
    moved = gather(x, rows[:, :, None] * x.shape[3] + columns[:, None, :])
    return torch.where((down[:, :, None] & across[:, None, :])[:, None], moved, 0.0)


def _stretched(x: Tensor, factor: Tensor, dims: tuple[int, ...]) -> Tensor:
    mean = x.mean(dim=dims, keepdim=True)
    return mean + (x - mean) * spread(factor, x)


def _shifted(u: Tensor, size: int, x: Tensor) -> tuple[Tensor, Tensor]:
    """N x size twice: which pixel of a line each one shows, and whether there is one."""
    most = size // 8
    shift = below(u.to(x.device), 2 * most + 1).long() - most
    place = torch.arange(size, device=x.device) - shift[:, None]
    return place.clamp(0, size - 1), (place >= 0) & (place < size)


POLICIES: dict[str, Callable[[Tensor, Named], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": lambda x, u: cutout(x, u["cutout.x"], u["cutout.y"]),
}
