"""The augmentation pipeline of ADA: Karras et al. 2020 (arXiv:2006.06676), appendix B."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .ada_colour import COLOUR_UNIFORMS, transform_colours
from .ada_geometry import BLIT_UNIFORMS, GEOMETRY_UNIFORMS, inverse_affine
from .affine_warp import warp_affine
from .distributions import NamedUniforms, name_columns, per_image, standard_normal, with_probability
from .pixels import cutout

NOISE_UNIFORMS = ("noise?", "noise")
CUTOUT_UNIFORMS = ("cutout?", "cutout.x", "cutout.y")
GROUPS = {  # in the paper's order; "flip?" decides whether the transform "flip" is applied, "flip" decides its amount
    "blit": BLIT_UNIFORMS,
    "geometry": GEOMETRY_UNIFORMS,
    "colour": COLOUR_UNIFORMS,
    "noise": NOISE_UNIFORMS,
    "cutout": CUTOUT_UNIFORMS,
}
COLUMNS = tuple(name for names in GROUPS.values() for name in names)
ADA_UNIFORMS = len(COLUMNS)

NOISE_DEVIATION = 0.1  # scale of the half-normal distribution from which the standard deviation of the noise is drawn


def ada(
    images: Tensor,
    uniforms: Tensor,
    strength: float | Tensor,
    groups: Sequence[str] = ("blit", "geometry", "colour"),
    normals: Tensor | None = None,
) -> Tensor:
    """Apply each transform of the pipeline to each image with probability `strength`.

    Args:
        images: N x C x H x W, values in about [-1, 1].
        uniforms: N x ADA_UNIFORMS, U[0, 1), one row for each image. Every group has its own columns, so leaving one out
            does not change the others.
        strength: The probability p, in [0, 1]. At 0 the images come back bit for bit.
        groups: Some of "blit" (pixel blitting), "geometry", "colour" (the paper's bgc), "noise" and "cutout". They are
            always applied in this order.
        normals: N x C x H x W, N(0, 1). Needed for the group "noise" only.

    Returns:
        N x C x H x W, of the type of `images`. It is computed in float32 at least.

    Raises:
        ValueError: If a group is unknown, `uniforms` has another shape, or `normals` are missing.
    """
    if unknown := set(groups) - set(GROUPS):
        raise ValueError(
            f"unknown groups of augmentations: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}"
        )
    u = name_columns(uniforms, COLUMNS)
    p = torch.as_tensor(strength, dtype=uniforms.dtype, device=uniforms.device)
    with torch.autocast(images.device.type, enabled=False):
        x = images.to(torch.promote_types(images.dtype, torch.float32))
        if "blit" in groups or "geometry" in groups:
            x = warp_affine(x, inverse_affine(u, p, x.shape[2], x.shape[3], groups))
        if "colour" in groups:
            x = transform_colours(x, u, p)
        if "noise" in groups:
            x = _add_noise(x, u, p, normals)
        if "cutout" in groups:
            x = cutout(x, u["cutout.x"], u["cutout.y"], chosen=u["cutout?"] < p)
        return x.to(images.dtype)


def _add_noise(images: Tensor, u: NamedUniforms, p: Tensor, normals: Tensor | None) -> Tensor:
    """Add Gaussian noise whose standard deviation is half-normal."""
    if normals is None:
        raise ValueError('the group "noise" needs normals, one for every value of the images')
    deviation = NOISE_DEVIATION * standard_normal(u["noise"]).abs()
    return images + per_image(with_probability(u, "noise", p, deviation, 0.0), images) * normals.to(images)
