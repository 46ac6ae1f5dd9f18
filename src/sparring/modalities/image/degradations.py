"""Degradations of pictures, from which restoring them is learned.

Each function takes float32 H x W x C from 0 to 255 (1 or 3 channels), a strength and its own random numbers. It
returns a picture of the same kind; some return another size or other channels. The strength is drawn between the two
ends that a recipe names.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ...config.recipe import Degradation
from .fit import LUMA

Rng = np.random.Generator
Apply = Callable[[np.ndarray, float, Rng], np.ndarray]


def noise(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Add normal noise of this standard deviation, in units of 1/255."""
    return picture + strength * rng.standard_normal(picture.shape, dtype=np.float32)


def blur(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Blur with a Gaussian of this standard deviation, in pixels."""
    return _by_pillow(picture, lambda image: image.filter(ImageFilter.GaussianBlur(strength)))


def motion_blur(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Blur along a line of so many pixels in a random direction: the mean of shifted pictures."""
    steps, angle = max(2, round(strength)), rng.random() * np.pi
    along = np.linspace(-0.5, 0.5, steps) * strength
    shifts = np.rint(np.outer(along, [np.sin(angle), np.cos(angle)])).astype(int)
    edge = int(np.abs(shifts).max())
    padded = np.pad(picture, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    height, width = picture.shape[:2]
    moved = [padded[edge + down : edge + down + height, edge + right : edge + right + width] for down, right in shifts]
    return np.asarray(np.mean(moved, axis=0, dtype=np.float32))


def jpeg(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Store as JPEG at this quality (1 to 95) and read again."""
    file = io.BytesIO()
    _image(picture).save(file, "JPEG", quality=round(strength))
    return _values(Image.open(file))


def downsample(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Make smaller by this factor, by bicubic interpolation with antialiasing. The result has the smaller size."""
    height, width = (max(1, round(side / strength)) for side in picture.shape[:2])
    return _by_pillow(picture, lambda image: image.resize((width, height), Image.Resampling.BICUBIC))


def pixelate(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Make smaller by this factor and enlarge to the old size: detail is lost."""
    height, width = picture.shape[:2]
    small = downsample(picture, strength, rng)
    return _by_pillow(small, lambda image: image.resize((width, height), Image.Resampling.BICUBIC))


def low_light(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Keep this share of the light (0 to 1), after a gamma of 1 to 1.5."""
    return 255 * strength * (picture.clip(0, 255) / 255) ** (1 + 0.5 * rng.random())


def low_contrast(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Keep this share of the contrast (0 to 1), around a random grey."""
    return picture * strength + (1 - strength) * 255 * rng.uniform(0.3, 0.7)


def spots(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Paint so many black or white specks of dust, 1 % to 4 % of the longer side wide."""
    return _painted(picture, round(strength), rng, _speck)


def scratches(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Paint so many thin bright or dark lines."""
    return _painted(picture, round(strength), rng, _line)


def stains(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Paint so many soft brownish stains, half transparent."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(round(strength)):
        radius = rng.uniform(0.08, 0.25) * max(height, width)
        distance = np.hypot(down - rng.random() * height, across - rng.random() * width) / radius
        share = (0.7 * (1 / (1 + np.exp(np.minimum(12 * (distance - 1), 50)))))[..., None].astype(np.float32)
        tint = np.array([120, 85, 50] if picture.shape[2] == 3 else [90], np.float32)
        picture = picture * (1 - share) + tint * share
    return picture


def watermark(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Paint a line of letters with this opacity (0 to 1)."""
    height, width = picture.shape[:2]
    letters = "".join(chr(65 + number) for number in rng.integers(0, 26, size=6))
    layer = Image.new("L", (width, height))
    pen = ImageDraw.Draw(layer)
    font = ImageFont.load_default(size=max(6, round(0.25 * min(height, width))))
    pen.text((rng.uniform(0, 0.3) * width, rng.uniform(0.1, 0.7) * height), letters, fill=255, font=font)
    share = strength * _values(layer.rotate(rng.uniform(-20, 20))) / 255
    return picture * (1 - share) + 255.0 * share


def mask(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Mask this share of the picture (0 to 1).

    Free brush strokes become black, and a last channel of opacity is 0 there. Strokes are drawn until they cover the
    share, as in Yu et al. 2019 (arXiv:1806.03589, section 4.2 and algorithm 1).
    """
    height, width = picture.shape[:2]
    layer = Image.new("L", (width, height))
    pen, side = ImageDraw.Draw(layer), max(height, width)
    for _ in range(200):
        x, y = rng.random() * width, rng.random() * height
        angle, brush = rng.random() * 2 * np.pi, max(2, round(side * rng.uniform(0.06, 0.14)))
        for _ in range(int(rng.integers(2, 5))):
            length = side * rng.uniform(0.1, 0.3)
            onward = (x + length * np.cos(angle), y + length * np.sin(angle))
            pen.line((x, y, *onward), fill=255, width=brush)
            pen.ellipse(
                (onward[0] - brush / 2, onward[1] - brush / 2, onward[0] + brush / 2, onward[1] + brush / 2), fill=255
            )
            (x, y), angle = onward, angle + rng.uniform(-1, 1)
        if np.asarray(layer).mean() >= 255 * strength:
            break
    known = 255.0 - _values(layer)
    return np.concatenate([picture * known / 255, known], axis=2)


def grayscale(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    """Remove the colour."""
    return picture @ LUMA if picture.shape[2] == 3 else picture


FUNCTIONS: tuple[Apply, ...] = (
    *(noise, blur, motion_blur, jpeg, downsample, pixelate, low_light, low_contrast),
    *(spots, scratches, stains, watermark, mask, grayscale),
)
DEGRADATIONS: dict[str, Apply] = {each.__name__: each for each in FUNCTIONS}


def _blur_unrounded(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(picture, (strength, strength, 0), mode="nearest")


def _downsample_unrounded(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    height, width = (max(1, round(side / strength)) for side in picture.shape[:2])
    return _bicubic(picture, height, width)


def _pixelate_unrounded(picture: np.ndarray, strength: float, rng: Rng) -> np.ndarray:
    return _bicubic(_downsample_unrounded(picture, strength, rng), *picture.shape[:2])


def _bicubic(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in picture.transpose(2, 0, 1).astype(np.float32)]
    resized = [np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)) for plane in planes]
    return np.stack(resized, axis=2).clip(0, 255)


# For pictures deeper than 8 bits: as their namesakes, without rounding to 8 bits on the way.
UNROUNDED: dict[str, Apply] = DEGRADATIONS | {
    "blur": _blur_unrounded,
    "downsample": _downsample_unrounded,
    "pixelate": _pixelate_unrounded,
}


def degraded(picture: np.ndarray, degradations: Sequence[Degradation], rng: Rng) -> np.ndarray:
    """C x H x W after these degradations, one after the other, each with its probability. Of the type of the picture.

    Values of uint8 are rounded between some of them, others are not. Transparency stays as it is, at the size of the
    result. What was masked becomes transparent too.
    """
    values = picture.transpose(1, 2, 0).astype(np.float32)
    opacity: np.ndarray | None = values[..., -1:] if values.shape[2] in (2, 4) else None
    values = values[..., : -1 if opacity is not None else None]
    functions = DEGRADATIONS if picture.dtype == np.uint8 else UNROUNDED
    for each in degradations:
        strength, happens = rng.uniform(each.minimum, each.maximum), rng.random() < each.probability
        if not happens:
            continue
        values = functions[each.kind](values, strength, rng)
        if values.shape[2] in (2, 4):  # a mask: opacity is kept apart, and is no colour for what comes after
            values, known = values[..., :-1], values[..., -1:]
            opacity = known if opacity is None else _resized(opacity, known.shape[:2]) * known / 255
    if opacity is not None:
        values = np.concatenate([values, _resized(opacity, values.shape[:2])], axis=2)
    values = values.clip(0, 255).transpose(2, 0, 1)
    return np.rint(values).astype(np.uint8) if picture.dtype == np.uint8 else values.astype(np.float32)


def _resized(opacity: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    if opacity.shape[:2] == size:
        return opacity
    return _by_pillow(opacity, lambda image: image.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def _painted(
    picture: np.ndarray, count: int, rng: Rng, paint: Callable[[ImageDraw.ImageDraw, int, int, int, Rng], None]
) -> np.ndarray:
    layer = Image.new("L", (picture.shape[1], picture.shape[0]), 128)
    pen = ImageDraw.Draw(layer)
    for _ in range(count):
        paint(pen, picture.shape[1], picture.shape[0], 255 if rng.random() < 0.5 else 0, rng)
    painted = _values(layer)
    return np.where(painted == 128, picture, painted)


def _speck(pen: ImageDraw.ImageDraw, width: int, height: int, shade: int, rng: Rng) -> None:
    radius = max(0.5, rng.uniform(0.005, 0.02) * max(width, height))
    x, y = rng.random() * width, rng.random() * height
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)


def _line(pen: ImageDraw.ImageDraw, width: int, height: int, shade: int, rng: Rng) -> None:
    ends = rng.random(4) * np.array([width, height, width, height])
    pen.line(tuple(ends.tolist()), fill=shade, width=1)


def _by_pillow(picture: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    return _values(change(_image(picture)))


def _image(picture: np.ndarray) -> Image.Image:
    values = np.rint(picture).clip(0, 255).astype(np.uint8)
    return Image.fromarray(values[..., 0] if values.shape[2] == 1 else values)


def _values(image: Image.Image) -> np.ndarray:
    values = np.asarray(image, dtype=np.float32)
    return values[..., None] if values.ndim == 2 else values
