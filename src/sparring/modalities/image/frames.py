"""Picture files of any format: every page or frame, upright, in the numbers that the file holds."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from . import dicom, tiff
from .profiles import in_srgb
from .unusable import MAX_FRAMES, MAX_PIXELS, Unusable, brief

# Formats that start other programs (EPS), play video or match anything by chance are left out.
FORMATS = ["PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "ICO", "QOI"]
ORIENTED = ("JPEG", "MPO", "TIFF", "WEBP")  # formats whose header tells the orientation without decoding
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")  # formats whose further frames are pictures, not previews
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
HEIF_EXTRA = 'is a HEIC picture: pip install "sparring[heif]" reads it'
ROUNDED = "what is finer than 8 bits, as this format is read with 8; 16-bit TIFF keeps it"
DEEP_EXTRA = 'what is finer than 8 bits; pip install "sparring[deep]" keeps it'

Image.init()  # load every plug-in now: threads would race to do it, and a format that is not loaded is a KeyError
if find_spec("pillow_heif"):
    import pillow_heif

    pillow_heif.register_heif_opener()
    FORMATS.append("HEIF")
FORMATS = [kind for kind in FORMATS if kind in Image.OPEN]  # older Pillows know no AVIF
SUFFIXES = (  # those of all formats that are read, and of those that only an extra reads
    *sorted(suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS),
    *(".tga", ".avif", ".heic", ".heif", ".hif", *dicom.SUFFIXES),
)


class Frame(NamedTuple):
    """A page of a file.

    pixels: H x W x C. Grey (1) or colour (3), and opacity where there is any (2, 4). uint8, or deeper numbers; beside
    these, opacity is a share from 0 to 1. kind: the NumPy type of the numbers in the file. mode: as stored, for people.
    lost: what the numbers have lost. profile: the name of a colour profile that was applied. milliseconds: how long it
    is shown.
    """

    pixels: np.ndarray
    kind: str
    mode: str
    lost: str = ""
    profile: str = ""
    milliseconds: int = 100


def header_size(data: bytes, name: str) -> tuple[int, int]:
    """Height and width of the upright picture, without decoding it. Raises Unusable."""
    try:
        if dicom.is_dicom(data):
            return dicom.size(data)
        if tiff.is_deep(data):
            return tiff.size(data)
        with opened(data, name) as picture:
            width, height = picture.size
            turned = picture.format in ORIENTED and picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return (width, height) if turned else (height, width)
    except Unusable:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise Unusable(f"truncated or damaged: {brief(error)}") from None


def header_pixels(data: bytes, name: str = "") -> int:
    """Pixels of all pages or frames, known without decoding any. Raises Unusable."""
    if data[:4] in tiff.MAGIC:
        return tiff.header_pixels(data)
    height, width = header_size(data, name)
    if dicom.is_dicom(data):
        return height * width * dicom.count(data)
    with opened(data, name) as picture:
        return height * width * len(frame_numbers(picture, data))


def suffix_of(data: bytes) -> str:
    """The suffix of a picture file with this content, such as ".png". Raises Unusable for anything else."""
    if dicom.is_dicom(data):
        return dicom.SUFFIXES[0]
    if data[:4] in tiff.MAGIC:
        return ".tif"
    with opened(data, "") as picture:
        kind = picture.format
    usual = {"JPEG": ".jpg", "JPEG2000": ".jp2", "HEIF": ".heic", "PPM": ".ppm"}
    return usual.get(kind or "", f".{kind}".lower())


def frames(data: bytes, name: str, profiles: bool = True) -> Iterator[Frame]:
    """Every page or frame of a file. Raises Unusable for anything that is no whole picture.

    Modes 1, L and P become grey or colour, CMYK and other colour spaces RGB, transparency of any kind opacity.
    profiles: convert to sRGB where a profile says that colours are of another space.
    """
    if data[:4] in tiff.MAGIC:
        tiff.check_planes(data)
    if dicom.is_dicom(data):
        yield from (Frame(values, values.dtype.name, f"DICOM {values.dtype}") for values in dicom.frames(data))
    elif tiff.is_deep(data):
        yield from (
            Frame(values, kind, f"{kind} x {values.shape[2]}" if values.shape[2] > 1 else kind)
            for values, kind in _tiff_pages(data, name)
        )
    else:
        with opened(data, name) as picture:
            try:
                yield from _of_pillow(picture, data, profiles)
            except (Unusable, GeneratorExit):
                raise
            except MemoryError:
                raise Unusable("needs more memory than there is") from None
            except Exception as error:  # decoders of damaged files raise nearly anything
                raise Unusable(f"truncated or damaged: {brief(error)}") from None


def opened(data: bytes, name: str) -> Image.Image:
    """A picture whose header is read and within the limits; its pixels are not decoded yet. Raises Unusable."""
    if not data:
        raise Unusable("empty file")
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS and "HEIF" not in FORMATS:
        raise Unusable(HEIF_EXTRA)
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


def _of_pillow(picture: Image.Image, data: bytes, profiles: bool) -> Iterator[Frame]:
    numbers = frame_numbers(picture, data)
    if len(numbers) > MAX_FRAMES:
        raise Unusable(f"too long: more than {MAX_FRAMES:,} frames")
    for number in numbers:
        if number or len(numbers) > 1:
            picture.seek(number)
        yield _frame(picture, data, profiles)


def frame_numbers(picture: Image.Image, data: bytes) -> Sequence[int]:
    """The numbers of the pages and frames that are pictures of their own. Raises Unusable for a damaged file."""
    if picture.format == "TIFF":
        return tiff.whole_pages(data)  # Pillow cannot even count pages where one is a mask
    return range(getattr(picture, "n_frames", 1) if picture.format in ANIMATED else 1)


def _frame(picture: Image.Image, data: bytes, profiles: bool) -> Frame:
    mode, lost = picture.mode, _rounded_off(picture)
    largest = _largest_of_netpbm(picture)
    if lost and picture.format == "PNG" and find_spec("imagecodecs"):
        values = _deep_png(data, picture.info.get("transparency"))
        if values is not None:
            return Frame(tiff.upright(values, picture.getexif().get(0x0112, 1)), "uint16", f"{mode};16")
    picture.load()
    milliseconds = int(picture.info.get("duration") or 100)  # of a WebP known only when the frame is decoded
    upright = ImageOps.exif_transpose(picture) if picture.getexif().get(0x0112, 1) != 1 else picture
    if mode.startswith(("I", "F")):
        numbers = _as_in_the_file(_numbers(upright), largest)[..., None]
        kind, key = numbers.dtype.name, upright.info.get("transparency")
        return Frame(numbers if key is None else _keyed(numbers, key), kind, mode, lost)
    profile = ""
    if profiles or mode == "CMYK":
        upright, profile = in_srgb(upright)
    kind = plain_mode(upright)
    pixels = np.asarray(upright if upright.mode == kind else upright.convert(kind))
    shown = f"{mode};16" if lost else mode
    return Frame(pixels.reshape(*pixels.shape[:2], -1), "uint8", shown, lost, profile, milliseconds)


def _rounded_off(picture: Image.Image) -> str:
    """What Pillow leaves out of this picture, from its header."""
    if not is_wide(picture) or picture.mode.startswith(("I", "F")):
        return ""
    return DEEP_EXTRA if picture.format == "PNG" and not find_spec("imagecodecs") else ROUNDED


def is_wide(picture: Image.Image) -> bool:
    """Does the file hold more than 8 bits a channel? From its header, as Pillow's mode does not say so for colour."""
    options = _decoder(picture)[1]
    return (
        (_largest_of_netpbm(picture) or 0) > 255
        or ";16" in str(options[0])
        or int(picture.info.get("bit_depth", 8)) > 8
    )


def _decoder(picture: Image.Image) -> tuple[str, tuple[Any, ...]]:
    """The name of Pillow's decoder and what it is told, from the header of the file."""
    tiles = getattr(picture, "tile", ())
    name, options = (tiles[0][0], tiles[0][3]) if tiles else ("", "")
    return name, options if isinstance(options, tuple) else (options,)


def _largest_of_netpbm(picture: Image.Image) -> int | None:
    """The largest number that a netpbm file says it can hold; None where Pillow takes its numbers as they are."""
    name, options = _decoder(picture)
    return options[1] if name.startswith("ppm") and len(options) > 1 else None


def _deep_png(data: bytes, key: tuple[int, ...] | None) -> np.ndarray | None:
    """The 16-bit numbers of a colour PNG; None where they cannot be had. key: the colour that is transparent."""
    import imagecodecs

    try:
        values = np.asarray(imagecodecs.png_decode(data))
    except Exception:  # Pillow will say what is wrong
        return None
    if values.dtype != np.uint16 or values.ndim != 3:
        return None
    if key is not None and values.shape[2] == 3:
        return _keyed(values, key)
    return tiff.with_share(values) if values.shape[2] in (2, 4) else values


def _keyed(values: np.ndarray, key: Any) -> np.ndarray:
    """H x W x C deep numbers, with opacity as a share: none where they are the number or colour of the key."""
    opaque = (values != np.asarray(key)).any(axis=2, keepdims=True)
    return np.concatenate([values.astype(np.float32), opaque], axis=2, dtype=np.float32)


def _tiff_pages(data: bytes, name: str) -> Iterator[tuple[np.ndarray, str]]:
    """The pages of a deep TIFF; by Pillow where it needs a decoder that is not installed and Pillow loses nothing."""
    try:
        yield from tiff.pages(data)
    except Unusable as reason:
        if "sparring[deep]" not in str(reason):
            raise
        with opened(data, name) as picture:
            if picture.mode not in ("I;16", "F") or getattr(picture, "n_frames", 1) > 1:
                raise
            try:
                numbers = _numbers(ImageOps.exif_transpose(picture))[..., None]
            except Exception as error:
                raise Unusable(f"truncated or damaged: {brief(error)}") from None
            yield numbers, numbers.dtype.name


def _numbers(picture: Image.Image) -> np.ndarray:
    """The numbers of a grey picture of 16 or 32 bits or of floating point."""
    values = np.asarray(picture)
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    if values.dtype.itemsize <= 2 or (values.min() >= 0 and values.max() <= 65535):
        return values.astype(np.uint16)
    return values.astype(np.int32)


def _as_in_the_file(values: np.ndarray, largest: int | None) -> np.ndarray:
    """The numbers of a netpbm file, which Pillow has spread from 0 to `largest` over all 16 bits."""
    return values if largest is None else np.rint(values.astype(np.float64) * (largest / 65535)).astype(np.uint16)


def plain_mode(picture: Image.Image) -> str:
    """The mode of 1 to 4 channels that holds all of a picture that is not deep."""
    alpha = picture.has_transparency_data
    if picture.mode in ("1", "L", "LA", "La"):
        return "LA" if alpha else "L"
    return "RGBA" if alpha else "RGB"
