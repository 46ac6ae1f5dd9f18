"""Layers that image translators and their discriminators share.

Enlarging is by interpolation and a convolution, which leaves no grid of the stride (Odena et al. 2016,
doi:10.23915/distill.00003), where the papers of these networks have transposed convolutions.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

Activation = Literal["tanh", "linear"]


class InstanceNorm(nn.Module):
    """Mean 0 and variance 1 over the pixels of each channel of each example, without weights; a single pixel becomes 0.

    Ulyanov et al. 2016 (arXiv:1607.08022). N x C x H x W -> N x C x H x W.
    """

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
        return (x - mean) * (variance + 1e-5).rsqrt()


class ReflectedConv(nn.Conv2d):
    """A convolution of stride 1 that keeps the size.

    The input is mirrored at its edges, or its edge is repeated where it is too small for that.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int):
        super().__init__(inputs, outputs, kernel)
        self.edge = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        mode = "reflect" if min(x.shape[2:]) > self.edge else "replicate"
        return super().forward(pad(x, (self.edge,) * 4, mode=mode))


def enlarge(x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """Bilinear enlargement, N x C x h x w -> N x C x size."""
    return interpolate(x, tuple(size), mode="bilinear", align_corners=False)


def activate(x: Tensor, output: Activation) -> Tensor:
    """tanh(x), or x."""
    return torch.tanh(x) if output == "tanh" else x


def match_channels(image: Tensor, channels: int) -> Tensor:
    """Changes the number of channels: grey becomes colour or colour grey. N x C x H x W -> N x channels x H x W.

    1 channel is grey, 2 are grey and opacity, 3 RGB, 4 RGBA, in [-1, 1]. Opacity is 1 where the image has none.
    """
    colour, wanted = image[:, : 1 if image.shape[1] < 3 else 3], 1 if channels < 3 else 3
    if colour.shape[1] != wanted:
        colour = colour.mean(dim=1, keepdim=True).expand(-1, wanted, -1, -1)
    if channels in (2, 4):
        opacity = image[:, -1:] if image.shape[1] in (2, 4) else torch.ones_like(colour[:, :1])
        colour = torch.cat([colour, opacity], dim=1)
    return colour
