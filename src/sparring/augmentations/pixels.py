"""Operations on pixels that several augmentations share."""

from __future__ import annotations

import torch
from torch import Tensor

CUTOUT_SIZE = 0.5  # of each side


def count_colour_channels(channels: int) -> int:
    """How many channels are colours, which come first: 1 of gray and alpha, 3 of RGB and alpha, else all."""
    return {2: 1, 4: 3}.get(channels, channels)


def gather_pixels(images: Tensor, positions: Tensor) -> Tensor:
    """Look up the pixels of each image at the given positions, the same in every channel.

    This is not `grid_sample`, for torch refuses to differentiate that deterministically on CUDA, as it does padding by
    reflection.

    Args:
        images: N x C x H x W.
        positions: N x h x w, int64: row * W + column.

    Returns:
        N x C x h x w.
    """
    index = positions.flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, index).unflatten(2, positions.shape[1:])


def cutout(images: Tensor, centre_x: Tensor, centre_y: Tensor, chosen: Tensor | None = None) -> Tensor:
    """Set a rectangle of half the width and half the height to zero: DeVries & Taylor 2017 (arXiv:1708.04552).

    Args:
        images: N x C x H x W.
        centre_x: N, the centre of the rectangle in [0, 1), as a share of the width. It may stick out of the image.
        centre_y: N, the same of the height.
        chosen: N booleans, which images to change. None means all.
    """
    rows, columns = _is_inside(centre_y, images.shape[2], images), _is_inside(centre_x, images.shape[3], images)
    inside = rows[:, :, None] & columns[:, None, :]
    if chosen is not None:
        inside = inside & chosen.to(images.device)[:, None, None]
    return torch.where(inside[:, None], 0.0, images)


def _is_inside(centre: Tensor, size: int, images: Tensor) -> Tensor:
    """Which of `size` pixels in a line lie in the cutout around each of N centres: N x size."""
    pixel_centres = (torch.arange(size, device=images.device) + 0.5) / size
    return (pixel_centres - centre.to(images.device)[:, None]).abs() < CUTOUT_SIZE / 2
