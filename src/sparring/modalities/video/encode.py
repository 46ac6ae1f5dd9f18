"""Frames as the bytes of a film: GIF, lossless WebP, or MP4 where PyAV is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..image.preview import as_image

KINDS = {".webp": "WEBP", ".gif": "GIF"}


def animation(frames: Sequence[Image.Image], fps: float, suffix: str) -> bytes:
    """An animated picture that repeats without end. suffix: a key of KINDS. Every frame is kept as it is in a WebP."""
    ends = [round(1000 * (index + 1) / fps) for index in range(len(frames))]  # so that rounding does not add up
    shown = [max(1, end - start) for start, end in zip([0, *ends], ends, strict=False)]
    exact = {"lossless": True, "quality": 50, "method": 2, "exact": True} if suffix == ".webp" else {"disposal": 1}
    buffer = io.BytesIO()
    frames[0].save(buffer, KINDS[suffix], save_all=True, append_images=frames[1:], duration=shown, loop=0, **exact)
    return buffer.getvalue()


def pictures(film: np.ndarray) -> list[Image.Image]:
    """The frames of a film, F x C x H x W uint8: grey or colour."""
    return [as_image(frame.transpose(1, 2, 0)) for frame in film]
