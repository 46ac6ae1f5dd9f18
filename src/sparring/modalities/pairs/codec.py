"""How both sides of a pair become tensors and come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from ...errors import UserError
from ..image.codec import ImageCodec
from ..image.codec import codec_from as image_codec_from
from . import maps
from .maps import MapCodec

Side = ImageCodec | MapCodec
_KINDS: dict[str, Callable[[dict[str, Any]], Side]] = {"image": image_codec_from, "map": maps.codec_from}


@dataclass(frozen=True)
class PairCodec:
    """The codecs of inputs and outputs. `shape`, `encode` and `decode` are those of the outputs."""

    input: Side
    output: Side
    layout: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.output.shape

    def encode(self, values: np.ndarray) -> torch.Tensor:
        return self.output.encode(values)

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        return self.output.decode(tensor)

    def describe(self) -> dict[str, Any]:
        return {"modality": "pairs", "input": self.input.describe(), "output": self.output.describe()}


def codec_from(description: dict[str, Any]) -> PairCodec:
    """The inverse of PairCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    try:
        sides = [_KINDS[side["modality"]](side) for side in (description["input"], description["output"])]
    except (KeyError, TypeError):
        raise UserError("codec.json is damaged: it does not say what goes in and what comes out.") from None
    return PairCodec(*sides)


def as_image_codec(side: Side) -> ImageCodec:
    """The codec of the pictures that `as_pictures` makes."""
    return ImageCodec(3, side.height, side.width) if isinstance(side, MapCodec) else side


def as_pictures(side: Side, values: np.ndarray) -> np.ndarray:
    """Values of a side as pictures for a person: N x 1 to 4 x H x W from 0 to 255."""
    return side.coloured(values) if isinstance(side, MapCodec) else values
