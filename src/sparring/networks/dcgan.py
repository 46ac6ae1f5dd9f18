"""Convolutional players in the manner of DCGAN (Radford et al. 2015, arXiv:1511.06434), in the two forms that tutorials print.

At 28 x 28 the defaults are the well-known tutorial network (7 x 7 x 256 dense, transposed convolutions 128, 64, output); other
sizes get as many halvings as bring the shorter side to `start_side` or less, and widths that double with each of them.
Radford et al. (section 3) have ReLU in the generator and normalise the discriminator; the tutorials have leaky ReLU and dropout.
"""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat
from torch import Tensor, nn

from . import DiscriminatorOutput, register
from .layers import Condition, GrowingConv, HalvingConv, JoinedLabel, Kernel, ProjectionHead, Share, Width, halved, halvings

WIDEST = 512  # channels at the lowest resolutions; Radford et al. go to 1024 (figure 1)
Shape = tuple[int, int, int]  # channels, height, width


@register("dcgan-generator")
class DCGANGenerator(nn.Module):
    """latent (N x latent_size) -> dense start -> transposed convolutions of stride 2 -> a picture (N x C x H x W).

    start_units: None gives the start width * 2^stages channels and adds a first convolution of stride 1; a number spreads that
    many units over the start's pixels. norm_first: normalise, then activate (or the other way round).
    norm_decay: share of the running statistics kept at each step (Keras' `momentum`).
    """

    def __init__(
        self,
        shape: Shape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        start_side: Width = 8,
        start_units: Width | None = None,
        bias: bool = False,
        norm_first: bool = True,
        norm_decay: Share = 0.99,
        norm_eps: PositiveFloat = 1e-3,
        slope: Share = 0.3,
        output: Literal["tanh", "linear"] = "tanh",
    ):
        super().__init__()
        channels, height, picture_width = shape
        stages = halvings(height, picture_width, start_side, least=2)
        start = halved(height, picture_width, stages)
        pixels = start[0] * start[1]
        first = min(WIDEST, width * 2**stages) if start_units is None else max(1, start_units // pixels)
        widths = [min(WIDEST, width * 2**power) for power in reversed(range(stages - 1))]  # of the layers that grow, but the last

        def finish(features: int, norm: type[nn.Module]) -> list[nn.Module]:
            pair = [norm(features, eps=norm_eps, momentum=1 - norm_decay), nn.LeakyReLU(slope)]
            return pair if norm_first else pair[::-1]

        self.join = JoinedLabel(latent_size, classes)
        layers: list[nn.Module] = [nn.Linear(self.join.width, first * pixels, bias=bias), *finish(first * pixels, nn.BatchNorm1d)]
        layers += [nn.Unflatten(1, (first, *start))]
        if start_units is None:
            second = min(WIDEST, width * 2 ** (stages - 1))
            layers += [GrowingConv(first, second, kernel, 1, start, bias), *finish(second, nn.BatchNorm2d)]
            first = second
        for stage, outputs in enumerate(widths, 1):
            size = halved(height, picture_width, stages - stage)
            layers += [GrowingConv(first, outputs, kernel, 2, size, bias), *finish(outputs, nn.BatchNorm2d)]
            first = outputs
        layers += [GrowingConv(first, channels, kernel, 2, (height, picture_width), bias)]
        if output == "tanh":
            layers += [nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        return self.layers(self.join(latent, condition))


def _halving(shape: Shape, width: int, kernel: int, end_side: int, slope: float, dropout: float) -> tuple[nn.Sequential, int]:
    """picture (N x C x H x W) -> convolutions of stride 2 with leaky ReLU and dropout -> features (N x D), and D."""
    channels, height, picture_width = shape
    stages = halvings(height, picture_width, end_side, least=2)
    widths = [min(WIDEST, width * 2**power) for power in range(stages)]
    layers: list[nn.Module] = []
    for inputs, outputs in zip([channels, *widths], widths, strict=False):
        layers += [HalvingConv(inputs, outputs, kernel), nn.LeakyReLU(slope), nn.Dropout(dropout)]
    end = halved(height, picture_width, stages)
    return nn.Sequential(*layers, nn.Flatten()), widths[-1] * end[0] * end[1]


@register("dcgan-discriminator")
class DCGANDiscriminator(nn.Module):
    """picture (N x C x H x W) -> convolutions of stride 2 with leaky ReLU and dropout -> dense -> logits (N).

    With classes the last layer is a projection head (Miyato & Koyama 2018, arXiv:1802.05637).
    """

    def __init__(
        self,
        shape: Shape,
        classes: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        end_side: Width = 8,
        slope: Share = 0.3,
        dropout: Share = 0.3,
    ):
        super().__init__()
        self.layers, features = _halving(shape, width, kernel, end_side, slope, dropout)
        self.head = ProjectionHead(features, classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        return DiscriminatorOutput(self.head(self.layers(sample), condition))


@register("dcgan-encoder")
class DCGANEncoder(nn.Module):
    """picture (N x C x H x W) -> the discriminator's convolutions -> dense -> mean and log-variance of its latents (N x latent_size each).

    With classes an embedding of the class joins what the dense layer sees, as it joins the generator's latent.
    """

    def __init__(
        self,
        shape: Shape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        end_side: Width = 8,
        slope: Share = 0.3,
        dropout: Share = 0.0,
    ):
        super().__init__()
        self.layers, features = _halving(shape, width, kernel, end_side, slope, dropout)
        self.join = JoinedLabel(features, classes)
        self.head = nn.Linear(self.join.width, 2 * latent_size)

    def forward(self, sample: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.head(self.join(self.layers(sample), condition)).chunk(2, dim=1)
        return mean, log_variance
