"""Random variables of several distributions, computed from uniform random numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

NamedUniforms = dict[str, Tensor]  # N numbers from U[0, 1) each, by what they decide

MAX_ERFINV_ARGUMENT = 1 - 2.0**-23  # the inverse error function of 1 is infinite


def name_columns(uniforms: Tensor, names: Sequence[str]) -> NamedUniforms:
    """The columns of N x len(names) uniform numbers, by name.

    Raises:
        ValueError: If `uniforms` has another shape.
    """
    if uniforms.ndim != 2 or uniforms.shape[1] != len(names):
        raise ValueError(f"uniforms must be N x {len(names)} numbers, not {tuple(uniforms.shape)}")
    return dict(zip(names, uniforms.unbind(1), strict=True))


def with_probability(u: NamedUniforms, name: str, p: Tensor, value: Tensor, otherwise: float) -> Tensor:
    """`value` with probability p, else `otherwise`: N values. The uniform number "name?" decides for each image."""
    return torch.where(u[f"{name}?"] < p, value, otherwise)


def uniform_integer(uniform: Tensor, count: int) -> Tensor:
    """One of 0 ... count - 1 with equal probability, as a float."""
    return (uniform * count).floor().clamp(max=count - 1)


def uniform_angle(uniform: Tensor) -> Tensor:
    """An angle from U[-pi, pi)."""
    return math.pi * (2 * uniform - 1)


def standard_normal(uniform: Tensor) -> Tensor:
    """N(0, 1) by the inverse of its distribution function, limited to [-5.3, 5.3] so that it is finite."""
    return math.sqrt(2) * torch.erfinv((2 * uniform - 1).clamp(-MAX_ERFINV_ARGUMENT, MAX_ERFINV_ARGUMENT))


def lognormal(uniform: Tensor, octaves: float) -> Tensor:
    """exp(N(0, (octaves ln 2)^2)): 2 to the power of a normal variable with this standard deviation."""
    return torch.exp2(octaves * standard_normal(uniform))


def per_image(values: Tensor, images: Tensor) -> Tensor:
    """N values as N x 1 x 1 x 1, of the type and on the device of the images, to be broadcast with them."""
    return values.to(images).view(-1, 1, 1, 1)
