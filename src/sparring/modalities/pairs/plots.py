"""Sheets for a person: inputs, outputs and targets."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..image import preview
from .codec import PairCodec, as_pictures


def sheet(codec: PairCodec, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray | None = None) -> Image.Image:
    """One row for each example: input, output and, where there is one, target.

    All are colour pictures at the size of the larger side.
    """
    columns = [as_pictures(codec.input, inputs), as_pictures(codec.output, outputs)]
    if targets is not None:
        columns.append(as_pictures(codec.output, targets))
    height, width = (max(values.shape[axis] for values in columns) for axis in (2, 3))
    shown = np.stack([_alike(values, height, width) for values in columns], axis=1)
    return preview.sheet(shown.reshape(-1, 3, height, width), len(columns))


def _alike(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """N x 3 x height x width, enlarged by the nearest pixel.

    Transparent pixels become magenta, which pictures hardly hold.
    """
    found = np.empty((len(values), 3, height, width), np.uint8)
    for row, picture in enumerate(preview.images(values)):
        if "A" in picture.getbands():
            background = Image.new("RGBA", picture.size, (255, 0, 255, 255))
            picture = Image.alpha_composite(background, picture.convert("RGBA"))
        found[row] = np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.NEAREST)).transpose(
            2, 0, 1
        )
    return found
