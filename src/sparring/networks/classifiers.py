"""Discriminators that classify what they take for real (Salimans et al. 2016, arXiv:1606.03498, section 5)."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import torch
from pydantic import NonNegativeFloat
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.utils.parametrizations import weight_norm

from . import register_network
from .base import Condition, Discriminator, DrawsNumbers
from .layers import HalvingConv, ImageShape, Share, Width, Widths
from .output import DiscriminatorOutput


class GaussianNoise(DrawsNumbers):
    """Adds normal noise of standard deviation `std` in training; in eval mode it passes x through."""

    def __init__(self, std: float):
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training and self.std else x


def _output(class_logits: Tensor, features: Tensor) -> DiscriminatorOutput:
    """The logit of being real is log sum exp of the class logits; the class "fake" has the logit 0 (section 5)."""
    return DiscriminatorOutput(torch.logsumexp(class_logits.float(), dim=1), class_logits, (features,))


@register_network("mlp-classifier")
class MLPClassifier(Discriminator):
    """sample (N x shape) -> dense ReLU layers with noise before each -> class logits (N x num_classes).

    Weights are normalised (Salimans & Kingma 2016, arXiv:1602.07868), with a learned scale in every layer; Salimans et
    al. learn that of the last layer alone. Their program for MNIST has these widths, and half of this input noise on
    pictures in [0, 1].

    Args:
        shape: Of a sample.
        num_classes: Number of classes; None: chosen from the data, 2 without any.
        widths: Units of each hidden layer.
        noise: Standard deviation of the noise before each layer but the first.
        input_noise: Standard deviation of the noise on the sample.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        num_classes: Width | None = None,
        widths: Widths = (1000, 500, 250, 250, 250),
        noise: NonNegativeFloat = 0.5,
        input_noise: NonNegativeFloat = 0.6,
    ):
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten(), GaussianNoise(input_noise)]
        for number, (inputs, outputs) in enumerate(pairwise([prod(shape), *widths])):
            layers += [GaussianNoise(noise if number else 0.0), weight_norm(nn.Linear(inputs, outputs)), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(GaussianNoise(noise), weight_norm(nn.Linear(widths[-1], num_classes or 2)))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = self.layers(sample)
        return _output(self.last(features), features)


@register_network("conv-classifier")
class ConvClassifier(Discriminator):
    """A convolutional classifier of pictures.

    picture (N x C x H x W) -> three stages of two 3x3 convolutions with dropout -> mean over pixels -> class logits (N
    x num_classes).

    In the manner of Salimans et al. 2016: their program for CIFAR-10 has three convolutions a stage of 96 and 192
    channels, two halvings, dropout 0.5, and 0.2 on the picture.

    Args:
        shape: Channels, height and width of a picture.
        num_classes: Number of classes; None: chosen from the data, 2 without any.
        width: Channels of the first stage, half of those of the others.
        dropout: Share of values dropped after each stage.
    """

    def __init__(self, shape: ImageShape, *, num_classes: Width | None = None, width: Width = 32, dropout: Share = 0.4):
        super().__init__()
        widths = [shape[0], width, 2 * width, 2 * width]
        self.same = nn.ModuleList(weight_norm(nn.Conv2d(*pair, 3, padding=1)) for pair in pairwise(widths))
        self.down = nn.ModuleList(weight_norm(HalvingConv(outputs, outputs, 3)) for outputs in widths[1:])
        self.drop = nn.Dropout(dropout)
        self.last = weight_norm(nn.Linear(widths[-1], num_classes or 2))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample
        for same, down in zip(self.same, self.down, strict=True):
            x = self.drop(leaky_relu(down(leaky_relu(same(x), 0.2)), 0.2))
        features = x.mean(dim=(2, 3))
        return _output(self.last(features), features)
