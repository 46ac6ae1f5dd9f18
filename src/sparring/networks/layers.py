"""Layers, types of options and size arithmetic that several families share."""

from __future__ import annotations

from typing import Annotated, TypeVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.utils.parametrizations import spectral_norm

from .base import Condition, class_condition

ImageShape = tuple[int, int, int]  # channels, height, width
Count = Annotated[int, Field(ge=1, le=64)]  # blocks or stages
Width = Annotated[int, Field(ge=1, le=16384)]  # units or channels of a layer
Widths = Annotated[tuple[Width, ...], Field(min_length=1, max_length=64)]
Kernel = Annotated[int, Field(ge=2, le=15)]  # pixels a side
Share = Annotated[float, Field(ge=0, lt=1)]
_Layer = TypeVar("_Layer", bound=nn.Module)


def spectrally_normalised(layer: _Layer, on: bool) -> _Layer:
    """The same layer; where `on`, its weight is divided by an estimate of its largest singular value from now on.

    Miyato et al. 2018 (arXiv:1802.05957), eq. 8 and algorithm 1: one power iteration each time the weight is used in
    training.
    """
    if on:
        spectral_norm(layer)
    return layer


class ZeroConv(nn.Conv2d):
    """A 3x3 convolution that begins at 0 whatever the initialisation, so that a residual branch begins as nothing."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 3, padding=1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


class JoinedLabel(nn.Module):
    """Appends a learned embedding of the class to a vector. N x features -> N x `width`.

    Mirza & Osindero 2014 (arXiv:1411.1784). Without classes it passes the vector through, so that a network is written
    once.
    """

    def __init__(self, features: int, classes: int, embedding: int = 50):
        super().__init__()
        self.embedding = nn.Embedding(classes, embedding) if classes else None
        self.width = features + (embedding if classes else 0)

    def forward(self, vector: Tensor, condition: Condition) -> Tensor:
        if self.embedding is None:
            return vector
        return torch.cat([vector, self.embedding(class_condition(condition))], dim=1)


class ProjectionHead(nn.Module):
    """A logit from features; with classes, plus the inner product of features and class embedding. N x features -> N.

    Miyato & Koyama 2018 (arXiv:1802.05637), eq. 3 and figure 1d.
    """

    def __init__(self, features: int, classes: int):
        super().__init__()
        self.linear = nn.Linear(features, 1)
        self.embedding = nn.Embedding(classes, features) if classes else None
        if self.embedding is not None:  # torch's N(0, 1) would drown the unconditional logit at the start
            nn.init.normal_(self.embedding.weight, 0.0, 0.02)

    def forward(self, features: Tensor, condition: Condition) -> Tensor:
        logits = self.linear(features).squeeze(1)
        if self.embedding is None:
            return logits
        return logits + (self.embedding(class_condition(condition)) * features).sum(dim=1)


class HalvingConv(nn.Conv2d):
    """A convolution of stride 2 whose output side is ceil(n / 2) for every kernel and every n ("same" padding)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True):
        super().__init__(inputs, outputs, kernel, stride=2, padding=(kernel - 1) // 2, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size[0] % 2 == 0:
            x = pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        return super().forward(x)


class GrowingConv(nn.ConvTranspose2d):
    """A transposed convolution of stride 1 or 2 with "same" padding, cut to `size` (height, width)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, size: tuple[int, int], bias: bool = True):
        crop = max(0, (kernel - stride) // 2) if stride == 1 else max(0, (kernel - stride + 1) // 2)
        extra = max(0, 2 * crop + stride - kernel)
        super().__init__(inputs, outputs, kernel, stride=stride, padding=crop, output_padding=extra, bias=bias)
        self.size = size

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return super().forward(x)[:, :, : self.size[0], : self.size[1]]


def halvings(height: int, width: int, max_side: int, min_halvings: int) -> int:
    """How often to halve a picture until its shorter side is at most `max_side`; at least `min_halvings` times."""
    if max_side < 1:
        raise ValueError("the side at which halving ends is at least 1")
    times = min_halvings
    while -(-min(height, width) // 2**times) > max_side:
        times += 1
    return times


def halved(height: int, width: int, times: int) -> tuple[int, int]:
    """Height and width after `times` halvings, rounded up each time."""
    return -(-height // 2**times), -(-width // 2**times)
