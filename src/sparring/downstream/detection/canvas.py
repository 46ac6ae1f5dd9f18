"""Pictures with boxes at the one size at which the detector sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from ...metrics.average_precision import Truth
from ...modalities.image.boxes import Objects, Scene

MAX_SIDE, GRAIN = 160, 4  # pixels; sides are multiples of the second
GREY = 128  # around pictures of another aspect
LEAST_SIDE = 32


class Seen(NamedTuple):
    """Pictures as the detector sees them: values N x 3 x H x W uint8, and the objects of each, in their pixels."""

    values: np.ndarray
    objects: list[Objects]

    def joined(self, more: Seen) -> Seen:
        """These pictures and others behind them."""
        return Seen(np.concatenate([self.values, more.values]), [*self.objects, *more.objects])

    def at(self, places: np.ndarray) -> Seen:
        """The pictures at these places, in this order."""
        return Seen(self.values[places], [self.objects[place] for place in places])

    def truth(self) -> list[Truth]:
        """For a metric."""
        return [Truth(each.boxes, each.labels, each.crowd, each.boxes[:, 2:].prod(axis=1)) for each in self.objects]


@dataclass(frozen=True)
class Canvas:
    """Height and width, pixels."""

    height: int
    width: int

    def scale(self, width: int, height: int) -> float:
        """By which a picture of this size is made smaller or larger."""
        return min(self.width / width, self.height / height)

    def see(self, pixels: np.ndarray, objects: Objects) -> tuple[np.ndarray, Objects]:
        """A picture, H x W x 3 uint8, and its objects on the canvas, in the upper left corner of it."""
        height, width = pixels.shape[:2]
        scale = self.scale(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = np.full((self.height, self.width, 3), GREY, np.uint8)
        small = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)  # Pillow's is antialiased
        shown[: size[1], : size[0]] = np.asarray(small)
        return shown.transpose(2, 0, 1), objects._replace(boxes=objects.boxes * scale)


def canvas_for(scenes: Sequence[Scene]) -> Canvas:
    """A canvas with the median aspect of these pictures, its longer side MAX_SIDE."""
    aspect = float(np.median([scene.width / scene.height for scene in scenes]))
    width, height = (MAX_SIDE, MAX_SIDE / aspect) if aspect >= 1 else (MAX_SIDE * aspect, MAX_SIDE)
    return Canvas(*(max(LEAST_SIDE, GRAIN * round(side / GRAIN)) for side in (height, width)))


def seen(pictures: Sequence[tuple[np.ndarray, Objects]], canvas: Canvas) -> Seen:
    """Pictures of any size, H x W x 3 uint8 each, on the canvas."""
    shown = [canvas.see(pixels, objects) for pixels, objects in pictures]
    values = np.stack([values for values, _ in shown]) if shown else np.zeros((0, 3, canvas.height, canvas.width), "u1")
    return Seen(values, [objects for _, objects in shown])
