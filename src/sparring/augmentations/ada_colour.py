"""The colour transforms of ADA: Karras et al. 2020 (arXiv:2006.06676), appendix B.

Together they are one affine map of the colours of each image.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .distributions import (
    NamedUniforms,
    lognormal,
    per_image,
    standard_normal,
    uniform_angle,
    uniform_integer,
    with_probability,
)
from .pixels import count_colour_channels

COLOUR_UNIFORMS = (
    "brightness?",
    "brightness",
    "contrast?",
    "contrast",
    "luma_flip?",
    "luma_flip",
    "hue?",
    "hue",
    "saturation?",
    "saturation",
)
BRIGHTNESS_DEVIATION = 0.2  # for values in [-1, 1]
CONTRAST_OCTAVES = 0.5
SATURATION_OCTAVES = 1.0


def transform_colours(images: Tensor, u: NamedUniforms, p: Tensor) -> Tensor:
    """Apply brightness, contrast, luma flip, hue rotation and saturation, in this order, each with probability p.

    Brightness and contrast change every colour channel, of gray images too. The others need RGB. Alpha stays as it is.

    Args:
        images: N x C x H x W, values in about [-1, 1].
        u: N uniform numbers for each of COLOUR_UNIFORMS.
        p: A probability.
    """
    brightness = BRIGHTNESS_DEVIATION * standard_normal(u["brightness"])
    brightness = with_probability(u, "brightness", p, brightness, 0.0)
    contrast = with_probability(u, "contrast", p, lognormal(u["contrast"], CONTRAST_OCTAVES), 1.0)
    channels = count_colour_channels(images.shape[1])
    colours = (images[:, :channels] + per_image(brightness, images)) * per_image(contrast, images)
    if channels == 3:
        colours = apply_colour_matrix(colours, colour_matrix(u, p))
    return torch.cat([colours, images[:, channels:]], dim=1)


def colour_matrix(u: NamedUniforms, p: Tensor) -> Tensor:
    """N x 3 x 3 matrices of luma flip, hue rotation and saturation, which act on RGB columns.

    A colour is the sum of its luma part, along v = (1, 1, 1) / sqrt(3), and the rest. The luma flip negates the luma
    part. The rotation about v (Rodrigues' formula) and the saturation act on the rest.
    """
    flip = with_probability(u, "luma_flip", p, uniform_integer(u["luma_flip"], 2), 0.0)
    angle = with_probability(u, "hue", p, uniform_angle(u["hue"]), 0.0)
    saturation = with_probability(u, "saturation", p, lognormal(u["saturation"], SATURATION_OCTAVES), 1.0)
    flip, angle, saturation = (each[:, None, None] for each in (flip, angle, saturation))
    identity = torch.eye(3).to(flip)
    luma_projection = torch.full_like(identity, 1 / 3)  # v v^T
    cross_product = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]).to(flip) / math.sqrt(3)  # v x colour
    rotation = saturation * (angle.cos() * identity + angle.sin() * cross_product)
    return rotation + (1 - 2 * flip - saturation * angle.cos()) * luma_projection


def apply_colour_matrix(images: Tensor, matrix: Tensor) -> Tensor:
    """N x 3 x H x W images, N x 3 x 3 matrices -> N x 3 x H x W.

    It adds up products, for some devices compute a matrix product in lower precision.
    """
    columns = matrix.to(images).unbind(2)
    red, green, blue = (images[:, channel, None] * column[:, :, None, None] for channel, column in enumerate(columns))
    return red + green + blue
