"""Read and write picture files with all that they hold: depth, transparency, frames, colour profile, camera data."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from ...errors import UserError
from ...util.files import write_bytes
from .decode import Unusable, brief, is_deep, opened, plain_mode

PEAK_16_BIT = 65535
MAX_FRAMES = 10_000
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


@dataclass(frozen=True)
class Whole:
    """A picture file.

    frames: float32 H x W x C from 0 to 1; C is 1 (grey) or 3. opacity: of each frame, H x W x 1, or None. peak: the
    largest stored value, 255 or 65535. milliseconds: of each frame; () for a still picture. about: what else the file
    says, as Pillow writes it: icc_profile, exif (of the upright picture), dpi.
    """

    frames: tuple[np.ndarray, ...]
    opacity: tuple[np.ndarray | None, ...]
    peak: int
    milliseconds: tuple[int, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> Whole:
    """Raises Unusable for a file that is no whole picture."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or str(error)[:100]}") from None
    with opened(data, path.name) as picture:
        if getattr(picture, "n_frames", 1) > MAX_FRAMES:
            raise Unusable(f"too long: more than {MAX_FRAMES:,} frames")
        try:
            return _deep(picture) if is_deep(picture) else _plain(picture, path.suffix.lower() in ANIMATED)
        except MemoryError:
            raise Unusable("needs more memory than there is") from None
        except Exception as error:  # decoders of damaged files raise nearly anything
            raise Unusable(f"truncated or damaged: {brief(error)}") from None


def _deep(picture: Image.Image) -> Whole:
    """Grey, of 16 or 32 bits or floating point.

    Numbers beyond 255 are taken for 16 bits, floating point in [0, 1] for shares of white.
    """
    about, values = _about(picture), np.nan_to_num(np.asarray(ImageOps.exif_transpose(picture), dtype=np.float32))
    if picture.mode == "F" and values.min() >= 0 and values.max() <= 1:
        return Whole((values[..., None],), (None,), PEAK_16_BIT, about=about)
    peak = PEAK_16_BIT if values.max() > 255 else 255
    return Whole((values[..., None].clip(0, peak) / peak,), (None,), peak, about=about)


def _plain(picture: Image.Image, animated: bool) -> Whole:
    """8 bits a channel. animated: read every frame; else the first: further ones are the pages of a TIFF."""
    about, frames, opacity, times = _about(picture), [], list[np.ndarray | None](), []
    for frame in ImageSequence.Iterator(picture):
        times.append(int(frame.info.get("duration", 100)))
        colour, alpha = _split(ImageOps.exif_transpose(frame))
        frames.append(colour)
        opacity.append(alpha)
        if not animated:
            break
    return Whole(tuple(frames), tuple(opacity), 255, tuple(times) if len(frames) > 1 else (), about)


def _about(picture: Image.Image) -> dict[str, Any]:
    kept = "exif" in picture.info  # the tags of a TIFF are not kept: they describe the file
    written = ImageOps.exif_transpose(picture).getexif().tobytes() if kept else b""
    found = {"icc_profile": picture.info.get("icc_profile"), "dpi": picture.info.get("dpi"), "exif": written}
    return {name: value for name, value in found.items() if value and (name != "exif" or len(value) < MAX_EXIF)}


def _split(picture: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Colour and opacity, from 0 to 1."""
    mode = plain_mode(picture)
    values = np.asarray(picture.convert(mode), dtype=np.float32).reshape(picture.height, picture.width, -1) / 255
    return (values[..., :-1], values[..., -1:]) if mode.endswith("A") else (values, None)


def suffix_for(path: Path) -> str:
    """The suffix under which the result of this file is written: its own where that can hold one."""
    return path.suffix.lower() if path.suffix.lower() in FORMATS else ".png"


def write(whole: Whole, path: Path) -> None:
    """Write a picture file, in a format by the suffix. Raises UserError for another suffix.

    JPEG and BMP hold no transparency. Only grey PNG and TIFF hold 16 bits; other formats get 8.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UserError(
            f"a picture cannot be written as {path.suffix or 'a file without suffix'} ({path}); "
            f"use {', '.join(FORMATS)}"
        )
    pictures = [_image(*parts, whole.peak, kind) for parts in zip(whole.frames, whole.opacity, strict=True)]
    buffer, options = io.BytesIO(), dict(whole.about)
    if PROFILE_CHANNELS.get(options.get("icc_profile", b"")[16:20]) != whole.frames[0].shape[2]:
        options.pop("icc_profile", None)
    if len(pictures) > 1 and path.suffix.lower() in ANIMATED:
        options = {"save_all": True, "append_images": pictures[1:], "duration": list(whole.milliseconds), "loop": 0}
    if kind == "JPEG":
        options |= {"quality": 95, "subsampling": 0}
    if kind == "WEBP":
        options |= {"lossless": True}
    pictures[0].save(buffer, kind, **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue())


def _image(colour: np.ndarray, opacity: np.ndarray | None, peak: int, kind: str) -> Image.Image:
    if peak == PEAK_16_BIT and colour.shape[2] == 1 and opacity is None and kind in ("PNG", "TIFF"):
        return Image.fromarray(np.rint(colour[..., 0].clip(0, 1) * PEAK_16_BIT).astype(np.uint16))
    values = colour if opacity is None or kind in ("JPEG", "BMP") else np.concatenate([colour, opacity], axis=2)
    stored = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(stored[..., 0] if stored.shape[2] == 1 else stored))
