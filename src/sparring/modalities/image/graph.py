"""The codec of pictures as modules, for graphs that are exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .codec import RANGES, ImageCodec
from .scale import WHITE


class EncodePictures(nn.Module):
    """N x C x H x W in the numbers of the data -> tensors as the network takes them."""

    def __init__(self, codec: ImageCodec):
        super().__init__()
        self.factor, self.offset = RANGES[codec.value_range]
        self.low, self.step = codec.scale.low, (codec.scale.high - codec.scale.low) / WHITE

    def forward(self, pictures: Tensor) -> Tensor:
        values = (pictures.float() - self.low) / self.step
        return values.clamp(0, WHITE) / self.factor - self.offset


class DecodePictures(nn.Module):
    """Tensors of the network -> N x C x H x W in the numbers of the data: whole ones as uint8, others as float32."""

    def __init__(self, codec: ImageCodec):
        super().__init__()
        self.factor, self.offset = RANGES[codec.value_range]
        self.low, self.step = codec.scale.low, (codec.scale.high - codec.scale.low) / WHITE
        self.plain = codec.scale.is_plain

    def forward(self, tensor: Tensor) -> Tensor:
        values = ((tensor + self.offset) * self.factor).clamp(0, WHITE)
        return values.round().to(torch.uint8) if self.plain else self.low + values * self.step


def input_dtype(codec: ImageCodec) -> torch.dtype:
    """Of the pictures that EncodePictures takes."""
    return torch.uint8 if codec.scale.is_plain else torch.float32
