"""A generator that begins as a statistical model of the data and learns what that leaves out.

The start is a mixture of Gaussians in the space before tanh, each with its mean and its first principal components
(statistics.pca_mixture): one for each class, or without labels for each of some clusters. Its samples look like
blurred, ghostly data before any training. A convolutional network with skip connections (as a U-Net: Ronneberger et al.
2015, arXiv:1505.04597) sees that picture and the latent and corrects it, as a residual (He et al. 2016,
arXiv:1512.03385). Joining the two is this project's own; docs/experiments.md measures what it brings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from ..errors import UserError
from ..statistics.pca_mixture import PCAMixture
from . import register_network
from .base import Condition, FittedStart, Generator
from .layers import HalvingConv, ImageShape, JoinedLabel, Width, halved, halvings

MAX_CHANNELS = 512  # at the lowest resolutions
MAX_BEFORE_TANH = 0.97  # larger values are clamped before the inverse of tanh, which runs away at 1


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
class Refiner(Generator, FittedStart):
    """Draws a picture from a mixture fitted to the data and corrects it.

    latent (N x latent_size) -> the mixture's picture -> corrected by a U-Net -> picture (N x C x H x W) in [-1, 1]. The
    first value of the latent selects a cluster where there are no classes; the next `rank` values move the picture
    along the principal components.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes; each is a component of the mixture. 0: there are clusters instead.
        latent_size: Values of the latent, two at least.
        width: Channels at full resolution after the first halving; they double with each further one.
        rank: Principal components of each class or cluster.
        clusters: Components of the mixture where there are no classes.
        mixture_resolution: The longer side of the mixture's pictures is at most this; they are enlarged bilinearly.
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
        super().__init__()
        if latent_size < 2:
            raise UserError(
                "the refiner's latent needs two values at least: "
                "one selects a cluster, the others move along its components"
            )
        channels, height, picture_width = shape
        self.shape, self.classes = shape, classes
        self.untruncated_latents = 0 if classes else 1
        shrink = max(1.0, max(height, picture_width) / mixture_resolution)
        self.mixture_shape = (channels, max(1, round(height / shrink)), max(1, round(picture_width / shrink)))
        components, rank = classes or clusters, max(1, min(rank, latent_size - 1))
        self.mixture = PCAMixture(channels * self.mixture_shape[1] * self.mixture_shape[2], components, rank)

        stages = halvings(height, picture_width, lowest_resolution, min_halvings=1)
        widths = [min(MAX_CHANNELS, width * 2**power) for power in range(stages)]
        pairs = zip([channels, *widths], widths, strict=False)
        self.down = nn.ModuleList(HalvingConv(inputs, outputs, 4) for inputs, outputs in pairs)
        self.down_norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in widths)
        lowest = (widths[-1], *halved(height, picture_width, stages))
        self.join = JoinedLabel(latent_size, components)
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
        component = self.component(latent) if condition is None or not self.classes else condition["class"]
        start = self.start(latent, component)
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

    def component(self, latent: Tensor) -> Tensor:
        """The cluster numbers (N) that the first values of latents select."""
        return self.mixture.select(latent[:, 0])

    def start(self, latent: Tensor, component: Tensor) -> Tensor:
        """The mixture's pictures before tanh, N x C x H x W. component: N class or cluster numbers."""
        rows = self.mixture.draw(component, latent[:, 1 : 1 + self.mixture.rank])
        pictures = rows.unflatten(1, self.mixture_shape)
        if self.mixture_shape == self.shape:
            return pictures
        return interpolate(pictures, self.shape[1:], mode="bilinear", align_corners=False)

    @torch.no_grad()
    def statistics_input(self, samples: Tensor) -> Tensor:
        """Pictures, N x C x H x W in [-1, 1] -> their values before tanh at the mixture's resolution, N x D."""
        pictures = samples.float()
        if self.mixture_shape != self.shape:
            pictures = interpolate(pictures, self.mixture_shape[1:], mode="area")
        return torch.atanh(pictures.clamp(-MAX_BEFORE_TANH, MAX_BEFORE_TANH)).flatten(1)

    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        self.mixture.fit(rows, labels if self.classes else None)
