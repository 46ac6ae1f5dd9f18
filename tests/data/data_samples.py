"""Small data made on the spot."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def picture(number: int, size: tuple[int, int] = (8, 8), mode: str = "RGB") -> Image.Image:
    """A picture of noise that differs with the number; size is height, width."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(number).integers(0, 256, (*size, channels), dtype=np.uint8)
    return Image.fromarray(values[..., 0] if channels == 1 else values, mode if mode == "CMYK" else None)


def png(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def classes(prefix: str = "", names: tuple[str, ...] = ("cat", "dog"), each: int = 20, start: int = 0) -> dict[str, bytes]:
    """Small PNG files in class folders."""
    return {f"{prefix}{name}/{index}.png": png(picture(start + 1000 * place + index)) for place, name in enumerate(names) for index in range(each)}
