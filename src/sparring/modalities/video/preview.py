"""Films in one look, as strips of frames, and in motion, side by side."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from ...data.source import Source
from ..drawing import png, shown_values
from ..image.preview import sheet
from .codec import VideoCodec
from .encode import animation, pictures

STRIP = 12  # frames of a strip, at most
ROWS = 10  # strips of a preview
SMALL = 64  # pixels of a side, to which films that are shown side by side are enlarged
COMPARED = 6  # films of each side


def files(values: np.ndarray, codec: VideoCodec, columns: int = 8) -> dict[str, bytes]:
    """Strips as .png, the first film of each row of a sheet; and as .webp all films of it, playing side by side."""
    rows = values[:: max(1, columns)] if len(values) > max(columns, ROWS) else values
    moving = animation(side_by_side(values, columns), codec.fps, ".webp")
    return {".png": png(strips(rows[:ROWS])), ".webp": moving}


def strips(films: np.ndarray) -> Image.Image:
    """Films, N x F x C x H x W, one a row, time from left to right: all frames, or STRIP of them evenly spread."""
    count = min(STRIP, films.shape[1])
    chosen = np.linspace(0, films.shape[1] - 1, count).round().astype(int)
    return sheet(films[:, chosen].reshape(-1, *films.shape[2:]), count)


def side_by_side(films: np.ndarray, columns: int | None = None) -> list[Image.Image]:
    """Films, N x F x C x H x W, as the frames of one film that shows them all; small ones are enlarged."""
    columns = columns or math.ceil(math.sqrt(len(films)))
    if len(films) == 1:
        return pictures(films[0])
    times = max(1, -(-SMALL // max(films.shape[3:])))
    return [
        sheet(films[:, moment].repeat(times, axis=2).repeat(times, axis=3), columns) for moment in range(films.shape[1])
    ]


def compared(generated: Source, real: Source) -> Image.Image:
    """Strips of generated films above those of real ones."""
    mine, theirs = (values[:COMPARED] for values in shown_values(generated, real))
    above, below = strips(mine), strips(theirs)
    whole = Image.new(above.mode, (above.width, above.height + below.height + 8), "white")
    whole.paste(above, (0, 0))
    whole.paste(below, (0, above.height + 8))
    return whole
