"""Convolutional players after DCGAN (Radford et al. 2015, arXiv:1511.06434), in the two forms that tutorials print.

At 28 x 28 the defaults are the well-known tutorial network (7 x 7 x 256 dense, transposed convolutions 128, 64,
output). Other sizes get as many halvings as bring the shorter side to `lowest_resolution` or less, and widths that
double with each of them. Radford et al. (section 3) have ReLU in the generator and normalise the discriminator; the
tutorials have leaky ReLU and dropout.
"""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat
from torch import Tensor, nn

from . import register_network
from .base import Condition, Discriminator, Encoder, Generator
from .layers import (
    GrowingConv,
    HalvingConv,
    ImageShape,
    JoinedLabel,
    Kernel,
    ProjectionHead,
    Share,
    Width,
    halved,
    halvings,
)
from .output import DiscriminatorOutput

MAX_CHANNELS = 512  # at the lowest resolutions; Radford et al. go to 1024 (figure 1)


@register_network("dcgan-generator")
class DCGANGenerator(Generator):
    """Transposed convolutions make a picture of a latent.

    latent (N x latent_size) -> dense -> transposed convolutions of stride 2 -> picture (N x C x H x W), through tanh or
    linear.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels before the last layer; they double towards the lowest resolution.
        kernel: Pixels a side of every kernel.
        lowest_resolution: The shorter side where the generator begins is at most this.
        start_units: Units of the dense layer, spread over the pixels of the lowest resolution; None: width * 2^stages
            channels there, and a first convolution of stride 1.
        bias: Whether layers have biases.
        norm_first: Whether normalisation comes before the activation.
        norm_decay: Share of the running statistics kept at each step (Keras' `momentum`).
        norm_eps: Added to variances.
        slope: Of leaky ReLU.
        output: The last activation.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        lowest_resolution: Width = 8,
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
        stages = halvings(height, picture_width, lowest_resolution, min_halvings=2)
        lowest = halved(height, picture_width, stages)
        pixels = lowest[0] * lowest[1]
        inputs = min(MAX_CHANNELS, width * 2**stages) if start_units is None else max(1, start_units // pixels)
        widths = [
            min(MAX_CHANNELS, width * 2**power) for power in reversed(range(stages - 1))
        ]  # of growing layers but the last

        def finish(features: int, norm: type[nn.Module]) -> list[nn.Module]:
            pair = [norm(features, eps=norm_eps, momentum=1 - norm_decay), nn.LeakyReLU(slope)]
            return pair if norm_first else pair[::-1]

        self.join = JoinedLabel(latent_size, classes)
        layers: list[nn.Module] = [nn.Linear(self.join.width, inputs * pixels, bias=bias)]
        layers += [*finish(inputs * pixels, nn.BatchNorm1d), nn.Unflatten(1, (inputs, *lowest))]
        if start_units is None:
            outputs = min(MAX_CHANNELS, width * 2 ** (stages - 1))
            layers += [GrowingConv(inputs, outputs, kernel, 1, lowest, bias), *finish(outputs, nn.BatchNorm2d)]
            inputs = outputs
        for stage, outputs in enumerate(widths, 1):
            size = halved(height, picture_width, stages - stage)
            layers += [GrowingConv(inputs, outputs, kernel, 2, size, bias), *finish(outputs, nn.BatchNorm2d)]
            inputs = outputs
        layers += [GrowingConv(inputs, channels, kernel, 2, (height, picture_width), bias)]
        if output == "tanh":
            layers += [nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        return self.layers(self.join(latent, condition))


def halving_layers(
    shape: ImageShape, width: int, kernel: int, lowest_resolution: int, slope: float, dropout: float
) -> tuple[nn.Sequential, int]:
    """picture (N x C x H x W) -> convolutions of stride 2 with leaky ReLU and dropout -> features (N x D); and D."""
    channels, height, picture_width = shape
    stages = halvings(height, picture_width, lowest_resolution, min_halvings=2)
    widths = [min(MAX_CHANNELS, width * 2**power) for power in range(stages)]
    layers: list[nn.Module] = []
    for inputs, outputs in zip([channels, *widths], widths, strict=False):
        layers += [HalvingConv(inputs, outputs, kernel), nn.LeakyReLU(slope), nn.Dropout(dropout)]
    lowest = halved(height, picture_width, stages)
    return nn.Sequential(*layers, nn.Flatten()), widths[-1] * lowest[0] * lowest[1]


@register_network("dcgan-discriminator")
class DCGANDiscriminator(Discriminator):
    """picture (N x C x H x W) -> convolutions of stride 2 with leaky ReLU and dropout -> dense -> logits (N).

    With classes the last layer is a projection head (Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        width: Channels of the first convolution; they double with each one.
        kernel: Pixels a side of every kernel.
        lowest_resolution: Pictures are halved until the shorter side is at most this.
        slope: Of leaky ReLU.
        dropout: Share of values dropped after each convolution.
        classifier: Whether a second dense layer gives `class_logits` where there are classes (Odena et al. 2017,
            arXiv:1610.09585), for `class_loss`.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        lowest_resolution: Width = 8,
        slope: Share = 0.3,
        dropout: Share = 0.3,
        classifier: bool = False,
    ):
        super().__init__()
        self.layers, features = halving_layers(shape, width, kernel, lowest_resolution, slope, dropout)
        self.head = ProjectionHead(features, classes)
        self.classifier = nn.Linear(features, classes) if classifier and classes else None

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = self.layers(sample)
        class_logits = None if self.classifier is None else self.classifier(features)
        return DiscriminatorOutput(self.head(features, condition), class_logits)


@register_network("dcgan-encoder")
class DCGANEncoder(Encoder):
    """The discriminator's convolutions infer the latents of a picture.

    picture (N x C x H x W) -> convolutions -> dense -> mean and log-variance of its latents (N x latent_size each).

    With classes an embedding of the class joins the features, as it joins the generator's latent. Options as of the
    discriminator.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 64,
        kernel: Kernel = 5,
        lowest_resolution: Width = 8,
        slope: Share = 0.3,
        dropout: Share = 0.0,
    ):
        super().__init__()
        self.layers, features = halving_layers(shape, width, kernel, lowest_resolution, slope, dropout)
        self.join = JoinedLabel(features, classes)
        self.head = nn.Linear(self.join.width, 2 * latent_size)

    def forward(self, sample: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.head(self.join(self.layers(sample), condition)).chunk(2, dim=1)
        return mean, log_variance
