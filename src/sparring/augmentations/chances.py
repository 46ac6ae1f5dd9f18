"""From uniform numbers to what a transform needs of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Named = dict[str, Tensor]  # N uniform numbers in [0, 1) by what they decide


def named(draws: Tensor, names: Sequence[str]) -> Named:
    """The columns of N x K uniform numbers by name."""
    if draws.ndim != 2 or draws.shape[1] != len(names):
        raise ValueError(f"draws are N x {len(names)} uniform numbers, not {tuple(draws.shape)}")
    return dict(zip(names, draws.unbind(1), strict=True))


def gated(u: Named, name: str, p: Tensor, value: Tensor, neutral: float) -> Tensor:
    """`value` for the samples whose coin "name?" falls below p, else `neutral`: p = 0 is never, p = 1 always."""
    return torch.where(u[f"{name}?"] < p, value, neutral)


def below(u: Tensor, count: int) -> Tensor:
    """One of 0 ... count - 1, each as likely (as floats)."""
    return (u * count).floor().clamp(max=count - 1)


def normal(u: Tensor) -> Tensor:
    """N(0, 1) by the inverse of its distribution function; at most 5.3 in size, so that u = 0 stays finite."""
    most = 1 - 2.0**-23
    return math.sqrt(2) * torch.erfinv((2 * u - 1).clamp(-most, most))


def lognormal(u: Tensor, octaves: float) -> Tensor:
    """exp(N(0, (octaves ln 2)^2)), that is 2 to a normal power."""
    return torch.exp2(octaves * normal(u))


def spread(value: Tensor, x: Tensor) -> Tensor:
    """N numbers -> N x 1 x 1 x 1 beside the pictures x."""
    return value.to(x).view(-1, 1, 1, 1)
