"""TIFF files deeper than 8 bits, whose numbers Pillow would round or misread."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tifffile

from .unusable import MAX_FRAMES, MAX_PIXELS, Unusable, brief

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
REDUCED, MASK = 1, 4  # bits of the tag NewSubfileType
ALPHA = (1, 2)  # of the tag ExtraSamples: opacity
MAX_CHANNELS = 4
MINISWHITE = 0  # of the tag PhotometricInterpretation

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong with a file is said once, by this program


def is_deep(data: bytes) -> bool:
    """Is it a TIFF file whose first page holds other numbers than unsigned ones of up to 8 bits?"""
    if data[:4] not in MAGIC:
        return False
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            kind = np.dtype(file.pages.first.dtype)
    except Exception:  # damaged: Pillow will say so
        return False
    return kind.kind in "iuf" and kind != np.uint8


def check_planes(data: bytes) -> None:
    """Raises Unusable for a TIFF file of many planes behind the header of one, of which programs read the first."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            shape = file.series[0].shape if len(file.pages) == 1 else ()
            hidden = math.prod(shape) > math.prod(file.pages.first.shape)
    except Exception:  # damaged: Pillow or `pages` will say so
        return
    if hidden:
        raise Unusable(f"holds an array of {' x '.join(map(str, shape))} behind one header: save it with one a page")


def pages(data: bytes) -> Iterator[tuple[np.ndarray, str]]:
    """The own numbers of every page, H x W x C, upright, and their type. Raises Unusable.

    Reduced copies and masks are left out.

    Opacity, the last of 2 or 4 channels, is a share from 0 to 1.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            found = _whole_pages(file)
            if len(found) > MAX_FRAMES:
                raise Unusable(f"too long: more than {MAX_FRAMES:,} pages")
            for number in found:
                yield _read(file.pages[number])
    except (Unusable, MemoryError):
        raise
    except Exception as error:  # damaged files raise nearly anything
        if "imagecodecs" in str(error):
            raise Unusable('is compressed in a way that pip install "sparring[deep]" reads') from None
        raise Unusable(f"truncated or damaged: {brief(error)}") from None


def whole_pages(data: bytes) -> list[int]:
    """The numbers of the pages that are neither reduced copies nor masks. Raises Unusable."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return _whole_pages(file)
    except Exception as error:  # damaged files raise nearly anything
        raise Unusable(f"truncated or damaged: {brief(error)}") from None


def _whole_pages(file: tifffile.TiffFile) -> list[int]:
    return [number for number, page in enumerate(file.pages) if not _kind_of(page) & (REDUCED | MASK)] or [0]


def size(data: bytes) -> tuple[int, int]:
    """Height and width of the first page, upright."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        turned = _tag(page, 274, 1) in (5, 6, 7, 8)
        return (page.imagewidth, page.imagelength) if turned else (page.imagelength, page.imagewidth)


def header_pixels(data: bytes) -> int:
    """Pixels of all pages that are neither reduced copies nor masks, from their headers. Raises Unusable."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            pages: list[Any] = [file.pages[number] for number in _whole_pages(file)]
            return sum(int(page.imagewidth) * int(page.imagelength) * int(page.imagedepth) for page in pages)
    except Exception as error:  # damaged files raise nearly anything
        raise Unusable(f"truncated or damaged: {brief(error)}") from None


def write(pages: Sequence[np.ndarray], about: dict[str, Any] | None = None) -> bytes:
    """A TIFF file of pages of numbers, H x W x C each."""
    buffer, about = io.BytesIO(), about or {}
    with tifffile.TiffWriter(buffer) as file:
        for page in pages:
            channels = page.shape[2]
            options: dict[str, Any] = {"photometric": "rgb" if channels >= 3 else "minisblack", "metadata": None}
            if channels in (2, 4):
                options |= {"extrasamples": ["unassalpha"], "planarconfig": "contig"}
            if profile := about.get("icc_profile"):
                options["iccprofile"] = profile
            if dpi := about.get("dpi"):
                options |= {"resolution": (float(dpi[0]), float(dpi[1])), "resolutionunit": "inch"}
            file.write(page[..., 0] if channels == 1 else page, contiguous=False, **options)
    return buffer.getvalue()


def _read(page: Any) -> tuple[np.ndarray, str]:
    if page.imagewidth * page.imagelength > MAX_PIXELS or int(np.prod(page.shape)) > MAX_CHANNELS * MAX_PIXELS:
        raise Unusable(f"too large: {page.imagewidth} x {page.imagelength} is more than {MAX_PIXELS:,} pixels")
    values = page.asarray(maxworkers=1)
    axes = page.axes
    if axes == "SYX":
        values = values.transpose(1, 2, 0)
    elif axes == "YX":
        values = values[..., None]
    elif axes != "YXS":
        raise Unusable(f"is no picture: its axes are {axes}")
    channels, extra = values.shape[2], tuple(page.extrasamples)
    has_alpha = channels in (2, 4) and bool(extra) and int(extra[-1]) in ALPHA
    if channels > 4 or (channels in (2, 4) and not has_alpha):
        raise Unusable(f"has {channels} channels that are neither grey nor colour (with or without transparency)")
    if page.photometric == MINISWHITE:
        values = values.max() - values if values.dtype.kind == "f" else np.invert(values)  # the end of the type first
    kind = values.dtype.name
    return upright(with_share(values) if has_alpha else values, _tag(page, 274, 1)), kind


def with_share(values: np.ndarray) -> np.ndarray:
    """H x W x C of whole or other numbers, with the opacity in the last channel as a share from 0 to 1."""
    peak = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)
    wide: np.ndarray = values.astype(np.float64 if values.dtype.itemsize > 2 else np.float32)
    wide[..., -1] = wide[..., -1] / peak
    return wide


def without_share(values: np.ndarray, kind: str) -> np.ndarray:
    """The inverse of `with_share`; numbers without opacity in their type."""
    if values.shape[2] in (2, 4) and not kind.startswith("float"):
        values = np.concatenate([values[..., :-1], values[..., -1:] * np.iinfo(kind).max], axis=2)
    return values.astype(kind)


def upright(values: np.ndarray, orientation: int) -> np.ndarray:
    """H x W x C as it is meant to be seen. orientation: the tag of that name, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


def _kind_of(page: Any) -> int:
    return int(_tag(page, 254, 0))


def _tag(page: Any, number: int, default: int) -> int:
    tag = page.tags.get(number)
    return default if tag is None else int(tag.value)
