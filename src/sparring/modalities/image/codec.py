"""How pictures become tensors and come back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from ...data.source import Fit, PictureSource, Source
from ...errors import UserError
from .scale import WHITE, Scale, scale_from

FORMAT = 2  # of codec.json
# value range -> (scale, offset) with value = (x + offset) * scale
RANGES = {"symmetric": (127.5, 1.0), "unit": (255.0, 0.0)}
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class ImageCodec:
    """Values N x C x H x W from 0 to 255 <-> float32 tensors in [-1, 1] (symmetric) or [0, 1] (unit).

    Every uint8 value comes back exactly. fit: how other pictures are brought to this size (see fit.fitted). scale:
    what the values mean in the data's own numbers.
    """

    channels: int
    height: int
    width: int
    value_range: str = "symmetric"
    fit: str = "crop"
    mode: str = "RGB"
    scale: Scale = Scale()
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
        values = self.unrounded(tensor).clamp_(0, WHITE)
        return (values.round_().to(torch.uint8) if self.scale.eight_bit else values).numpy()

    def unrounded(self, tensor: torch.Tensor) -> torch.Tensor:
        """The decoded values before they are rounded and clipped: float32, about 0 to 255."""
        scale, offset = RANGES[self.value_range]
        return torch.nan_to_num(tensor.detach().to("cpu", torch.float32), nan=-offset).add(offset).mul_(scale)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        factor, offset = RANGES[self.value_range]
        value = f"clip((x + {offset:g}) * {factor:g}, 0, 255)"
        low, high, kind = self.scale.low, self.scale.high, self.scale.kind
        own = f"uint8 = round({value})" if self.scale.is_plain else f"{kind} = {low:g} + {value} * {high - low:g} / 255"
        formula = f"{own}, then channels x height x width -> {self.mode}"
        return {"modality": "image", "image_format": FORMAT, **asdict(self), "decode": formula}


def codec_from(description: dict[str, Any]) -> ImageCodec:
    """The inverse of ImageCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "image":
        raise UserError("codec.json is not a description of pictures: use the version of sparring that wrote it.")
    if description.get("image_format") != FORMAT:
        raise UserError(
            f"codec.json describes pictures in format {description.get('image_format', 1)}, and this version of "
            f"sparring reads {FORMAT} only: use the version that wrote it."
        )
    try:
        plain = {name: description[name] for name in ("channels", "height", "width", "value_range", "fit", "mode")}
        codec = ImageCodec(**plain, scale=scale_from(description["scale"]))
        if MODES[codec.channels] != codec.mode or codec.value_range not in RANGES or min(codec.shape) < 1:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise UserError(
            "codec.json is damaged: its channels, size, mode, scale or value_range are missing or do not go together."
        ) from None
    return codec


def fit_codec(source: Source, value_range: str = "symmetric") -> ImageCodec:
    """The codec for a source of pictures."""
    channels, height, width = source.shape
    fit, scale = fit_and_scale(source)
    return ImageCodec(channels, height, width, value_range, fit, MODES[channels], scale)


def fit_and_scale(source: Source) -> tuple[Fit, Scale]:
    """How the pictures of a source were brought to one size, and what their values mean."""
    if not isinstance(source.origin, PictureSource):
        return "crop", Scale()
    return source.origin.fit, source.origin.scale or Scale()
