"""A small anchor-free detector of objects that learns from a few pictures within a minute."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

STRIDE = 4  # pixels of the picture for one cell of the heat map
PRIOR = 0.1  # probability of a centre that a new network says everywhere (Lin et al. 2017, arXiv:1708.02002, 4.1)


class Heat(NamedTuple):
    """What the detector says of N pictures, on a grid of cells of STRIDE pixels.

    centres: logits that the centre of an object of each class lies in the cell, N x classes x rows x columns.
    offsets: from the middle of the cell to the centre across and down, in cells, N x 2 x rows x columns.
    sizes: natural logarithms of width and height in cells, N x 2 x rows x columns.
    """

    centres: Tensor
    offsets: Tensor
    sizes: Tensor


class SmallDetector(nn.Module):
    """CenterNet's heat map of centres with offset and size (Zhou et al. 2019, arXiv:1904.07850), on a small body.

    picture (N x C x H x W, any sides from 32 on) -> convolutions down to a sixteenth of the sides -> back up to a
    quarter, where features of the way down are added (as in Lin et al. 2017, arXiv:1612.03144) -> a convolution 1x1 for
    each of the three outputs. All 3x3 convolutions have batch normalisation and ReLU.

    Args:
        channels: Of a picture.
        classes: Number of classes.
        width: Channels at a quarter of the sides; three times as many at an eighth, five times at a sixteenth.
    """

    def __init__(self, channels: int, classes: int, *, width: int = 20):
        super().__init__()
        fine, middle, deep, first = width, 3 * width, 5 * width, max(8, width // 2)
        self.stem = nn.Sequential(_block(channels, first, 2), _block(first, fine, 2), _Residual(fine))
        self.middle = nn.Sequential(_block(fine, middle, 2), _Residual(middle))
        self.deep = nn.Sequential(_block(middle, deep, 2), _block(deep, deep))
        self.from_deep, self.from_middle = nn.Conv2d(deep, middle, 1), nn.Conv2d(middle, fine, 1)
        self.last = nn.Sequential(_block(fine, fine), _block(fine, 2 * fine))
        self.centres, self.offsets, self.sizes = (nn.Conv2d(2 * fine, outputs, 1) for outputs in (classes, 2, 2))
        nn.init.constant_(self.centres.bias, -math.log((1 - PRIOR) / PRIOR))  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> Heat:
        """See the class."""
        fine = self.stem(pictures)
        middle = self.middle(fine)
        deep = self.from_deep(self.deep(middle))
        middle = torch.relu(middle + interpolate(deep, middle.shape[2:], mode="nearest"))
        fine = self.last(fine + interpolate(self.from_middle(middle), fine.shape[2:], mode="nearest"))
        return Heat(self.centres(fine), self.offsets(fine), self.sizes(fine))


class _Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(_block(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False))
        self.norm = nn.BatchNorm2d(width)

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(features + self.norm(self.body(features)))


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())
