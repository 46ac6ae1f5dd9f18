"""Pictures as PIL images: one by one, or many on one sheet."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .scale import Scale

GAP = 2  # pixels between the pictures of a sheet
CELL = 32  # smaller pictures are enlarged to at least this
PIL_KINDS = {"uint8": "uint8", "uint16": "uint16", "int16": "int32", "int32": "int32", "float32": "float32"}
SQUARE = 8  # pixels of the checkered ground that shows through transparency


def images(values: np.ndarray) -> list[Image.Image]:
    """Values N x C x H x W -> a PIL image each, of 8 bits: L, LA, RGB or RGBA."""
    return [as_image(item.transpose(1, 2, 0)) for item in in_8_bits(values)]


def in_8_bits(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 255 of any type as uint8."""
    return values if values.dtype == np.uint8 else np.rint(values).clip(0, 255).astype(np.uint8)


def as_image(numbers: np.ndarray) -> Image.Image:
    """H x W x C as a PIL image."""
    return Image.fromarray(np.ascontiguousarray(numbers[..., 0] if numbers.shape[2] == 1 else numbers))


def items(values: np.ndarray, scale: Scale) -> list[Image.Image | np.ndarray]:
    """Values N x C x H x W in the data's own numbers: PIL images where PIL has a mode for them, else arrays H x W x C.

    PIL has modes for 8 bits, and for grey of 16 bits (I;16), of 32 bits (I) and of floating-point numbers (F).
    """
    own = scale.restored_pictures(values).transpose(0, 2, 3, 1)
    kind = PIL_KINDS.get(own.dtype.name) if own.shape[3] == 1 else "uint8" if own.dtype == np.uint8 else None
    return [as_image(item.astype(kind)) if kind else item for item in own]


def sheet(values: np.ndarray, columns: int) -> Image.Image:
    """Values N x C x H x W -> one sheet, of 8 bits, with so many columns and white gaps.

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
