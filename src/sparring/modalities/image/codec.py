"""How pictures become tensors and come back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from ...data.source import PictureSource, Source
from ...errors import UserError

# value range -> (scale, offset) with uint8 = (x + offset) * scale
RANGES = {"symmetric": (127.5, 1.0), "unit": (255.0, 0.0)}
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class ImageCodec:
    """uint8 N x C x H x W <-> float32 tensors in [-1, 1] (symmetric) or [0, 1] (unit).

    Every uint8 value comes back exactly. fit: how other pictures are brought to this size (see decode.fitted).
    """

    channels: int
    height: int
    width: int
    value_range: str = "symmetric"
    fit: str = "crop"
    mode: str = "RGB"
    input: ClassVar[None] = None
    layout: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    def encode(self, values: np.ndarray) -> torch.Tensor:
        scale, offset = RANGES[self.value_range]
        return torch.tensor(values, dtype=torch.float32).div_(scale).sub_(offset)

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        """Values outside of the range are clipped. Values that are not numbers become black."""
        return self.unrounded(tensor).round_().clamp_(0, 255).to(torch.uint8).numpy()

    def unrounded(self, tensor: torch.Tensor) -> torch.Tensor:
        """The decoded values before they are rounded and clipped: float32, about 0 to 255."""
        scale, offset = RANGES[self.value_range]
        return torch.nan_to_num(tensor.detach().to("cpu", torch.float32), nan=-offset).add(offset).mul_(scale)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        scale, offset = RANGES[self.value_range]
        formula = (
            f"uint8 = clip(round((x + {offset:g}) * {scale:g}), 0, 255), then channels x height x width -> {self.mode}"
        )
        return {"modality": "image", **asdict(self), "scale": scale, "offset": offset, "decode": formula}


def codec_from(description: dict[str, Any]) -> ImageCodec:
    """The inverse of ImageCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "image":
        raise UserError("codec.json is not a description of pictures: use the version of sparring that wrote it.")
    try:
        codec = ImageCodec(
            **{name: description[name] for name in ("channels", "height", "width", "value_range", "fit", "mode")}
        )
        if MODES[codec.channels] != codec.mode or codec.value_range not in RANGES or min(codec.shape) < 1:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise UserError(
            "codec.json is damaged: its channels, size, mode or value_range are missing or do not go together."
        ) from None
    return codec


def fit_codec(source: Source, value_range: str = "symmetric") -> ImageCodec:
    """The codec for a source of pictures."""
    channels, height, width = source.shape
    fit = source.origin.fit if isinstance(source.origin, PictureSource) else "crop"
    return ImageCodec(channels, height, width, value_range, fit, MODES[channels])
