"""Write pictures to files. The same pictures give the same bytes."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ...util.files import write_bytes
from .preview import flat, images, sheet

SHEETS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def write(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool = False) -> list[Path]:
    """Write uint8 N x C x H x W to one picture (.png, .jpg, .webp), .npz, a .zip of PNGs, or a folder of PNGs.

    Several pictures, or any number with `grid`, become one sheet where `out` is one picture. Labels (class names) are
    written as labels.csv beside the pictures, or into the .npz. Returns the paths. Raises UserError for another
    suffix.
    """
    out, suffix = Path(out), Path(out).suffix.lower()
    if out.is_dir() or not suffix:
        return _folder(values, labels, out, grid)
    if suffix in SHEETS:
        data = _encoded(images(values)[0] if len(values) == 1 and not grid else _sheet(values), SHEETS[suffix])
    elif suffix == ".npz":
        data = _npz(values, labels)
    elif suffix == ".zip":
        data = _zip(_files(values, labels, grid))
    else:
        raise UserError(
            f"Pictures cannot be written as {suffix} ({out}): use {', '.join(SHEETS)}, .npz, .zip, or a folder's "
            "name without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, data)
    return [out]


def _folder(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in _files(values, labels, grid):
        (out / name).write_bytes(
            data
        )  # not flushed to the disk each: there may be thousands, and they can be made again
        written.append(out / name)
    return written


def _files(values: np.ndarray, labels: Sequence[str] | None, grid: bool) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield "grid.png", _encoded(_sheet(values), "PNG")
        return
    names = [f"{index:06d}.png" for index in range(len(values))]
    for name, value in zip(names, values, strict=True):
        yield name, _encoded(images(value[None])[0], "PNG")
    if labels is not None:
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows([("file", "label"), *zip(names, labels, strict=True)])
        yield "labels.csv", table.getvalue().encode()


def _sheet(values: np.ndarray) -> Image.Image:
    return sheet(values, math.ceil(math.sqrt(len(values))))


def _encoded(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "JPEG":
        flat(picture).save(buffer, kind, quality=95, subsampling=0)
    else:
        (picture.convert("RGBA") if kind == "WEBP" and picture.mode == "LA" else picture).save(
            buffer, kind, **({"lossless": True} if kind == "WEBP" else {})
        )
    return buffer.getvalue()


def _npz(values: np.ndarray, labels: Sequence[str] | None) -> bytes:
    """N x H x W x C, as most tools (and sparring itself) read arrays of pictures."""
    buffer = io.BytesIO()
    arrays = {"images": values.transpose(0, 2, 3, 1)} | (
        {} if labels is None else {"labels": np.array(labels, dtype=str)}
    )
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            about = zipfile.ZipInfo(name)  # dated 1980, so that the bytes do not depend on the time
            about.create_system = 3
            archive.writestr(about, data)
    return buffer.getvalue()
