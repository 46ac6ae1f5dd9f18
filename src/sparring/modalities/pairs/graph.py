"""The codecs of both sides of pairs as modules, for graphs that are exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import UserError
from ..image.graph import DecodePictures, EncodePictures, input_dtype
from .codec import Side
from .maps import MapCodec


class EncodeMaps(nn.Module):
    """uint8 N x 1 x H x W class numbers -> float32 N x classes x H x W, see MapCodec."""

    def __init__(self, codec: MapCodec):
        super().__init__()
        self.count = codec.shape[0]

    def forward(self, maps: Tensor) -> Tensor:
        return (maps.int() == torch.arange(self.count, dtype=torch.int32).view(1, -1, 1, 1)).float()


class DecodeMaps(nn.Module):
    """N x classes x H x W -> uint8 N x 1 x H x W: the class with the largest value."""

    def forward(self, tensor: Tensor) -> Tensor:
        return tensor.argmax(dim=1, keepdim=True).to(torch.uint8)


def encode_module(side: Side) -> nn.Module:
    """What turns the values of a side into tensors."""
    return EncodeMaps(side) if isinstance(side, MapCodec) else EncodePictures(side)


def decode_module(side: Side) -> nn.Module:
    """What turns tensors into the values of a side."""
    return DecodeMaps() if isinstance(side, MapCodec) else DecodePictures(side)


def values_of(side: Side, given: Tensor) -> np.ndarray:
    """What a graph takes, N x C x H x W, as values of the codec. Raises UserError where a graph cannot take it."""
    if isinstance(side, MapCodec) or side.scale.is_plain:
        return given.numpy()
    if side.channels in (2, 4):
        raise UserError("inputs with opacity that are deeper than 8 bits cannot be exported")
    return np.stack([side.scale.scaled(each.transpose(1, 2, 0)).transpose(2, 0, 1) for each in given.numpy()])


def numbers_of(side: Side, values: np.ndarray) -> np.ndarray:
    """Values of the codec as the numbers of the data, which a graph makes."""
    return values if isinstance(side, MapCodec) else side.scale.restored_pictures(values)


def example(side: Side, count: int, height: int, width: int) -> Tensor:
    """Random values of a side, always the same ones."""
    rng = torch.Generator().manual_seed(0)
    if isinstance(side, MapCodec):
        return torch.randint(side.shape[0], (count, 1, height, width), generator=rng, dtype=torch.uint8)
    shares = torch.rand((count, side.shape[0], height, width), generator=rng)
    values = side.scale.low + shares * (side.scale.high - side.scale.low)
    return values.to(input_dtype(side))


def page_facts(given: Side, made: Side) -> dict[str, Any] | None:
    """How a page shows pictures before and after; None for what a browser does not read or show as it is.

    inputs: channels. palette: of label maps, the colour of each class; None for pictures.
    """
    if isinstance(given, MapCodec) or not given.scale.is_plain or given.channels not in (1, 3):
        return None
    if not isinstance(made, MapCodec) and not made.scale.is_plain:
        return None
    palette = [list(colour) for colour in made.legend.palette] if isinstance(made, MapCodec) else None
    return {"kind": "translator", "inputs": given.channels, "palette": palette}
