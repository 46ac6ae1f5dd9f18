"""Pictures as PIL images: one by one, or many on one sheet."""

from __future__ import annotations

import numpy as np
from PIL import Image

GAP = 2  # pixels between the pictures of a sheet
CELL = 32  # smaller pictures are enlarged to at least this
SQUARE = 8  # pixels of the checkered ground that shows through transparency


def images(values: np.ndarray) -> list[Image.Image]:
    """uint8 N x C x H x W -> a PIL image each: L, LA, RGB or RGBA."""
    return [
        Image.fromarray(np.ascontiguousarray(item[0] if len(item) == 1 else item.transpose(1, 2, 0))) for item in values
    ]


def sheet(values: np.ndarray, columns: int) -> Image.Image:
    """uint8 N x C x H x W -> one sheet with so many columns and white gaps.

    Small pictures are enlarged by whole factors.
    """
    count, channels, height, width = values.shape
    factor = max(1, -(-CELL // max(height, width)))
    high, wide = height * factor, width * factor
    columns = max(1, min(columns, count))
    rows = -(-count // columns)
    whole = Image.new(
        "L" if channels == 1 else "RGB", (columns * (wide + GAP) - GAP, rows * (high + GAP) - GAP), "white"
    )
    for index, picture in enumerate(images(values)):
        place = ((index % columns) * (wide + GAP), (index // columns) * (high + GAP))
        whole.paste(flat(picture.resize((wide, high), Image.Resampling.NEAREST)), place)
    return whole


def flat(picture: Image.Image) -> Image.Image:
    """Without transparency: a checkered ground shows through it."""
    if "A" not in picture.getbands():
        return picture
    down, across = np.indices((picture.height, picture.width)) // SQUARE
    ground = Image.fromarray(np.where((down + across) % 2, 204, 255).astype(np.uint8)).convert("RGBA")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
