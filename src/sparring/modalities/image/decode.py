"""Decode picture files of any mode, depth and orientation to uint8 values, and bring these to a size and a mode."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 100_000_000  # a file that unpacks to more is a mistake or an attack
MAX_PATCHES = 64  # of one picture
LUMA = np.array([[0.299], [0.587], [0.114]])  # shares of red, green and blue in grey: ITU-R BT.601
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}  # modes that can be trained on, from small to large
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".tga", ".ico", ".qoi"),
)
# Formats that start other programs (EPS), play video or match anything by chance are left out.
FORMATS = ["PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "ICO", "QOI"]
ORIENTED = ("JPEG", "MPO", "TIFF", "WEBP")  # formats whose header tells the orientation without decoding

Image.init()  # load every plug-in now: threads would race to do it, and a format that is not loaded is a KeyError
FORMATS = [kind for kind in FORMATS if kind in Image.OPEN]  # older Pillows know no AVIF


class Unusable(Exception):
    """A file that cannot be used. The message is the reason, in plain words."""


class Decoded(NamedTuple):
    """A decoded picture."""

    pixels: np.ndarray  # uint8 H x W x C, in the fewest channels that lose nothing
    size: tuple[int, int]  # height, width of the upright picture in the file
    mode: str  # of the file


def header_size(data: bytes, name: str) -> tuple[int, int]:
    """Height and width of the upright picture, without decoding it. Raises Unusable."""
    with opened(data, name) as picture:
        width, height = picture.size
        turned = picture.format in ORIENTED and picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        return (width, height) if turned else (height, width)


def decode(data: bytes, name: str) -> Decoded:
    """Decode the first frame of a file, upright, with 8 bits a channel.

    Modes 1, L and P become grey or colour; CMYK and other colour spaces become RGB; transparency of any kind becomes
    an alpha channel. 16-bit and integer pictures are divided by 257 where they exceed 255. Floating point pictures
    are multiplied by 255 where they lie in [0, 1], and clipped else. Raises Unusable for anything that is no whole
    picture.
    """
    with opened(data, name) as picture:
        mode = picture.mode
        try:
            picture.load()
            pixels = _pixels(ImageOps.exif_transpose(picture) if picture.getexif().get(0x0112, 1) != 1 else picture)
        except MemoryError:
            raise Unusable("needs more memory than there is") from None
        except Exception as error:  # decoders of damaged files raise nearly anything
            raise Unusable(f"truncated or damaged: {brief(error)}") from None
    return Decoded(pixels, (pixels.shape[0], pixels.shape[1]), mode)


def opened(data: bytes, name: str) -> Image.Image:
    """A picture whose header is read and within the limits; its pixels are not decoded yet. Raises Unusable."""
    if not data:
        raise Unusable("empty file")
    try:
        picture = Image.open(io.BytesIO(data), formats=[*FORMATS, "TGA"] if name.lower().endswith(".tga") else FORMATS)
    except UnidentifiedImageError:
        raise Unusable(
            "damaged: not the picture that its name promises" if name.lower().endswith(SUFFIXES) else "not a picture"
        ) from None
    except Image.DecompressionBombError:
        raise Unusable(f"too large: more than {MAX_PIXELS // 1_000_000} million pixels") from None
    except Exception as error:
        raise Unusable(f"truncated or damaged: {brief(error)}") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise Unusable(
            f"too large: {picture.width} x {picture.height} is more than {MAX_PIXELS // 1_000_000} million pixels"
        )
    if picture.width * picture.height == 0:
        raise Unusable("damaged: it has no pixels")
    return picture


def brief(error: Exception) -> str:
    """The first words of what a decoder says."""
    return (str(error).splitlines() or [""])[0][:100] or type(error).__name__


def _pixels(picture: Image.Image) -> np.ndarray:
    if is_deep(picture):
        return _deep(np.asarray(picture))[..., None]
    mode = plain_mode(picture)
    pixels = np.asarray(picture if picture.mode == mode else picture.convert(mode))
    return reduced(pixels.reshape(*pixels.shape[:2], -1))


def is_deep(picture: Image.Image) -> bool:
    """Does it hold integers of 16 or 32 bits, or floating point numbers?"""
    return picture.mode.startswith(("I", "F"))


def plain_mode(picture: Image.Image) -> str:
    """The mode of CHANNELS that holds all of a picture that is not deep."""
    alpha = picture.has_transparency_data
    if picture.mode in ("1", "L", "LA", "La"):
        return "LA" if alpha else "L"
    return "RGBA" if alpha else "RGB"


def _deep(values: np.ndarray) -> np.ndarray:
    """Integers of 16 or 32 bits or floating point numbers -> uint8."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values)
        values = values * 255 if values.min() >= 0 and values.max() <= 1 else values
    elif values.max() > 255:
        values = np.clip(values, 0, 65535) / 257
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def reduced(pixels: np.ndarray) -> np.ndarray:
    """H x W x C in the fewest channels that lose nothing.

    An opaque alpha channel and equal colour channels are dropped. The colour of fully transparent pixels cannot be
    seen and is set to 0.
    """
    if pixels.shape[2] in (2, 4):
        if pixels[..., -1].min() == 255:
            pixels = pixels[..., :-1]
        else:
            pixels = clear_hidden(pixels)
    if (
        pixels.shape[2] >= 3 and _is_grey(pixels[::8, ::8]) and _is_grey(pixels)
    ):  # a few pixels first: most pictures are not grey
        pixels = pixels[..., [0, *range(3, pixels.shape[2])]]
    return pixels


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


def clear_hidden(pixels: np.ndarray) -> np.ndarray:
    """With 0 in every channel of fully transparent pixels."""
    hidden = pixels[..., -1] == 0
    if hidden.any():
        pixels = pixels.copy()
        pixels[hidden] = 0
    return pixels


def fitted(pixels: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    """H x W x C brought to a height and width, by Lanczos interpolation with antialiasing. Colour is weighted by alpha.

    fit: "crop" (and "patches", see `patches`) covers the size and cuts the edges off; "pad" fits the picture inside,
    black or transparent around it; "stretch" distorts it.
    """
    if pixels.shape[:2] == size:
        return pixels
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))
    target = (size[1], size[0])
    if fit == "stretch":
        picture = picture.resize(target, Image.Resampling.LANCZOS)
    elif fit in ("crop", "patches"):
        picture = ImageOps.fit(picture, target, Image.Resampling.LANCZOS)
    else:
        inner = ImageOps.contain(picture, target, Image.Resampling.LANCZOS)
        picture = Image.new(picture.mode, target)
        picture.paste(inner, ((target[0] - inner.width) // 2, (target[1] - inner.height) // 2))
    result = np.asarray(picture).reshape(*size, -1)
    return clear_hidden(result) if result.shape[2] in (2, 4) else result


def patches(pixels: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """H x W x C cut at its own resolution into pieces of this size.

    As many pieces as fit side by side, evenly spaced, at most MAX_PATCHES. A picture that is smaller than a piece is
    enlarged.
    """
    height, width = pixels.shape[:2]
    if height < size[0] or width < size[1]:
        return [fitted(pixels, size, "crop")]
    across, down = width // size[1], height // size[0]
    shrink = max(1.0, (across * down / MAX_PATCHES) ** 0.5)
    across, down = max(1, min(MAX_PATCHES, int(across / shrink))), max(1, min(MAX_PATCHES, int(down / shrink)))
    tops, lefts = (
        (np.arange(count) + 0.5) * room / count - side / 2
        for count, room, side in ((down, height, size[0]), (across, width, size[1]))
    )
    corners = [(int(top), int(left)) for top in tops for left in lefts]
    return [reduced(np.ascontiguousarray(pixels[top : top + size[0], left : left + size[1]])) for top, left in corners]


def in_mode(pixels: np.ndarray, mode: str) -> np.ndarray:
    """H x W x C -> H x W x CHANNELS[mode].

    What the mode cannot hold is lost: colour becomes luma, transparency becomes white.
    """
    alpha = pixels[..., -1:] if pixels.shape[2] in (2, 4) else None
    colour = pixels[..., : -1 if alpha is not None else None]
    if alpha is not None and "A" not in mode:
        colour = np.rint((colour.astype(np.float32) * alpha + 255.0 * (255 - alpha.astype(np.float32))) / 255).astype(
            np.uint8
        )
    if colour.shape[2] == 3 and mode.startswith("L"):
        colour = np.rint(colour @ LUMA).astype(np.uint8)
    elif colour.shape[2] == 1 and mode.startswith("RGB"):
        colour = colour.repeat(3, axis=2)
    if "A" not in mode:
        return colour
    return np.concatenate([colour, np.full_like(colour[..., :1], 255) if alpha is None else alpha], axis=2)
