"""Sheets for a person: what was given, what was made of it, and the truth."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..image.preview import items, preview
from .codec import PairCodec, pictures


def sheet(codec: PairCodec, given: np.ndarray, made: np.ndarray, truth: np.ndarray | None = None) -> Image.Image:
    """A row each: given, made, truth (where there is one); all at the size of the larger side, as colour pictures."""
    columns = [pictures(codec.given, given), pictures(codec.made, made)]
    if truth is not None:
        columns.append(pictures(codec.made, truth))
    height, width = (max(values.shape[axis] for values in columns) for axis in (2, 3))
    shown = np.stack([_alike(values, height, width) for values in columns], axis=1)
    return preview(shown.reshape(-1, 3, height, width), len(columns))


def _alike(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """N x 3 x height x width, enlarged by the nearest pixel; holes are magenta, which no picture is by chance."""
    found = np.empty((len(values), 3, height, width), np.uint8)
    for row, picture in enumerate(items(values)):
        if "A" in picture.getbands():
            ground = Image.new("RGBA", picture.size, (255, 0, 255, 255))
            picture = Image.alpha_composite(ground, picture.convert("RGBA"))
        found[row] = np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.NEAREST)).transpose(2, 0, 1)
    return found
