"""The codec of films as a module, for graphs that are exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .codec import RANGES, VideoCodec


class DecodeFilms(nn.Module):
    """Tensors of the generator -> N x frames x channels x height x width, uint8."""

    def __init__(self, codec: VideoCodec):
        super().__init__()
        self.scale, self.offset = RANGES[codec.value_range]

    def forward(self, tensor: Tensor) -> Tensor:
        return ((tensor + self.offset) * self.scale).clamp(0, 255).round().to(torch.uint8)
