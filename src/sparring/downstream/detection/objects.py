"""Objects cut out of pictures: with the outline that annotations give, else with a soft-edged box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ...modalities.image.boxes import Objects, Scene

MARGIN = 0.15  # of a box's side, cut around it: there a soft edge fades, and the ground is seen
LEAST_SIDE = 3  # pixels of an object that can be cut
EDGE = 1.0  # pixels: what comes as near to the edge of the picture is cut off by it
LEAST_INSIDE = 0.02  # share of a box that an outline has to fill, else the box stands for the object

Pixels = Callable[[Scene], np.ndarray]  # H x W x 3 uint8


class Cut(NamedTuple):
    """An object with some ground around it.

    pixels: H x W x 3 uint8. opacity: H x W float32; the object is where it is at least a half. label: class number.
    share: of the diagonal of the picture that the diagonal of the cut is. outlined: does the opacity follow an outline?
    """

    pixels: np.ndarray
    opacity: np.ndarray
    label: int
    share: float
    outlined: bool


def cuts_of(scene: Scene, pixels: np.ndarray) -> list[Cut]:
    """The objects that are whole: no crowds, not cut off by the edge of the picture, no smaller than LEAST_SIDE."""
    found, objects = [], scene.objects
    diagonal = float(np.hypot(scene.width, scene.height))
    start, end = objects.boxes[:, :2], objects.boxes[:, :2] + objects.boxes[:, 2:]
    whole = (start > EDGE).all(axis=1) & (end < np.array([scene.width, scene.height]) - EDGE).all(axis=1)
    for at in np.flatnonzero(whole & ~objects.crowd & (objects.boxes[:, 2:].min(axis=1, initial=np.inf) >= LEAST_SIDE)):
        x, y, w, h = objects.boxes[at]
        left, top = (int(max(0, np.floor(start - MARGIN * side))) for start, side in ((x, w), (y, h)))
        right = int(min(scene.width, np.ceil(x + w * (1 + MARGIN))))
        bottom = int(min(scene.height, np.ceil(y + h * (1 + MARGIN))))
        outline = outlined(objects, int(at), left, top, right, bottom)
        opacity = soft_box((bottom - top, right - left), (x - left, y - top, w, h)) if outline is None else outline
        cut = pixels[top:bottom, left:right]
        share = float(np.hypot(right - left, bottom - top)) / diagonal
        found.append(Cut(cut, opacity, int(objects.labels[at]), share, outline is not None))
    return found


def soft_box(size: tuple[int, int], box: Sequence[float]) -> np.ndarray:
    """Opacity that is at least a half in a box and fades around it, H x W float32.

    Args:
        size: Height and width, pixels.
        box: Left, top, width and height in it.
    """
    sides = []
    for count, start, side in ((size[1], box[0], box[2]), (size[0], box[1], box[3])):
        reach, middle = max(0.5, MARGIN * side), start + side / 2
        outside = np.abs(np.arange(count) + 0.5 - middle) - side / 2  # pixels from the edge, negative inside
        rising = np.clip(outside / reach, -1, 1)
        sides.append(0.5 - 0.5 * np.sin(np.pi / 2 * rising))
    return np.minimum(sides[1][:, None], sides[0][None]).astype(np.float32)


def outlined(objects: Objects, at: int, left: int, top: int, right: int, bottom: int) -> np.ndarray | None:
    """The opacity in a part of the picture by the outline of an object; None where there is no good one."""
    mask = objects.masks[at]
    if mask is None:
        return None
    drawn = Image.new("L", (right - left, bottom - top))
    for part in mask:
        points = [(x - left - 0.5, y - top - 0.5) for x, y in zip(part[::2], part[1::2], strict=True)]
        ImageDraw.Draw(drawn).polygon(points, fill=255)
    if np.asarray(drawn).mean() / 255 < LEAST_INSIDE:
        return None
    return np.asarray(drawn.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32) / 255


def square(cut: Cut, side: int, opaque: bool) -> np.ndarray:
    """A cut as a generator learns it: side x side x 3, or with its opacity as fourth channel where not `opaque`."""
    image = Image.fromarray(cut.pixels).resize((side, side), Image.Resampling.BILINEAR)
    if opaque:
        return np.asarray(image)
    opacity = Image.fromarray(cut.opacity).resize((side, side), Image.Resampling.BILINEAR)
    return np.dstack([np.asarray(image), np.rint(255 * np.asarray(opacity).clip(0, 1)).astype(np.uint8)])


def generated_cut(value: np.ndarray, like: Cut) -> Cut:
    """A generated object as a cut of the size of a real one.

    Args:
        value: C x S x S uint8, 1 to 4 channels; the last of 2 and 4 is opacity.
        like: A real object of the class, whose size and aspect it gets.
    """
    height, width = like.pixels.shape[:2]
    channels = value.transpose(1, 2, 0)
    with_opacity = channels.shape[2] in (2, 4)
    colour = channels[..., :-1] if with_opacity else channels
    colour = np.ascontiguousarray(np.broadcast_to(colour, (*colour.shape[:2], 3)) if colour.shape[2] == 1 else colour)
    pixels = np.asarray(Image.fromarray(colour).resize((width, height), Image.Resampling.BICUBIC))
    if not with_opacity:
        edge = MARGIN / (1 + 2 * MARGIN)
        box = (edge * width, edge * height, width * (1 - 2 * edge), height * (1 - 2 * edge))
        return Cut(pixels, soft_box((height, width), box), like.label, like.share, False)
    opacity = Image.fromarray(np.ascontiguousarray(channels[..., -1])).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    return Cut(pixels, np.asarray(opacity, dtype=np.float32) / 255, like.label, like.share, True)
