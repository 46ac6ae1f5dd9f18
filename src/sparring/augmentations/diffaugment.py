"""DiffAugment: Zhao et al. 2020 (arXiv:2006.10738), section 3. Every image is augmented, always, and lightly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .distributions import NamedUniforms, name_columns, per_image, uniform_integer
from .pixels import count_colour_channels, cutout, gather_pixels

COLUMNS = ("brightness", "contrast", "saturation", "translation.x", "translation.y", "cutout.x", "cutout.y")
DIFFAUGMENT_UNIFORMS = len(COLUMNS)


def diffaugment(
    images: Tensor, uniforms: Tensor, policies: Sequence[str] = ("colour", "translation", "cutout")
) -> Tensor:
    """Apply the policies to each image, in the order given.

    Args:
        images: N x C x H x W, values in about [-1, 1].
        uniforms: N x DIFFAUGMENT_UNIFORMS, U[0, 1), one row for each image. Every policy has its own columns, so
            leaving one out does not change the others.
        policies: Some of "colour", "translation" and "cutout".

    Returns:
        N x C x H x W, of the type of `images`. It is computed in float32 at least.

    Raises:
        ValueError: If a policy is unknown or `uniforms` has another shape.
    """
    if unknown := set(policies) - set(POLICIES):
        raise ValueError(
            f"unknown policies of DiffAugment: {', '.join(sorted(unknown))}; there are {', '.join(POLICIES)}"
        )
    u = name_columns(uniforms, COLUMNS)
    x = images.to(torch.promote_types(images.dtype, torch.float32))
    for policy in policies:
        x = POLICIES[policy](x, u)
    return x.to(images.dtype)


def colour(images: Tensor, u: NamedUniforms) -> Tensor:
    """Brightness by U[-0.5, 0.5), contrast by U[0.5, 1.5), and for RGB saturation by U[0, 2). Alpha stays as it is.

    Contrast scales the distance to the mean of the image, saturation that to the mean of each pixel. The order does not
    matter: neither changes the mean that the other uses.
    """
    channels = count_colour_channels(images.shape[1])
    colours = images[:, :channels] + per_image(u["brightness"] - 0.5, images)
    colours = _scale_about_mean(colours, u["contrast"] + 0.5, dims=(1, 2, 3))
    if channels == 3:
        colours = _scale_about_mean(colours, 2 * u["saturation"], dims=(1,))
    return torch.cat([colours, images[:, channels:]], dim=1)


def translation(images: Tensor, u: NamedUniforms) -> Tensor:
    """Translate by whole pixels, at most an eighth of the side in each direction. Zeros fill the gap."""
    rows, row_exists = _translate_line(u["translation.y"], images.shape[2], images)
    columns, column_exists = _translate_line(u["translation.x"], images.shape[3], images)
    translated = gather_pixels(images, rows[:, :, None] * images.shape[3] + columns[:, None, :])
    return torch.where((row_exists[:, :, None] & column_exists[:, None, :])[:, None], translated, 0.0)


def _scale_about_mean(images: Tensor, factor: Tensor, dims: tuple[int, ...]) -> Tensor:
    mean = images.mean(dim=dims, keepdim=True)
    return mean + (images - mean) * per_image(factor, images)


def _translate_line(uniform: Tensor, size: int, images: Tensor) -> tuple[Tensor, Tensor]:
    """Which pixel of a line each place shows after the translation, and whether it exists: N x size each."""
    max_pixels = size // 8
    pixels = uniform_integer(uniform.to(images.device), 2 * max_pixels + 1).long() - max_pixels
    source = torch.arange(size, device=images.device) - pixels[:, None]
    return source.clamp(0, size - 1), (source >= 0) & (source < size)


def _cutout(images: Tensor, u: NamedUniforms) -> Tensor:
    """Zero a rectangle whose centre is uniform in the image; the authors' program draws the centre in whole pixels."""
    return cutout(images, u["cutout.x"], u["cutout.y"])


POLICIES: dict[str, Callable[[Tensor, NamedUniforms], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": _cutout,
}
