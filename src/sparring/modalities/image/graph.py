"""The codec of pictures as modules, for graphs that are exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .codec import RANGES, ImageCodec
from .scale import WHITE


class _Numbers(nn.Module):
    """The straight lines between the numbers of the data and values from 0 to 255: one for each channel.

    low, step: C x 1 x 1. The last of two or four channels is opacity, which has a line of its own.
    """

    low: Tensor
    step: Tensor

    def __init__(self, codec: ImageCodec):
        super().__init__()
        scale, opaque = codec.scale, codec.channels in (2, 4)
        ends = [(scale.low, scale.high)] * (codec.channels - opaque) + [(0.0, scale.peak)] * opaque
        self.register_buffer("low", torch.tensor([low for low, _ in ends]).view(-1, 1, 1))
        self.register_buffer("step", torch.tensor([(high - low) / WHITE for low, high in ends]).view(-1, 1, 1))
        self.factor, self.offset = RANGES[codec.value_range]
        self.plain, self.eight_bit = scale.is_plain, scale.eight_bit
        self.whole = not scale.kind.startswith("float")


class EncodePictures(_Numbers):
    """N x C x H x W in the numbers of the data -> tensors as the network takes them."""

    def forward(self, pictures: Tensor) -> Tensor:
        values = pictures.float() if self.plain else ((pictures - self.low) / self.step).clamp(0, WHITE)
        values = values.round() if self.eight_bit else values
        return values / self.factor - self.offset


class DecodePictures(_Numbers):
    """Tensors of the network -> N x C x H x W in the numbers of the data: uint8 for ordinary pictures, else float32."""

    def forward(self, tensor: Tensor) -> Tensor:
        values = ((tensor + self.offset) * self.factor).clamp(0, WHITE)
        values = values.round() if self.eight_bit else values
        if self.plain:
            return values.to(torch.uint8)
        numbers = self.low + values * self.step
        return numbers.round() if self.whole else numbers


def input_dtype(codec: ImageCodec) -> torch.dtype:
    """Of the pictures that EncodePictures takes."""
    return torch.uint8 if codec.scale.is_plain else torch.float32
