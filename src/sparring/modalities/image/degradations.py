"""What happens to pictures: ways to damage a whole one, from which restoring is learned.

Each takes float32 H x W x C in 0 to 255 (1 or 3 channels), a strength drawn between the two ends that a recipe names, and its own random
numbers; it returns a picture of the same kind, or one of another size or with other channels where that is the damage.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ...config.recipe import Damage
from .decode import LUMA

Draws = np.random.Generator
Apply = Callable[[np.ndarray, float, Draws], np.ndarray]


def noise(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Normal noise of this standard deviation, of 255."""
    return picture + strength * draws.standard_normal(picture.shape, dtype=np.float32)


def blur(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """A Gaussian blur of this standard deviation in pixels."""
    return _by_pillow(picture, lambda image: image.filter(ImageFilter.GaussianBlur(strength)))


def motion(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Blurred along a line of so many pixels, in a random direction: the mean of shifted pictures."""
    steps, angle = max(2, round(strength)), draws.random() * np.pi
    along = np.linspace(-0.5, 0.5, steps) * strength
    shifts = np.rint(np.outer(along, [np.sin(angle), np.cos(angle)])).astype(int)
    edge = int(np.abs(shifts).max())
    padded = np.pad(picture, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    height, width = picture.shape[:2]
    moved = [padded[edge + down : edge + down + height, edge + right : edge + right + width] for down, right in shifts]
    return np.asarray(np.mean(moved, axis=0, dtype=np.float32))


def jpeg(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Stored as JPEG at this quality (1 to 95) and read again."""
    file = io.BytesIO()
    _image(picture).save(file, "JPEG", quality=round(strength))
    return _values(Image.open(file))


def shrink(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Smaller by this factor, by bicubic interpolation with antialiasing; the result has the smaller size."""
    height, width = (max(1, round(side / strength)) for side in picture.shape[:2])
    return _by_pillow(picture, lambda image: image.resize((width, height), Image.Resampling.BICUBIC))


def coarse(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Smaller by this factor and back to its size: detail is lost, the size stays."""
    height, width = picture.shape[:2]
    small = shrink(picture, strength, draws)
    return _by_pillow(small, lambda image: image.resize((width, height), Image.Resampling.BICUBIC))


def dark(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Only this share of the light (0 to 1), after a gamma of up to 1.5."""
    return 255 * strength * (picture.clip(0, 255) / 255) ** (1 + 0.5 * draws.random())


def pale(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Only this share of the contrast (0 to 1), around a random grey."""
    return picture * strength + (1 - strength) * 255 * draws.uniform(0.3, 0.7)


def spots(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """So many specks of dust on the picture, black or white, a fiftieth of its side wide."""
    return _painted(picture, round(strength), draws, _speck)


def scratches(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """So many thin bright or dark lines across."""
    return _painted(picture, round(strength), draws, _line)


def stains(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """So many soft brownish blots, half transparent."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(round(strength)):
        radius = draws.uniform(0.08, 0.25) * max(height, width)
        distance = np.hypot(down - draws.random() * height, across - draws.random() * width) / radius
        share = (0.7 * (1 / (1 + np.exp(np.minimum(12 * (distance - 1), 50)))))[..., None].astype(np.float32)
        tint = np.array([120, 85, 50] if picture.shape[2] == 3 else [90], np.float32)
        picture = picture * (1 - share) + tint * share
    return picture


def watermark(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """A line of letters over the picture, this opaque (0 to 1)."""
    height, width = picture.shape[:2]
    letters = "".join(chr(65 + number) for number in draws.integers(0, 26, size=6))
    layer = Image.new("L", (width, height))
    pen = ImageDraw.Draw(layer)
    font = ImageFont.load_default(size=max(6, round(0.25 * min(height, width))))
    pen.text((draws.uniform(0, 0.3) * width, draws.uniform(0.1, 0.7) * height), letters, fill=255, font=font)
    share = strength * _values(layer.rotate(draws.uniform(-20, 20))) / 255
    return picture * (1 - share) + 255.0 * share


def holes(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """This share of the picture is missing: free brush strokes, black, and a last channel of opacity that is 0 there.

    The strokes are drawn until they cover the share, as in Yu et al. 2019 (arXiv:1806.03589, section 4.2 and algorithm 1).
    """
    height, width = picture.shape[:2]
    layer = Image.new("L", (width, height))
    pen, side = ImageDraw.Draw(layer), max(height, width)
    for _ in range(200):
        x, y = draws.random() * width, draws.random() * height
        angle, brush = draws.random() * 2 * np.pi, max(2, round(side * draws.uniform(0.06, 0.14)))
        for _ in range(int(draws.integers(2, 5))):
            length = side * draws.uniform(0.1, 0.3)
            onward = (x + length * np.cos(angle), y + length * np.sin(angle))
            pen.line((x, y, *onward), fill=255, width=brush)
            pen.ellipse((onward[0] - brush / 2, onward[1] - brush / 2, onward[0] + brush / 2, onward[1] + brush / 2), fill=255)
            (x, y), angle = onward, angle + draws.uniform(-1, 1)
        if np.asarray(layer).mean() >= 255 * strength:
            break
    known = 255.0 - _values(layer)
    return np.concatenate([picture * known / 255, known], axis=2)


def grey(picture: np.ndarray, strength: float, draws: Draws) -> np.ndarray:
    """Without colour."""
    return picture @ LUMA if picture.shape[2] == 3 else picture


KINDS: dict[str, Apply] = {
    each.__name__: each
    for each in (noise, blur, motion, jpeg, shrink, coarse, dark, pale, spots, scratches, stains, watermark, holes, grey)
}


def damaged(picture: np.ndarray, damages: Sequence[Damage], draws: Draws) -> np.ndarray:
    """uint8 C x H x W after all of these, one after the other, each with its chance. Transparency stays as it is, at the result's size, and
    holes are transparent too."""
    values = picture.transpose(1, 2, 0).astype(np.float32)
    opacity: np.ndarray | None = values[..., -1:] if values.shape[2] in (2, 4) else None
    values = values[..., : -1 if opacity is not None else None]
    for damage in damages:
        strength, taken = draws.uniform(damage.least, damage.most), draws.random() < damage.chance
        if not taken:
            continue
        values = KINDS[damage.kind](values, strength, draws)
        if values.shape[2] in (2, 4):  # with holes: those are no colour for what comes after
            values, known = values[..., :-1], values[..., -1:]
            opacity = known if opacity is None else _resized(opacity, known.shape[:2]) * known / 255
    if opacity is not None:
        values = np.concatenate([values, _resized(opacity, values.shape[:2])], axis=2)
    return np.rint(values).clip(0, 255).astype(np.uint8).transpose(2, 0, 1)


def _resized(opacity: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    if opacity.shape[:2] == size:
        return opacity
    return _by_pillow(opacity, lambda image: image.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def _painted(
    picture: np.ndarray, count: int, draws: Draws, paint: Callable[[ImageDraw.ImageDraw, int, int, int, Draws], None]
) -> np.ndarray:
    layer = Image.new("L", (picture.shape[1], picture.shape[0]), 128)
    pen = ImageDraw.Draw(layer)
    for _ in range(count):
        paint(pen, picture.shape[1], picture.shape[0], 255 if draws.random() < 0.5 else 0, draws)
    painted = _values(layer)
    return np.where(painted == 128, picture, painted)


def _speck(pen: ImageDraw.ImageDraw, width: int, height: int, shade: int, draws: Draws) -> None:
    radius = max(0.5, draws.uniform(0.005, 0.02) * max(width, height))
    x, y = draws.random() * width, draws.random() * height
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)


def _line(pen: ImageDraw.ImageDraw, width: int, height: int, shade: int, draws: Draws) -> None:
    ends = draws.random(4) * np.array([width, height, width, height])
    pen.line(tuple(ends.tolist()), fill=shade, width=1)


def _by_pillow(picture: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    return _values(change(_image(picture)))


def _image(picture: np.ndarray) -> Image.Image:
    values = np.rint(picture).clip(0, 255).astype(np.uint8)
    return Image.fromarray(values[..., 0] if values.shape[2] == 1 else values)


def _values(image: Image.Image) -> np.ndarray:
    values = np.asarray(image, dtype=np.float32)
    return values[..., None] if values.ndim == 2 else values
