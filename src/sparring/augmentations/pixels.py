"""What both kinds of augmentation do with pixels."""

from __future__ import annotations

import torch
from torch import Tensor


def colours(channels: int) -> int:
    """How many of the channels are colours, always the first ones: gray 1, gray and alpha 1, RGB 3, RGBA 3; of more than four, all."""
    return {2: 1, 4: 3}.get(channels, channels)


def gather(x: Tensor, place: Tensor) -> Tensor:
    """N x C x H x W, N x h x w int64 -> N x C x h x w: the pixels at row * W + column = place, the same in every channel.

    Not `grid_sample`: torch refuses to differentiate that one deterministically on CUDA, as it does padding by reflection.
    """
    index = place.flatten(1)[:, None].expand(-1, x.shape[1], -1)
    return x.flatten(2).gather(2, index).unflatten(2, place.shape[1:])


def cutout(x: Tensor, across: Tensor, down: Tensor, chosen: Tensor | None = None) -> Tensor:
    """Zeros in a rectangle half as wide and half as high as the picture, in all channels (DeVries & Taylor 2017, arXiv:1708.04552).

    across, down: N, its centre as shares of width and height: it may stick out. chosen: N, which samples; None means all.
    """
    inside = _near(down, x.shape[2], x)[:, :, None] & _near(across, x.shape[3], x)[:, None, :]
    if chosen is not None:
        inside = inside & chosen.to(x.device)[:, None, None]
    return torch.where(inside[:, None], 0.0, x)


def _near(centre: Tensor, size: int, x: Tensor) -> Tensor:
    """N -> N x size: which pixels lie within a quarter of the side from the centre."""
    middles = (torch.arange(size, device=x.device) + 0.5) / size
    return (middles - centre.to(x.device)[:, None]).abs() < 0.25
