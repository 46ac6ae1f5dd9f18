"""The geometric transforms of ADA: Karras et al. 2020 (arXiv:2006.06676), appendix B.

Together they are one affine map of the coordinates of each image.
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from .distributions import (
    NamedUniforms,
    lognormal,
    standard_normal,
    uniform_angle,
    uniform_integer,
    with_probability,
)

BLIT_UNIFORMS = (
    "flip?",
    "flip",
    "rotate90?",
    "rotate90",
    "integer_translation?",
    "integer_translation.x",
    "integer_translation.y",
)
GEOMETRY_UNIFORMS = (
    "isotropic_scale?",
    "isotropic_scale",
    "pre_rotation?",
    "pre_rotation",
    "anisotropic_scale?",
    "anisotropic_scale",
    "post_rotation?",
    "post_rotation",
    "fractional_translation?",
    "fractional_translation.x",
    "fractional_translation.y",
)
SCALE_OCTAVES = 0.2  # of both kinds of scaling
MAX_INTEGER_TRANSLATION = 1 / 8  # of the side
FRACTIONAL_TRANSLATION_DEVIATION = 1 / 8  # of the side


def inverse_affine(u: NamedUniforms, p: Tensor, height: int, width: int, groups: Collection[str]) -> Tensor:
    """The inverse of all chosen transforms, applied in the paper's order about the centre of the image.

    Args:
        u: N uniform numbers for each of BLIT_UNIFORMS and GEOMETRY_UNIFORMS.
        p: A probability.
        height: Of the images, in pixels.
        width: Of the images, in pixels.
        groups: "blit", "geometry" or both; others are ignored.

    Returns:
        N x 2 x 3, as `warp_affine` takes it.
    """
    inverses = []  # of each transform; the transform applied first is undone last
    if "blit" in groups:
        inverses += _pixel_blitting(u, p, height, width)
    if "geometry" in groups:
        inverses += _general_geometry(u, p, height, width)
    centre = torch.full_like(u["flip"], (width - 1) / 2), torch.full_like(u["flip"], (height - 1) / 2)
    matrix = _translation(*centre)
    for inverse in [*inverses, _translation(-centre[0], -centre[1])]:
        matrix = _matrix_product(matrix, inverse)
    return matrix[:, :2]


def _pixel_blitting(u: NamedUniforms, p: Tensor, height: int, width: int) -> list[Tensor]:
    """Inverses of a horizontal flip, a rotation by 0, 90, 180 or 270 degrees, and a translation by whole pixels.

    Only square images are rotated.
    """
    one, zero = torch.ones_like(u["flip"]), torch.zeros_like(u["flip"])
    inverses = [_linear(with_probability(u, "flip", p, 1 - 2 * uniform_integer(u["flip"], 2), 1.0), zero, zero, one)]
    if height == width:
        turns = with_probability(u, "rotate90", p, uniform_integer(u["rotate90"], 4), 0.0)
        cosine, sine = (turns - 2).abs() - 1, 1 - (turns - 1).abs()  # exactly 1 0 -1 0 and 0 1 0 -1
        inverses.append(_linear(cosine, -sine, sine, cosine))
    across, down = (
        (side * (2 * MAX_INTEGER_TRANSLATION * u[f"integer_translation.{axis}"] - MAX_INTEGER_TRANSLATION)).round()
        for axis, side in (("x", width), ("y", height))
    )
    across, down = (with_probability(u, "integer_translation", p, pixels, 0.0) for pixels in (across, down))
    return [*inverses, _translation(-across, -down)]


def _general_geometry(u: NamedUniforms, p: Tensor, height: int, width: int) -> list[Tensor]:
    """Inverses of isotropic scaling, rotation, anisotropic scaling at equal area, rotation and translation."""
    zero = torch.zeros_like(u["isotropic_scale"])
    p_rotation = 1 - (1 - p).sqrt()  # so that at least one of the two rotations happens with probability p
    scale = lognormal(u["isotropic_scale"], SCALE_OCTAVES)
    scale = 1 / with_probability(u, "isotropic_scale", p, scale, 1.0)
    stretch = lognormal(u["anisotropic_scale"], SCALE_OCTAVES)
    stretch = with_probability(u, "anisotropic_scale", p, stretch, 1.0)
    across, down = (
        side * FRACTIONAL_TRANSLATION_DEVIATION * standard_normal(u[f"fractional_translation.{axis}"])
        for axis, side in (("x", width), ("y", height))
    )
    across, down = (with_probability(u, "fractional_translation", p, pixels, 0.0) for pixels in (across, down))
    return [
        _linear(scale, zero, zero, scale),
        _rotation(with_probability(u, "pre_rotation", p_rotation, uniform_angle(u["pre_rotation"]), 0.0)),
        _linear(1 / stretch, zero, zero, stretch),
        _rotation(with_probability(u, "post_rotation", p_rotation, uniform_angle(u["post_rotation"]), 0.0)),
        _translation(-across, -down),
    ]


def _rotation(angle: Tensor) -> Tensor:
    cosine, sine = angle.cos(), angle.sin()
    return _linear(cosine, -sine, sine, cosine)


def _linear(xx: Tensor, xy: Tensor, yx: Tensor, yy: Tensor) -> Tensor:
    """N x 3 x 3 homogeneous matrices of a linear map of (x, y)."""
    zero, one = torch.zeros_like(xx), torch.ones_like(xx)
    return torch.stack([xx, xy, zero, yx, yy, zero, zero, zero, one], dim=1).view(-1, 3, 3)


def _translation(x: Tensor, y: Tensor) -> Tensor:
    """N x 3 x 3 homogeneous matrices."""
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([one, zero, x, zero, one, y, zero, zero, one], dim=1).view(-1, 3, 3)


def _matrix_product(a: Tensor, b: Tensor) -> Tensor:
    """N x 3 x 3, N x 3 x 3 -> N x 3 x 3, by sums, for some devices compute a matrix product in lower precision."""
    return (a[:, :, :, None] * b[:, None]).sum(2)
