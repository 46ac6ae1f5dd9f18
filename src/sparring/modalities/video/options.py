"""What a person may ask about films."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...data.options import ENCODING, LABEL_LEVEL, DataOptions
from ...data.source import Fit
from ..image.options import FIT, SIZE, Size

MAX_RATE = 240.0  # frames a second
MAX_FRAMES = 128  # learned at once


class VideoOptions(DataOptions):
    """Options of films."""

    size: Size = SIZE
    fit: Fit | None = FIT
    fps: float | None = Field(
        None,
        gt=0,
        le=MAX_RATE,
        description="Of films: frames a second, such as 12; frames of films at another rate are held or left out. "
        "Default: the most frequent rate of the files.",
        json_schema_extra={"metavar": "FRAMES"},
    )
    frames: int | None = Field(
        None,
        ge=2,
        le=MAX_FRAMES,
        description="Of films: how many frames are learned at once. Default: as many as nearly all films have, up to "
        "16; longer films are cut into several.",
        json_schema_extra={"metavar": "FRAMES"},
    )
    encoding: str | None = ENCODING
    label_level: Literal["first", "leaf"] = LABEL_LEVEL
