"""Read and write picture files with all that they hold: depth, transparency, pages, colour profile, camera data."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ...errors import UserError
from ...util.files import write_bytes
from . import dicom, stacks, tiff
from .frames import Frame, frames, is_wide, opened
from .preview import as_image, in_8_bits
from .scale import Scale
from .stacks import Stack
from .unusable import Unusable, quiet

MAX_EXIF = 60_000  # bytes: JPEG has no room for more
PROFILE_CHANNELS = {
    b"GRAY": 1,
    b"RGB ": 3,
}  # colour space of a profile (its bytes 16 to 20) -> channels of the pictures it is for
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".gif": "GIF",
}
ANIMATED = {".gif", ".webp", ".png"}
OPAQUE = {".jpg", ".jpeg", ".bmp"}
WITHOUT_METADATA = {".bmp", ".gif"}
COLOUR_SPACES = ("CMYK", "LAB", "YCbCr")  # modes that become RGB; all others keep what they hold
TIFF_SUFFIXES = (".tif", ".tiff")


@dataclass(frozen=True)
class Whole:
    """A picture file.

    frames: H x W x C colours, 1 (grey) or 3, in the numbers of the file. opacity: of each frame, H x W x 1 from 0 to
    1, or None. kind: the NumPy type of the numbers in the file. milliseconds: of each frame; () for a still picture or
    pages. about: what else the file says, as Pillow writes it: icc_profile, exif (of the upright picture), dpi, loop
    (how often an animation is shown). stack: the axes of which the frames are the planes; None where they are pages.
    lost: what reading has lost, for people, or "".
    """

    frames: tuple[np.ndarray, ...]
    opacity: tuple[np.ndarray | None, ...]
    kind: str = "uint8"
    milliseconds: tuple[int, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    stack: Stack | None = None
    lost: str = ""


def read(path: Path) -> Whole:
    """Raises Unusable for a file that is no whole picture."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or str(error)[:100]}") from None
    with quiet():
        found, about = list(frames(data, path.name, profiles=False)), _about(data, path.name)
        stack = stacks.stack_of(data)
    colours, opacity = zip(*(_split(frame.pixels) for frame in found), strict=True)
    paged = len(found) == 1 or data[:4] in tiff.MAGIC or dicom.is_dicom(data)
    times = () if paged else tuple(frame.milliseconds for frame in found)
    return Whole(colours, opacity, found[0].kind, times, about, stack, _lost(found))


def _lost(found: list[Frame]) -> str:
    """What the frames of a file have lost in reading."""
    rounded = {f"it loses {frame.lost}": None for frame in found if frame.lost}
    spaces = {f"its {frame.mode} colours come back as RGB": None for frame in found if frame.mode in COLOUR_SPACES}
    return "; ".join((*rounded, *spaces))


def is_deep(path: Path) -> bool:
    """Does this file hold other numbers than those of 8 bits? Raises Unusable for a file that cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or str(error)[:100]}") from None
    if dicom.is_dicom(data) or tiff.is_deep(data):
        return True
    with quiet(), opened(data, path.name) as picture:
        return picture.mode.startswith(("I", "F")) or (picture.format == "PNG" and is_wide(picture))


def _about(data: bytes, name: str) -> dict[str, Any]:
    try:
        with opened(data, name) as picture:
            kept = "exif" in picture.info  # the tags of a TIFF are not kept: they describe the file
            written = ImageOps.exif_transpose(picture).getexif().tobytes() if kept else b""
            found = {name: picture.info.get(name) for name in ("icc_profile", "dpi", "loop")} | {"exif": written}
    except Exception:  # deep TIFF and DICOM that Pillow does not know
        return {}
    return {
        name: value
        for name, value in found.items()
        if (value or name == "loop" and value is not None) and (name != "exif" or len(value) < MAX_EXIF)
    }


def _split(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours, and opacity from 0 to 1."""
    if pixels.shape[2] not in (2, 4):
        return pixels, None
    alpha = pixels[..., -1:].astype(np.float32)
    return pixels[..., :-1], alpha / 255 if pixels.dtype == np.uint8 else alpha


def suffix_for(path: Path, kind: str, colour: bool) -> str:
    """The suffix under which the result of this file is written: its own where that can hold these numbers."""
    suffix = path.suffix.lower()
    if kind == "uint8":
        return suffix if suffix in FORMATS else ".png"
    return suffix if suffix in FORMATS and holds(suffix, kind, colour) else ".tif"


def holds(suffix: str, kind: str, colour: bool) -> bool:
    """Can a file of this suffix hold numbers of this type?"""
    if kind == "uint8" or suffix in TIFF_SUFFIXES:
        return True
    return suffix == ".png" and kind == "uint16" and (not colour or bool(find_spec("imagecodecs")))


def write(whole: Whole, path: Path, scale: Scale) -> str:
    """Write a picture file, in a format by the suffix. Returns what is lost, in one sentence, or "".

    scale: of the numbers, for formats that hold 8 bits only. JPEG and BMP hold no transparency. Raises UserError for
    another suffix, Unusable for several pages or frames where the format holds one.
    """
    suffix, kind = path.suffix.lower(), whole.kind
    if suffix not in FORMATS:
        raise UserError(
            f"a picture cannot be written as {path.suffix or 'a file without suffix'} ({path}); "
            f"use {', '.join(FORMATS)}"
        )
    count, lost = len(whole.frames), [whole.lost, *_not_held(whole, suffix)]
    if count > 1 and suffix not in (*ANIMATED, *TIFF_SUFFIXES):
        raise Unusable(f"has {count:,} pages or frames, and {suffix} holds one; name the result .tif, .gif or .webp")
    if not holds(suffix, kind, whole.frames[0].shape[2] == 3 or whole.opacity[0] is not None):
        lost.append(f"{suffix} holds 8 bits, so {scale} are rounded to 256 levels; a .tif keeps them")
        whole = _rounded(whole, scale)
    data = _encoded(whole, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data)
    return "; ".join(filter(None, lost))


def _not_held(whole: Whole, suffix: str) -> Iterator[str]:
    """What a file of this suffix cannot hold of a picture, beside the depth of its numbers."""
    alphas = [alpha for alpha in whole.opacity if alpha is not None and alpha.min() < 1]
    if alphas and suffix in OPAQUE:
        yield f"{suffix} holds no transparency"
    if suffix == ".gif" and any(((alpha > 0) & (alpha < 1)).any() for alpha in alphas):
        yield f"{suffix} holds pixels that are transparent or not, and nothing between"
    kept = {"icc_profile": "colour profile", "exif": "camera data"}
    if suffix in WITHOUT_METADATA and (names := [name for key, name in kept.items() if key in whole.about]):
        yield f"{suffix} holds no {' and no '.join(names)}"
    if whole.milliseconds and suffix in TIFF_SUFFIXES:
        yield f"{suffix} holds no times, so its frames are pages"
    if whole.stack and suffix not in TIFF_SUFFIXES:
        yield f"{suffix} holds no axes, so {whole.stack} are frames; a .tif keeps them"


def _rounded(whole: Whole, scale: Scale) -> Whole:
    """The 8-bit view of deep pictures."""
    views = tuple(in_8_bits(scale.scaled(frame)) for frame in whole.frames)
    return replace(whole, frames=views, kind="uint8")


def _encoded(whole: Whole, suffix: str) -> bytes:
    parts = list(zip(whole.frames, whole.opacity, strict=True))
    about = dict(whole.about)
    if PROFILE_CHANNELS.get(about.get("icc_profile", b"")[16:20]) != whole.frames[0].shape[2]:
        about.pop("icc_profile", None)
    if whole.stack and suffix in TIFF_SUFFIXES:
        return stacks.write([_joined(*part, whole.kind) for part in parts], whole.stack)
    if whole.kind != "uint8":
        numbers = [_joined(*part, whole.kind) for part in parts]
        if suffix in TIFF_SUFFIXES:
            return tiff.write(numbers, about)
        if numbers[0].shape[2] > 1:
            import imagecodecs

            return bytes(imagecodecs.png_encode(numbers[0]))
        pictures = [as_image(number) for number in numbers]
    else:
        pictures = [as_image(_joined(colour, None if suffix in OPAQUE else alpha, "uint8")) for colour, alpha in parts]
    return _by_pillow(pictures, suffix, whole.milliseconds, about)


def _by_pillow(pictures: list[Image.Image], suffix: str, milliseconds: tuple[int, ...], about: dict[str, Any]) -> bytes:
    kind, buffer, options = FORMATS[suffix], io.BytesIO(), about
    if len(pictures) > 1:
        options = {**about, "save_all": True, "append_images": pictures[1:]}
        if suffix in ANIMATED:
            once = {} if suffix == ".gif" else {"loop": 1}  # a GIF is shown once where it does not say how often
            options = (once if milliseconds else {"loop": 0}) | options
            options["duration"] = list(milliseconds) or [100] * len(pictures)
    if kind == "JPEG":
        options |= {"quality": 95, "subsampling": 0}
    if kind == "WEBP":
        options |= {"lossless": True}
    pictures[0].save(buffer, kind, **options)
    return buffer.getvalue()


def _joined(colour: np.ndarray, alpha: np.ndarray | None, kind: str) -> np.ndarray:
    """Colours and opacity in one array of the type of the file."""
    if alpha is None:
        return colour.astype(kind, copy=False)
    peak = 1.0 if kind.startswith("float") else float(np.iinfo(kind).max)
    return np.concatenate([colour.astype(kind), np.rint(alpha * peak).astype(kind) if peak > 1 else alpha], axis=2)
