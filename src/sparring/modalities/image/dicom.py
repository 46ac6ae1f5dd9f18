"""Medical pictures (DICOM): the numbers that they mean, such as CT numbers, one picture for each frame."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from .unusable import MAX_PIXELS, Unusable, brief

SUFFIXES = (".dcm", ".dicom")
logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # what is wrong is said once, by this program
HEAD = 132  # bytes that tell the format
EXTRA = 'is a DICOM file: pip install "sparring[medical]" reads it'


def is_dicom(data: bytes) -> bool:
    """Is it a DICOM file? They begin with 128 bytes for anything, then DICM."""
    return data[128:HEAD] == b"DICM"


def frames(data: bytes) -> Iterator[np.ndarray]:
    """The numbers of every frame, H x W x C. Raises Unusable.

    The rescale slope and intercept are applied; numbers of which the lowest is white are turned round; those that
    mean "outside of the picture" become the lowest of the others.
    """
    if not find_spec("pydicom"):
        raise Unusable(EXTRA)
    import pydicom

    try:
        about = pydicom.dcmread(io.BytesIO(data))
        if "PixelData" not in about and "FloatPixelData" not in about and "DoubleFloatPixelData" not in about:
            raise Unusable("is a DICOM file without a picture")
        if int(about.Rows) * int(about.Columns) > MAX_PIXELS:
            raise Unusable(f"too large: {about.Columns} x {about.Rows} is more than {MAX_PIXELS:,} pixels")
        values = np.asarray(about.pixel_array)
        several = int(about.get("NumberOfFrames") or 1) > 1
        for frame in values if several else values[None]:
            yield _frame(frame, about)
    except (Unusable, MemoryError):
        raise
    except Exception as error:  # damaged files raise nearly anything
        raise Unusable(f"truncated or damaged, or compressed in a way that is not read: {brief(error)}") from None


def size(data: bytes) -> tuple[int, int]:
    """Height and width. Raises Unusable."""
    if not find_spec("pydicom"):
        raise Unusable(EXTRA)
    import pydicom

    about = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    return int(about.Rows), int(about.Columns)


def count(data: bytes) -> int:
    """The number of frames, by the header. Needs pydicom, as `size` does."""
    import pydicom

    return int(pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).get("NumberOfFrames") or 1)


def _frame(values: np.ndarray, about: Any) -> np.ndarray:
    from pydicom.pixels import apply_color_lut, apply_modality_lut

    kind = str(about.get("PhotometricInterpretation", "MONOCHROME2"))
    if kind == "PALETTE COLOR":
        values = apply_color_lut(values, about)
    if values.ndim == 3:
        return (values >> 8).astype(np.uint8) if values.dtype == np.uint16 and kind == "PALETTE COLOR" else values
    values = _without_padding(values, about)
    if kind == "MONOCHROME1":
        bits, signed = int(about.BitsStored), int(about.get("PixelRepresentation", 0))
        values = (-1 if signed else 2**bits - 1) - values.astype(np.int32)
    return _narrow(apply_modality_lut(values, about))[..., None]


def _without_padding(values: np.ndarray, about: Any) -> np.ndarray:
    padding = about.get("PixelPaddingValue")
    if padding is None:
        return values
    limit = about.get("PixelPaddingRangeLimit", padding)
    outside = (values >= min(padding, limit)) & (values <= max(padding, limit))
    if outside.all() or not outside.any():
        return values
    return np.where(outside, values[~outside].min(), values)


def _narrow(values: np.ndarray) -> np.ndarray:
    """Whole numbers as the smallest type of at least 16 bits that holds them, others as float32."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        return values.astype(np.float32)
    for kind in (np.int16, np.uint16, np.int32):
        if np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(np.float64)
