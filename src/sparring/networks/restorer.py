"""A restorer of images: residual-in-residual dense blocks (Wang et al. 2018, arXiv:1809.00219, figures 3 and 4)."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad, pixel_unshuffle

from . import register_network
from .base import ImageTranslator
from .image_layers import Activation, activate, match_channels
from .layers import Count, ImageShape, Width

RESIDUAL_SCALE = 0.2  # of what a dense block adds; Wang et al. 2018, section 3.1
CONVS_PER_DENSE_BLOCK = 5
DenseBlocks = Annotated[int, Field(ge=1, le=8)]


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the outputs of all before it; a fifth of their result joins the input.

    Wang et al. 2018, figure 4. N x width x H x W -> N x width x H x W. growth: channels of each convolution but the
    last.
    """

    def __init__(self, width: int, growth: int):
        super().__init__()
        outputs = [*[growth] * (CONVS_PER_DENSE_BLOCK - 1), width]
        self.convs = nn.ModuleList(
            nn.Conv2d(width + step * growth, channels, 3, padding=1) for step, channels in enumerate(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for conv in self.convs[:-1]:
            features.append(leaky_relu(conv(torch.cat(features, dim=1)), 0.2))
        return x + RESIDUAL_SCALE * self.convs[-1](torch.cat(features, dim=1))


@register_network("restorer")
class Restorer(ImageTranslator):
    """Restores or enlarges images; the network learns the difference to the input.

    input image (N x input channels x H x W) -> output image (N x channels x sH x sW). Without normalisation, so that a
    tile of an image with enough around it becomes what it becomes in the whole. The scale s follows from the two
    shapes: 1, 2, 3, 4 ... At scale 1 the blocks work at half the resolution (Wang et al. 2021, arXiv:2107.10833,
    section 3.4, for scales 1 and 2; their program has a quarter and a half).

    Args:
        shape: Channels, height and width of an output image in training; any size goes in afterwards.
        input_shape: The same of an input image.
        width: Channels of the blocks.
        growth: Channels that each convolution of a dense block adds.
        blocks: Residual-in-residual blocks.
        dense_blocks: Dense blocks of each; 3 in the paper.
        output: The last activation.
    """

    def __init__(
        self,
        shape: ImageShape,
        input_shape: ImageShape,
        *,
        width: Width = 32,
        growth: Width = 16,
        blocks: Count = 3,
        dense_blocks: DenseBlocks = 3,
        output: Activation = "linear",
    ):
        super().__init__()
        self.output, self.channels = output, shape[0]
        self.scale = round(shape[1] / input_shape[1])
        self.fold = 2 if self.scale == 1 else 1
        self.first = nn.Conv2d(input_shape[0] * self.fold**2, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(DenseBlock(width, growth) for _ in range(dense_blocks))) for _ in range(blocks)
        )
        self.middle = nn.Conv2d(width, width, 3, padding=1)
        self.enlargements = _prime_factors(self.scale * self.fold)
        self.up = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in self.enlargements)
        end = nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(width, shape[0], 3, padding=1)
        self.last = nn.Sequential(*end)
        convs = 2 + CONVS_PER_DENSE_BLOCK * dense_blocks * blocks  # at the input's resolution, or at half of it
        self.receptive_radius = self.fold * (convs + 1) + len(self.enlargements) + 4

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        x = pad(image, (0, -width % self.fold, 0, -height % self.fold), mode="replicate")
        x = first = self.first(pixel_unshuffle(x, self.fold))
        for block in self.blocks:
            x = x + RESIDUAL_SCALE * block(x)
        x = first + self.middle(x)
        for factor, conv in zip(self.enlargements, self.up, strict=True):
            x = leaky_relu(conv(interpolate(x, scale_factor=factor, mode="nearest")), 0.2)
        difference = self.last(x)[:, :, : height * self.scale, : width * self.scale]
        base = match_channels(image, self.channels)
        if self.scale > 1:
            base = interpolate(base, scale_factor=self.scale, mode="bicubic", align_corners=False)
        return activate(base + difference, self.output)


def _prime_factors(scale: int) -> list[int]:
    """The prime factors of a scale: 4 -> [2, 2], 3 -> [3], 6 -> [2, 3], 1 -> []."""
    factors, factor = [], 2
    while scale > 1:
        while scale % factor == 0:
            factors.append(factor)
            scale //= factor
        factor += 1
    return factors
