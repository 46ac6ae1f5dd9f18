"""Write pictures to files. The same pictures give the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ..labelled_files import GRID, npz, with_labels, write_folder, write_whole, zipped
from ..labelled_files import names_in_folder as folder_names
from . import tiff
from .codec import ImageCodec
from .preview import as_image, flat, images, sheet
from .scale import Scale, shown

TIFF_SUFFIXES = (".tif", ".tiff")
SHEETS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def write(
    values: np.ndarray,
    labels: Sequence[str] | None,
    out: Path,
    grid: bool = False,
    codec: ImageCodec | None = None,
) -> list[Path]:
    """Write values N x C x H x W to one picture (.png, .jpg, .webp), .tif, .npz, a .zip, or a folder of pictures.

    Files hold the data's own numbers where they can: folders and .zip hold PNGs of 8 or 16 bits or TIFFs, a .tif every
    picture as a page, a .npz one array. Several pictures, or any number with `grid`, become one sheet of 8 bits where
    `out` is one picture. Labels (class names) are written as labels.csv beside the pictures, or into the .npz. Returns
    the paths. Raises UserError for another suffix.
    """
    out, suffix, scale = Path(out), Path(out).suffix.lower(), codec.scale if codec else Scale()
    if out.is_dir() or not suffix:
        return write_folder(_files(values, labels, grid, scale), out)
    if suffix in SHEETS:
        sheet_needed = grid or len(values) > 1
        whole = suffix == ".png" and not sheet_needed and _in_png(scale, values.shape[1])
        if whole:
            data = _picture(values[0], scale)
        else:
            data = _encoded(_sheet(values) if sheet_needed else images(values)[0], SHEETS[suffix])
    elif suffix in TIFF_SUFFIXES:
        data = tiff.write(list(scale.restored_pictures(values).transpose(0, 2, 3, 1)))
    elif suffix == ".npz":
        data = npz({"images": scale.restored_pictures(values).transpose(0, 2, 3, 1)}, labels)  # as most tools have it
    elif suffix == ".zip":
        data = zipped(_files(values, labels, grid, scale))
    else:
        raise UserError(
            f"Pictures cannot be written as {suffix} ({out}): use {', '.join((*SHEETS, *TIFF_SUFFIXES))}, .npz, .zip, "
            "or a folder's name without a dot."
        )
    return write_whole(data, out)


def names_in_folder(codec: ImageCodec, count: int, grid: bool) -> Iterator[str]:
    """The names of the files that `write` makes in a folder."""
    return folder_names(_names(count, codec.scale, codec.channels), grid)


def lost_in(out: Path, codec: ImageCodec, count: int, grid: bool) -> str:
    """What a file of this name cannot hold of so many pictures; "" where it holds them whole."""
    suffix, scale = out.suffix.lower(), codec.scale
    as_view = grid or (suffix in SHEETS and not out.is_dir())
    sheet_needed = grid or count > 1
    if not as_view or (suffix == ".png" and not sheet_needed and _in_png(scale, codec.channels)):
        return ""
    lost = []
    if codec.channels in (2, 4) and (sheet_needed or SHEETS.get(suffix) == "JPEG"):
        lost.append("transparency as white")
    if not scale.is_plain:
        lost.append(f"{shown(scale.low)} to {shown(scale.high)} in 8 bits")
    kept = "the samples" if scale.is_plain else f"the {scale}"
    return f"{out.name} shows {' and '.join(lost)}; a folder, .tif or .npz holds {kept} themselves" if lost else ""


def _in_png(scale: Scale, channels: int) -> bool:
    """Does a PNG hold these numbers?"""
    return scale.kind == "uint8" or (scale.kind == "uint16" and channels == 1)


def _picture(value: np.ndarray, scale: Scale) -> bytes:
    """C x H x W as a PNG where that holds its own numbers, else as a TIFF."""
    numbers = scale.restored_pictures(value[None])[0].transpose(1, 2, 0)
    return _encoded(as_image(numbers), "PNG") if _in_png(scale, len(value)) else tiff.write([numbers])


def picture_file(value: np.ndarray, scale: Scale, folder: Path, stem: str, number: int) -> Path:
    """Write one picture, C x H x W, as STEM-000001.png or .tif, with its own numbers. The folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{number:06d}{_suffix(scale, len(value))}"
    path.write_bytes(_picture(value, scale))
    return path


def _names(count: int, scale: Scale, channels: int) -> Iterator[str]:
    """Those of single pictures, in order."""
    return (f"{index:06d}{_suffix(scale, channels)}" for index in range(count))


def _suffix(scale: Scale, channels: int) -> str:
    return ".png" if _in_png(scale, channels) else ".tif"


def _files(values: np.ndarray, labels: Sequence[str] | None, grid: bool, scale: Scale) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, _encoded(_sheet(values), "PNG")
        return
    names = list(_names(len(values), scale, values.shape[1]))
    yield from with_labels(names, (_picture(value, scale) for value in values), labels)


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
