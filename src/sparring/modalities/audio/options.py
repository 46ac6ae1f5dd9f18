"""What a person may ask about sounds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...data.options import ENCODING, LABEL_LEVEL, DataOptions

MIN_RATE, MAX_RATE = 4_000, 192_000  # Hz


class AudioOptions(DataOptions):
    """Options of sounds."""

    rate: int | None = Field(
        None,
        ge=MIN_RATE,
        le=MAX_RATE,
        description="Of sounds: samples a second, such as 16000; files of another rate are resampled. Default: the "
        "most frequent rate of the files.",
        json_schema_extra={"metavar": "HZ"},
    )
    seconds: float | None = Field(
        None,
        ge=0.01,
        le=60,
        description="Of sounds: how much is learned at once; shorter sounds end earlier. Default: that of the sounds "
        "up to 2 seconds, and windows of 1 second of longer recordings.",
        json_schema_extra={"metavar": "SECONDS"},
    )
    channels: Literal["auto", "mono", "stereo"] = Field(
        "auto", description="Of sounds: mono or stereo. Default: stereo where most files have two sides that differ."
    )
    encoding: str | None = ENCODING
    label_level: Literal["first", "leaf"] = LABEL_LEVEL
