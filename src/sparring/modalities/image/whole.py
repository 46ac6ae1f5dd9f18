"""Picture files as they are, and back: size, mode, depth, transparency, frames, colour profile and camera data stay."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from ...errors import UserError
from ...util.files import write_bytes
from .decode import FORMATS, MAX_PIXELS, Unusable

DEEP = 65535
MOST_FRAMES = 10_000
MOST_EXIF = 60_000  # bytes: JPEG has no room for more
SPACES = {b"GRAY": 1, b"RGB ": 3}  # of colour profiles (bytes 16 to 20), and the channels of pictures that they are for
KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".gif": "GIF"}
ANIMATED = {".gif", ".webp", ".png"}


@dataclass(frozen=True)
class Whole:
    """A picture file. frames: float32 H x W x C of 0 to 1, C being 1 (grey) or 3; opacity: H x W x 1 each, or None. peak: 255, or 65535.

    milliseconds: of each frame, () for a still picture. about: what else the file says, as Pillow writes it: icc_profile, exif (of the picture upright), dpi.
    """

    frames: tuple[np.ndarray, ...]
    opacity: tuple[np.ndarray | None, ...]
    peak: int
    milliseconds: tuple[int, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> Whole:
    """Raises Unusable for what is no whole picture."""
    try:
        data = path.read_bytes()
        picture = Image.open(io.BytesIO(data), formats=[*FORMATS, "TGA"] if path.suffix.lower() == ".tga" else FORMATS)
        count = getattr(picture, "n_frames", 1)
        if picture.width * picture.height > MAX_PIXELS or count > MOST_FRAMES:
            raise Unusable(f"too large: more than {MAX_PIXELS // 1_000_000} million pixels, or {MOST_FRAMES:,} frames")
        about = _about(picture)
        if picture.mode.startswith(("I", "F")):
            values = np.nan_to_num(np.asarray(ImageOps.exif_transpose(picture), dtype=np.float32))
            if picture.mode == "F" and values.min() >= 0 and values.max() <= 1:
                return Whole((values[..., None],), (None,), DEEP, about=about)
            peak = DEEP if values.max() > 255 else 255
            return Whole((values[..., None].clip(0, peak) / peak,), (None,), peak, about=about)
        frames, opacity, times = [], list[np.ndarray | None](), []
        for frame in ImageSequence.Iterator(picture):
            times.append(int(frame.info.get("duration", 100)))
            colour, alpha = _split(ImageOps.exif_transpose(frame))
            frames.append(colour)
            opacity.append(alpha)
            if path.suffix.lower() not in ANIMATED:
                break  # the other pages of a TIFF
        return Whole(tuple(frames), tuple(opacity), 255, tuple(times) if len(frames) > 1 else (), about)
    except Unusable:
        raise
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or str(error)[:100]}" if error.errno else "truncated or damaged") from None
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise Unusable(f"truncated or damaged: {str(error)[:100] or type(error).__name__}") from None


def _about(picture: Image.Image) -> dict[str, Any]:
    kept = "exif" in picture.info  # TIFF has its own tags there, which are of the file
    written = ImageOps.exif_transpose(picture).getexif().tobytes() if kept else b""
    found = {"icc_profile": picture.info.get("icc_profile"), "dpi": picture.info.get("dpi"), "exif": written}
    return {name: value for name, value in found.items() if value and (name != "exif" or len(value) < MOST_EXIF)}


def _split(picture: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Colour and opacity, 0 to 1."""
    alpha = picture.has_transparency_data
    grey = picture.mode in ("1", "L", "LA", "La")
    mode = ("LA" if alpha else "L") if grey else ("RGBA" if alpha else "RGB")
    values = np.asarray(picture.convert(mode), dtype=np.float32).reshape(picture.height, picture.width, -1) / 255
    return (values[..., :-1], values[..., -1:]) if alpha else (values, None)


def suffix_for(path: Path) -> str:
    """The suffix under which a result of this file is written: its own where that can hold one."""
    return path.suffix.lower() if path.suffix.lower() in KINDS else ".png"


def write(whole: Whole, path: Path) -> None:
    """By the suffix. JPEG has no transparency, and 16 bits are for grey PNG and TIFF: others get 8. Raises UserError for another suffix."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"a picture cannot be written as {path.suffix or 'a file without suffix'} ({path}); use {', '.join(KINDS)}")
    pictures = [_image(*parts, whole.peak, kind) for parts in zip(whole.frames, whole.opacity, strict=True)]
    buffer, options = io.BytesIO(), dict(whole.about)
    if SPACES.get(options.get("icc_profile", b"")[16:20]) != whole.frames[0].shape[2]:
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
    if peak == DEEP and colour.shape[2] == 1 and opacity is None and kind in ("PNG", "TIFF"):
        return Image.fromarray(np.rint(colour[..., 0].clip(0, 1) * DEEP).astype(np.uint16))
    values = colour if opacity is None or kind in ("JPEG", "BMP") else np.concatenate([colour, opacity], axis=2)
    stored = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(stored[..., 0] if stored.shape[2] == 1 else stored))
