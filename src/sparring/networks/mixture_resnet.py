"""A residual generator that grows a picture around one that a mixture fitted to the data has drawn.

The residual blocks are those of SNGAN (Miyato et al. 2018, arXiv:1802.05957, table 4). Each sees the mixture's picture
at its own resolution, and the result is a correction of that picture. Joining the two is this project's own;
docs/experiments.md measures it ("A discriminator that knows pictures").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from . import register_network
from .base import Condition
from .conditional import ClassNorm
from .layers import ImageShape, JoinedLabel, Width, halved, halvings
from .mixture_start import MixtureStart
from .resnet import GrowingBlock

SIDE = 32  # pixels of the shorter side at which a stage has `width` channels
MAX_DOUBLINGS = 2  # of the width, in coarser stages


@register_network("mixture-resnet-generator")
class MixtureResNetGenerator(MixtureStart):
    """Draws a picture from a mixture fitted to the data, and grows a correction from coarse to fine.

    latent (N x latent_size) and class or cluster -> dense -> blocks that double, each with the mixture's picture -> the
    mixture's picture, corrected -> tanh -> picture (N x C x H x W).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent, two at least.
        width: Channels at a resolution of 32, or at full resolution where that is coarser. They halve with each finer
            stage and double with each coarser one, twice at most.
        rank, clusters, mixture_resolution: As of MixtureStart.
        lowest_resolution: The shorter side where growing begins is at most this.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 32,
        rank: Width = 16,
        clusters: Width = 10,
        mixture_resolution: Width = 32,
        lowest_resolution: Width = 4,
    ):
        super().__init__(shape, classes, latent_size, rank, clusters, mixture_resolution)
        channels, height, picture_width = shape
        stages = halvings(height, picture_width, lowest_resolution, min_halvings=1)
        finer = halvings(height, picture_width, SIDE, min_halvings=0)
        widths = [
            max(1, int(width * 2.0 ** min(MAX_DOUBLINGS, stage - finer))) for stage in reversed(range(stages + 1))
        ]
        sizes = [halved(height, picture_width, stage) for stage in reversed(range(stages + 1))]
        self.join = JoinedLabel(latent_size, self.components)
        lowest = (widths[0], *sizes[0])
        self.begin = nn.Sequential(
            nn.Linear(self.join.width, lowest[0] * lowest[1] * lowest[2]), nn.Unflatten(1, lowest)
        )
        self.guides = nn.ModuleList(nn.Conv2d(channels, each, 3, padding=1) for each in widths)

        def norm(features: int) -> nn.Module:
            return ClassNorm(features, self.components)

        self.blocks = nn.ModuleList(
            GrowingBlock(before, after, size, norm, spectral=False)
            for before, after, size in zip(widths, widths[1:], sizes[1:], strict=False)
        )
        self.finish = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.Conv2d(widths[-1], channels, 3, padding=1)
        )
        self.strength = nn.Parameter(torch.full((), 0.1))  # of the correction, which begins small

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        component = self.component(latent, condition)
        start = self.start(latent, component)
        drawn = torch.tanh(start)
        x = self.begin(self.join(latent, {"class": component}))
        x = x + self._guide(0, drawn, x)
        for number, block in enumerate(self.blocks, 1):
            x = block(x, component)
            x = x + self._guide(number, drawn, x)
        return torch.tanh(start + self.strength * self.finish(x))

    def _guide(self, number: int, drawn: Tensor, x: Tensor) -> Tensor:
        """What a stage sees of the mixture's picture."""
        if drawn.shape[2:] != x.shape[2:]:
            drawn = interpolate(drawn, x.shape[2:], mode="bilinear", align_corners=False, antialias=True)
        return self.guides[number](drawn)
