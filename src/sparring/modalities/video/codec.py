"""How films become tensors and come back, with their frame rate."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from .options import MAX_RATE

# value range -> (scale, offset) with value = (x + offset) * scale
RANGES = {"symmetric": (127.5, 1.0), "unit": (255.0, 0.0)}


@dataclass(frozen=True)
class VideoCodec:
    """Films N x frames x channels x height x width, uint8 <-> float32 tensors in [-1, 1] or [0, 1].

    Every value comes back exactly. Films of another number of frames are decoded too.

    Attributes:
        frames: Of a film as it was learned.
        fps: Frames a second.
        whole: Is every film learned from its beginning?
        fit: How other frames are brought to the size.
    """

    frames: int
    channels: int
    height: int
    width: int
    fps: float
    whole: bool
    fit: str = "crop"
    value_range: str = "symmetric"
    input: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return self.frames, self.channels, self.height, self.width

    @property
    def layout(self) -> bool:
        """Whether films begin at a certain moment, so that the time since then says something."""
        return self.whole

    def encode(self, values: np.ndarray) -> Tensor:
        scale, offset = RANGES[self.value_range]
        return torch.tensor(values, dtype=torch.float32).div_(scale).sub_(offset)

    def decode(self, tensor: Tensor) -> np.ndarray:
        """Values outside of the range are clipped. Values that are not numbers become black."""
        scale, offset = RANGES[self.value_range]
        values = torch.nan_to_num(tensor.detach().to("cpu", torch.float32), nan=-offset).add(offset).mul_(scale)
        return values.clamp_(0, 255).round_().to(torch.uint8).numpy()

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        factor, offset = RANGES[self.value_range]
        formula = f"uint8 = round(clip((x + {offset:g}) * {factor:g}, 0, 255)), frames x channels x height x width"
        return {"modality": "video", **asdict(self), "decode": formula}


def fit_codec(source: Any, value_range: str = "symmetric") -> VideoCodec:
    """The codec for a source of films."""
    origin, (frames, channels, height, width) = source.origin, source.shape
    return VideoCodec(frames, channels, height, width, origin.fps, origin.whole, origin.fit, value_range)


def codec_from(description: dict[str, Any]) -> VideoCodec:
    """The inverse of VideoCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "video":
        raise UserError("codec.json is not a description of films: use the version of sparring that wrote it.")
    names = ("frames", "channels", "height", "width", "fps", "whole", "fit", "value_range")
    try:
        codec = VideoCodec(**{name: description[name] for name in names})
        known = codec.channels in (1, 3) and codec.value_range in RANGES and codec.whole in (True, False)
        if not known or min(codec.shape) < 1 or not 0 < codec.fps <= MAX_RATE:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise UserError(
            "codec.json is damaged: its frames, channels, size or frame rate are missing or do not go together."
        ) from None
    return codec


def at_rate(codec: VideoCodec, fps: float) -> VideoCodec:
    """The codec of the same films at another rate. Raises UserError for a rate that cannot be."""
    if not 0 < fps <= MAX_RATE:
        raise UserError(f"{fps:g} frames a second cannot be played: give a number above 0, {MAX_RATE:g} at most")
    return replace(codec, fps=fps)
