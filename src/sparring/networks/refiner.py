"""A generator that begins as a statistical model of the data and learns what that leaves out.

A convolutional network with skip connections (as a U-Net: Ronneberger et al. 2015, arXiv:1505.04597) sees the picture
of the mixture and the latent and corrects it, as a residual (He et al. 2016, arXiv:1512.03385). Joining the two is this
project's own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from . import register_network
from .base import Condition
from .layers import HalvingConv, ImageShape, JoinedLabel, Width, halved, halvings
from .mixture_start import MixtureStart

MAX_CHANNELS = 512  # at the lowest resolutions


class EnlargingConv(nn.Conv2d):
    """Bilinear enlargement to `size`, then a 3x3 convolution. N x inputs x h x w -> N x outputs x size.

    It leaves no grid of the stride, as transposed convolutions do (Odena et al. 2016, Distill,
    doi:10.23915/distill.00003).
    """

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int]):
        super().__init__(inputs, outputs, 3, padding=1)
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(interpolate(x, self.size, mode="bilinear", align_corners=False))


@register_network("refiner-generator")
class Refiner(MixtureStart):
    """Draws a picture from a mixture fitted to the data and corrects it.

    latent (N x latent_size) -> the mixture's picture -> corrected by a U-Net -> picture (N x C x H x W) in [-1, 1].

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent, two at least.
        width: Channels at full resolution after the first halving; they double with each further one.
        rank, clusters, mixture_resolution: As of MixtureStart.
        lowest_resolution: The network halves pictures until the shorter side is at most this.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 16,
        rank: Width = 16,
        clusters: Width = 10,
        mixture_resolution: Width = 32,
        lowest_resolution: Width = 8,
    ):
        super().__init__(shape, classes, latent_size, rank, clusters, mixture_resolution)
        channels, height, picture_width = shape
        stages = halvings(height, picture_width, lowest_resolution, min_halvings=1)
        widths = [min(MAX_CHANNELS, width * 2**power) for power in range(stages)]
        pairs = zip([channels, *widths], widths, strict=False)
        self.down = nn.ModuleList(HalvingConv(inputs, outputs, 4) for inputs, outputs in pairs)
        self.down_norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in widths)
        lowest = (widths[-1], *halved(height, picture_width, stages))
        self.join = JoinedLabel(latent_size, self.components)
        self.inject = nn.Sequential(
            nn.Linear(self.join.width, lowest[0] * lowest[1] * lowest[2]), nn.Unflatten(1, lowest)
        )
        growing = list(reversed(range(1, stages)))
        self.up = nn.ModuleList(
            EnlargingConv(widths[stage], widths[stage - 1], halved(height, picture_width, stage)) for stage in growing
        )
        self.up_norms = nn.ModuleList(nn.BatchNorm2d(widths[stage - 1]) for stage in growing)
        self.last = EnlargingConv(widths[0], channels, (height, picture_width))
        self.strength = nn.Parameter(torch.full((), 0.1))  # of the correction, which begins small

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        component = self.component(latent, condition)
        return self.correct(self.start(latent, component), latent, component)

    def correct(self, start: Tensor, latent: Tensor, component: Tensor) -> Tensor:
        """Pictures before tanh, N x C x H x W -> corrected ones in [-1, 1]. component: N class or cluster numbers."""
        x, skips = torch.tanh(start), list[Tensor]()
        for conv, norm in zip(self.down, self.down_norms, strict=True):
            x = conv(x)
            if len(skips) == len(self.down) - 1:
                x = x + self.inject(self.join(latent, {"class": component}))
            x = relu(norm(x))
            skips.append(x)
        for conv, norm, skip in zip(self.up, self.up_norms, reversed(skips[:-1]), strict=True):
            x = relu(norm(conv(x)) + skip)
        return torch.tanh(start + self.strength * self.last(x))
