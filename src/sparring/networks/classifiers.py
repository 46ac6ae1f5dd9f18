"""Discriminators that name the class of what they take for real (Salimans et al. 2016, arXiv:1606.03498, section 5)."""

from __future__ import annotations

from math import prod

import torch
from pydantic import NonNegativeFloat
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.utils.parametrizations import weight_norm

from . import DiscriminatorOutput, register
from .layers import Condition, HalvingConv, Share, Width, Widths


class Noise(nn.Module):
    """Normal noise added in training (Salimans et al. 2016, its MNIST program: 0.3 on the input in [0, 1], 0.5 between layers)."""

    def __init__(self, deviation: float):
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.training and self.deviation else x


def _verdict(class_logits: Tensor, features: Tensor) -> DiscriminatorOutput:
    return DiscriminatorOutput(torch.logsumexp(class_logits.float(), dim=1), class_logits, (features,))


@register("mlp-classifier")
class MLPClassifier(nn.Module):
    """sample (N x shape) -> layers of the given widths with noise before each -> class logits. Weights are normalised (Salimans & Kingma
    2016, arXiv:1602.07868; all scales are learned, theirs in the last layer alone). Salimans et al. use these widths on MNIST, and half of this noise
    on pictures in [0, 1]. names: how many classes there are, chosen from the data."""

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        names: Width | None = None,
        widths: Widths = (1000, 500, 250, 250, 250),
        noise: NonNegativeFloat = 0.5,
        input_noise: NonNegativeFloat = 0.6,
    ):
        super().__init__()
        sizes = [prod(shape), *widths]
        layers: list[nn.Module] = [nn.Flatten(), Noise(input_noise)]
        for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
            layers += [Noise(noise if number else 0.0), weight_norm(nn.Linear(inputs, outputs)), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(Noise(noise), weight_norm(nn.Linear(widths[-1], names or 2)))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = self.layers(sample)
        return _verdict(self.last(features), features)


@register("conv-classifier")
class ConvClassifier(nn.Module):
    """picture (N x C x H x W) -> three stages of two convolutions with dropout after each -> means over places -> class logits.

    In the manner of Salimans et al. 2016 (their CIFAR-10 program: three convolutions a stage of 96 and 192 channels, two halvings, dropout 0.5 and 0.2 on the
    picture). names: how many classes there are.
    """

    def __init__(self, shape: tuple[int, int, int], *, names: Width | None = None, width: Width = 32, dropout: Share = 0.4):
        super().__init__()
        widths = [shape[0], width, 2 * width, 2 * width]
        self.same = nn.ModuleList(weight_norm(nn.Conv2d(a, b, 3, padding=1)) for a, b in zip(widths, widths[1:], strict=False))
        self.down = nn.ModuleList(weight_norm(HalvingConv(b, b, 3)) for b in widths[1:])
        self.drop = nn.Dropout(dropout)
        self.last = weight_norm(nn.Linear(widths[-1], names or 2))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample
        for same, down in zip(self.same, self.down, strict=True):
            x = self.drop(leaky_relu(down(leaky_relu(same(x), 0.2)), 0.2))
        features = x.mean(dim=(2, 3))
        return _verdict(self.last(features), features)
