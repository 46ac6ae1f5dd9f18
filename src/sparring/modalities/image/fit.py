"""Bring pictures to a size and to channels, whatever numbers they hold."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

MAX_PATCHES = 64  # of one picture
LUMA = np.array([[0.299], [0.587], [0.114]])  # shares of red, green and blue in grey: ITU-R BT.601
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}  # modes that can be trained on, from small to large


def reduced(pixels: np.ndarray) -> np.ndarray:
    """H x W x C in the fewest channels that lose nothing.

    An opaque alpha channel and equal colour channels are dropped. The colour of fully transparent pixels cannot be
    seen and is set to 0.
    """
    if pixels.shape[2] in (2, 4):
        if pixels[..., -1].min() == (255 if pixels.dtype == np.uint8 else 1):
            pixels = pixels[..., :-1]
        elif pixels.dtype == np.uint8:
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
    black or transparent around it; "stretch" distorts it. Numbers that are not uint8 come back as floating-point ones
    of the same range, and NaN stands for the black of padding.
    """
    if pixels.shape[:2] == size:
        return pixels
    if pixels.dtype != np.uint8:
        return _fitted_numbers(pixels, size, fit)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))
    result = np.asarray(_by_pillow(picture, size, fit, 0)).reshape(*size, -1)
    return clear_hidden(result) if result.shape[2] in (2, 4) else result


def _by_pillow(picture: Image.Image, size: tuple[int, int], fit: str, around: float) -> Image.Image:
    target = (size[1], size[0])
    if fit == "stretch":
        return picture.resize(target, Image.Resampling.LANCZOS)
    if fit in ("crop", "patches"):
        return ImageOps.fit(picture, target, Image.Resampling.LANCZOS)
    inner = ImageOps.contain(picture, target, Image.Resampling.LANCZOS)
    whole = Image.new(picture.mode, target, around) if around else Image.new(picture.mode, target)
    whole.paste(inner, ((target[0] - inner.width) // 2, (target[1] - inner.height) // 2))
    return whole


def _fitted_numbers(pixels: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    """As `fitted`. Each channel is resized in float32 above its lowest number, so that large offsets cost nothing."""
    alpha = pixels[..., -1:].astype(np.float32) if pixels.shape[2] in (2, 4) else None
    colour = pixels[..., :-1] if alpha is not None else pixels
    low, high = colour.min(axis=(0, 1)), colour.max(axis=(0, 1))
    above = (colour.astype(np.float64) - low).astype(np.float32)
    if alpha is not None:
        above = above * alpha
    planes = [_plane(above[..., channel], size, fit, np.nan) for channel in range(above.shape[2])]
    made = np.stack(planes, axis=2)
    if alpha is None:
        return (made.astype(np.float64) + low).clip(low, high)
    opacity = _plane(alpha[..., 0], size, fit, 0)[..., None].clip(0, 1)
    made = np.where(opacity > 0, made / np.maximum(opacity, 1e-6), 0)
    return np.concatenate([(np.nan_to_num(made).astype(np.float64) + low).clip(low, high), opacity], axis=2)


def _plane(values: np.ndarray, size: tuple[int, int], fit: str, around: float) -> np.ndarray:
    return np.asarray(_by_pillow(Image.fromarray(np.ascontiguousarray(values)), size, fit, around))


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
    """H x W x C values from 0 to 255, uint8 or float32 -> H x W x CHANNELS[mode] of the same type.

    What the mode cannot hold is lost: colour becomes luma, transparency becomes white.
    """
    alpha = pixels[..., -1:] if pixels.shape[2] in (2, 4) else None
    colour = pixels[..., : -1 if alpha is not None else None]
    if alpha is not None and "A" not in mode:
        share = alpha.astype(np.float32)
        colour = _as(pixels.dtype, (colour.astype(np.float32) * share + 255.0 * (255 - share)) / 255)
    if colour.shape[2] == 3 and mode.startswith("L"):
        colour = _as(pixels.dtype, colour @ LUMA)
    elif colour.shape[2] == 1 and mode.startswith("RGB"):
        colour = colour.repeat(3, axis=2)
    if "A" not in mode:
        return colour
    return np.concatenate([colour, np.full_like(colour[..., :1], 255) if alpha is None else alpha], axis=2)


def _as(kind: np.dtype, values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8) if kind == np.uint8 else values.astype(kind)
