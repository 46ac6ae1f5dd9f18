"""Fully connected players, after Goodfellow et al. 2014 (arXiv:1406.2661), with ReLU in both as tutorials print them.

The paper (section 5) has ReLU and sigmoid units in the generator, maxout and dropout in the discriminator. With classes
the generator gets an embedding of the class (Mirza & Osindero 2014, arXiv:1411.1784), the discriminator a projection
head (Miyato & Koyama 2018, arXiv:1802.05637).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Literal

from torch import Tensor, nn

from . import register_network
from .base import Condition, Discriminator, Generator
from .layers import JoinedLabel, ProjectionHead, Widths, spectrally_normalised
from .output import DiscriminatorOutput


def _hidden(widths: Sequence[int], spectral: bool = False) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for pair in pairwise(widths):
        layers += [spectrally_normalised(nn.Linear(*pair), spectral), nn.ReLU()]
    return layers


@register_network("mlp-generator")
class MLPGenerator(Generator):
    """latent (N x latent_size) -> dense ReLU layers -> a sample (N x shape), through tanh or linear.

    Args:
        shape: Of a sample, any number of dimensions.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        widths: Units of each hidden layer.
        output: The last activation.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        latent_size: int,
        *,
        widths: Widths = (256, 512, 1024),
        output: Literal["tanh", "linear"] = "tanh",
    ):
        super().__init__()
        self.shape = tuple(shape)
        self.join = JoinedLabel(latent_size, classes)
        self.hidden = nn.Sequential(*_hidden([self.join.width, *widths]))
        self.last = nn.Linear(widths[-1], prod(shape))
        self.output = nn.Tanh() if output == "tanh" else nn.Identity()

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        return self.output(self.last(self.hidden(self.join(latent, condition)))).unflatten(1, self.shape)


@register_network("mlp-discriminator")
class MLPDiscriminator(Discriminator):
    """sample (N x shape) -> dense ReLU layers -> logits (N), with classes through a projection head.

    Args:
        shape: Of a sample, any number of dimensions.
        classes: Number of classes, 0 without labels.
        widths: Units of each hidden layer.
        spectral: Spectral normalisation of the hidden layers (Miyato et al. 2018, arXiv:1802.05957).
    """

    def __init__(self, shape: tuple[int, ...], classes: int, *, widths: Widths = (512, 256), spectral: bool = False):
        super().__init__()
        self.hidden = nn.Sequential(nn.Flatten(), *_hidden([prod(shape), *widths], spectral))
        self.head = ProjectionHead(widths[-1], classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        return DiscriminatorOutput(self.head(self.hidden(sample), condition))
