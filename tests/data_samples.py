"""Small data made on the spot."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
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


def classes(
    prefix: str = "", names: tuple[str, ...] = ("cat", "dog"), each: int = 20, start: int = 0
) -> dict[str, bytes]:
    """Small PNG files in class folders."""
    return {
        f"{prefix}{name}/{index}.png": png(picture(start + 1000 * place + index))
        for place, name in enumerate(names)
        for index in range(each)
    }


def packed_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def packed_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:" + path.suffix[1:].replace("tar", "").replace("tgz", "gz")) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def mnist_like(count: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 6, 5), dtype=np.uint8), np.arange(count, dtype=np.uint8) % 3


def everything(source, split="train") -> np.ndarray:
    return source.values(np.arange(source.count(split)), split)


def holds(source, values, labels=None, split="train") -> bool:
    """Whether the split holds just these values with these labels.

    A source orders them by content, not as they lie on the disk.
    """
    indices = np.arange(source.count(split))
    found_labels = source.labels(indices, split) if labels is not None else np.zeros(len(indices))
    wanted_labels = labels if labels is not None else np.zeros(len(values))
    found = sorted(
        (value.tobytes(), int(label)) for value, label in zip(source.values(indices, split), found_labels, strict=True)
    )
    return found == sorted(
        (np.ascontiguousarray(value).tobytes(), int(label)) for value, label in zip(values, wanted_labels, strict=True)
    )
