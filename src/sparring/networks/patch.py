"""Discriminators that score every patch or pixel of an image, alone or together with the input of a translation."""

from __future__ import annotations

from itertools import pairwise
from math import log2
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

from . import register_network
from .base import Condition, Discriminator
from .image_layers import InstanceNorm, enlarge
from .layers import Count, HalvingConv, ImageShape, Width
from .output import DiscriminatorOutput

Norm = Literal["instance", "spectral", "none"]
MIN_SIDE_AFTER_HALVINGS = 4  # pixels, about: instance normalisation leaves nothing of a single one
MAX_WIDTH_FACTOR = 8  # of the first width


def _with_input(sample: Tensor, condition: Condition) -> Tensor:
    """The sample (N x C x H x W) joined with the input image of its translation, channel-wise, at the sample's size."""
    assert condition is not None
    image = condition["input"]
    if image.shape[2:] != sample.shape[2:]:
        image = interpolate(image, sample.shape[2:], mode="nearest")
    return torch.cat([sample, image.to(sample.dtype)], dim=1)


def _fitting_layers(layers: int, side: int) -> int:
    """The number of halvings that an image of this side bears, at most `layers`, at least one."""
    return max(1, min(layers, int(log2(max(1, side / MIN_SIDE_AFTER_HALVINGS)))))


class PatchScorer(nn.Module):
    """Scores patches: returns a logit for each (N x 1 x h x w), and the features of each layer but the last.

    `layers` convolutions of stride 2 and two more of stride 1.
    """

    def __init__(self, inputs: int, width: int, layers: int, norm: Norm):
        super().__init__()
        widths = [width * min(MAX_WIDTH_FACTOR, 2**layer) for layer in range(layers + 1)]
        convs: list[nn.Module] = [HalvingConv(*pair, 4) for pair in pairwise([inputs, *widths[:-1]])]
        convs += [nn.Conv2d(widths[-2], widths[-1], 3, padding=1), nn.Conv2d(widths[-1], 1, 3, padding=1)]
        self.convs = (
            nn.ModuleList(spectral_norm(conv) for conv in convs) if norm == "spectral" else nn.ModuleList(convs)
        )
        self.norm = InstanceNorm() if norm == "instance" else nn.Identity()

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = []
        for number, conv in enumerate(self.convs[:-1]):
            x = conv(x)
            x = leaky_relu(self.norm(x) if number else x, 0.2)
            features.append(x)
        return self.convs[-1](x), features


@register_network("patch-discriminator")
class PatchDiscriminator(Discriminator):
    """Scores each patch of an image: N x C x H x W -> logits, N x patches.

    Isola et al. 2017 (arXiv:1611.07004), appendix 6.1.2: C64-C128-C256-C512. A patch is 54 x 54 pixels with three
    halvings; the paper's last two layers, of 4x4 kernels, make it 70 x 70.

    Args:
        shape: Channels, height and width of an output image of the translation.
        input_shape: The same of an input image.
        width: Channels of the first layer; they double with each one, up to eight times.
        layers: Halvings; small images get fewer.
        scales: So many scorers, each of which sees the image at half the size of the one before (Wang et al. 2018,
            arXiv:1711.11585, section 3.2). All have as many logits, so that they count alike.
        conditional: Whether it also sees the input image.
        norm: Instance normalisation of its layers but the first and the last, spectral normalisation of all, or none.
    """

    def __init__(
        self,
        shape: ImageShape,
        input_shape: ImageShape,
        *,
        width: Width = 64,
        layers: Count = 3,
        scales: Count = 1,
        conditional: bool = True,
        norm: Norm = "instance",
    ):
        super().__init__()
        self.conditional = conditional
        inputs = shape[0] + (input_shape[0] if conditional else 0)
        sides = [min(shape[1:]) >> scale for scale in range(scales)]
        self.scales = nn.ModuleList(PatchScorer(inputs, width, _fitting_layers(layers, side), norm) for side in sides)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = _with_input(sample, condition) if self.conditional else sample
        logits, features = list[Tensor](), list[Tensor]()
        for number, scorer in enumerate(self.scales):
            if number:
                x = avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)
            scores, own_features = scorer(x)
            finest = logits[0].shape[2:] if logits else scores.shape[2:]
            logits.append(interpolate(scores, finest, mode="nearest"))
            features += own_features
        return DiscriminatorOutput(torch.cat(logits, dim=1).flatten(1), features=tuple(features))


@register_network("unet-discriminator")
class UNetDiscriminator(Discriminator):
    """image (N x C x H x W) -> a logit for each pixel (N x HW), from a U-Net with spectral normalisation.

    Wang et al. 2021 (arXiv:2107.10833), section 3.4; Schoenfeld et al. 2020 (arXiv:2002.12655). One convolution before
    the last, where the authors' program has two.

    Args:
        shape: Channels, height and width of an output image of the translation.
        input_shape: The same of an input image.
        width: Channels at full resolution.
        conditional: Whether it also sees the input image.
    """

    def __init__(self, shape: ImageShape, input_shape: ImageShape, *, width: Width = 32, conditional: bool = False):
        super().__init__()
        self.conditional = conditional
        inputs = shape[0] + (input_shape[0] if conditional else 0)
        self.first = nn.Conv2d(inputs, width, 3, padding=1)
        pairs = list(pairwise([width, 2 * width, 4 * width, 8 * width]))
        self.down = nn.ModuleList(spectral_norm(HalvingConv(*pair, 4, bias=False)) for pair in pairs)
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(coarse, fine, 3, padding=1, bias=False)) for fine, coarse in reversed(pairs)
        )
        before_last = spectral_norm(nn.Conv2d(width, width, 3, padding=1, bias=False))
        self.last = nn.Sequential(before_last, nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = leaky_relu(self.first(_with_input(sample, condition) if self.conditional else sample), 0.2)
        skips = [x]
        for conv in self.down:
            x = leaky_relu(conv(x), 0.2)
            skips.append(x)
        features = tuple(skips)
        skips.pop()
        for conv in self.up:
            skip = skips.pop()
            x = leaky_relu(conv(enlarge(x, skip.shape[2:])), 0.2) + skip
        return DiscriminatorOutput(self.last(x).flatten(1), features=features)
