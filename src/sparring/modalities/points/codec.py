"""How points become tensors and come back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from ...data.source import Source
from ...errors import UserError


@dataclass(frozen=True)
class PointsCodec:
    """float32 N x D <-> tensors.

    Points are divided by `scale`, which brings them into [-1, 1]; "unit" then moves them to [0, 1].
    """

    dimensions: int
    scale: float
    value_range: str = "symmetric"
    input: ClassVar[None] = None
    layout: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int]:
        return (self.dimensions,)

    def encode(self, values: np.ndarray) -> torch.Tensor:
        tensor = torch.tensor(values, dtype=torch.float32) / self.scale
        return tensor if self.value_range == "symmetric" else (tensor + 1) / 2

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        tensor = tensor.detach().to("cpu", torch.float32)
        return ((tensor if self.value_range == "symmetric" else tensor * 2 - 1) * self.scale).numpy()

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        formula = f"point = {'x' if self.value_range == 'symmetric' else '(2 * x - 1)'} * {self.scale!r}"
        return {"modality": "points", **asdict(self), "decode": formula}


def codec_from(description: dict[str, Any]) -> PointsCodec:
    """The inverse of PointsCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "points":
        raise UserError("codec.json is not a description of points: use the version of sparring that wrote it.")
    try:
        codec = PointsCodec(int(description["dimensions"]), float(description["scale"]), description["value_range"])
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its dimensions, scale or value_range are missing.") from None
    if not (codec.dimensions > 0 and 0 < codec.scale < np.inf and codec.value_range in ("symmetric", "unit")):
        raise UserError("codec.json is damaged: its dimensions, scale or value_range cannot be.")
    return codec


def fit_codec(source: Source, value_range: str = "symmetric") -> PointsCodec:
    """The scale is the largest absolute coordinate of the training points."""
    largest = float(np.abs(source.values(np.arange(source.count("train")))).max())
    return PointsCodec(source.shape[0], largest or 1.0, value_range)
