"""Recurrent players: a picture as a sequence of rows, from top to bottom.

After C-RNN-GAN (Mogren 2016, arXiv:1611.09904, sections 2 and 3): both players are recurrent, the discriminator in both
directions. There every step of a melody gets a latent of its own and the step before; here all rows share one latent
and learn their own position, so that one latent is one picture. There the discriminator averages a sigmoid per step;
here it averages the states before the logit.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from . import register_network
from .base import Condition, Discriminator, Generator
from .layers import ImageShape, JoinedLabel, ProjectionHead, Width
from .output import DiscriminatorOutput

Cell = Literal["gru", "lstm"]  # Cho et al. 2014 (arXiv:1406.1078); Hochreiter & Schmidhuber 1997
Layers = Annotated[int, Field(ge=1, le=16)]


def recurrence(cell: Cell, inputs: int, width: int, layers: int, bidirectional: bool = False) -> nn.RNNBase:
    """A recurrent network, N x steps x inputs -> N x steps x width (twice that in both directions).

    Recurrent weights begin orthogonal gate by gate, so that a state lasts for many steps (Saxe et al. 2013,
    arXiv:1312.6120).
    """
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}[cell]
    network = kind(inputs, width, layers, batch_first=True, bidirectional=bidirectional)
    for name, parameter in network.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.data.split(width):
                nn.init.orthogonal_(gate)
        elif name.startswith("weight_ih"):
            for gate in parameter.data.split(width):
                nn.init.xavier_uniform_(gate)
        else:
            nn.init.zeros_(parameter)
    return network


@register_network("rnn-generator")
class RNNGenerator(Generator):
    """Makes a picture row by row.

    latent (N x latent_size) -> H steps of a recurrent network -> picture (N x C x H x W), through tanh or linear. Every
    step gets the latent, joined by an embedding of the class and made `width` wide, plus a learned vector for its row.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        cell, width, layers: Of the recurrent network.
        output: The last activation.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        cell: Cell = "gru",
        width: Width = 256,
        layers: Layers = 2,
        output: Literal["tanh", "linear"] = "tanh",
    ):
        super().__init__()
        channels, height, picture_width = shape
        self.join = JoinedLabel(latent_size, classes)
        self.first = nn.Linear(self.join.width, width)
        self.rows = nn.Parameter(torch.randn(height, width))
        self.recurrence = recurrence(cell, width, width, layers)
        self.last = nn.Linear(width, channels * picture_width)
        self.output = nn.Tanh() if output == "tanh" else nn.Identity()
        self.row_shape = (channels, picture_width)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        steps = self.first(self.join(latent, condition))[:, None] + self.rows  # N x H x width
        rows = self.last(self.recurrence(steps)[0]).unflatten(2, self.row_shape)  # N x H x C x W
        return self.output(rows.transpose(1, 2))


@register_network("rnn-discriminator")
class RNNDiscriminator(Discriminator):
    """Reads the rows of a picture or the steps of a series.

    picture (N x C x H x W) or series (N x T x W) -> recurrent network -> the mean of its states -> logits (N). With
    classes the last layer is a projection head (Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        shape: Channels, height and width of a picture, or length and width of a series.
        classes: Number of classes, 0 without labels.
        cell, width, layers: Of the recurrent network.
        bidirectional: Whether a second network reads from the end to the beginning.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        *,
        cell: Cell = "gru",
        width: Width = 256,
        layers: Layers = 1,
        bidirectional: bool = True,
    ):
        super().__init__()
        inputs = shape[0] * shape[2] if len(shape) == 3 else shape[1]
        self.recurrence = recurrence(cell, inputs, width, layers, bidirectional)
        self.head = ProjectionHead(width * (1 + bidirectional), classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        rows = sample.transpose(1, 2).flatten(2) if sample.ndim == 4 else sample  # N x H x C*W
        # cuDNN cannot differentiate its recurrent kernels twice, which a gradient penalty needs of samples that require
        # a gradient
        cudnn = torch.backends.cudnn
        enabled = cudnn.enabled and not sample.requires_grad
        with cudnn.flags(enabled=enabled, benchmark=cudnn.benchmark, deterministic=cudnn.deterministic):
            states = self.recurrence(rows)[0]
        return DiscriminatorOutput(self.head(states.mean(dim=1), condition))
