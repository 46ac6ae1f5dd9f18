"""New scenes: objects pasted into pictures, after Ghiasi et al. 2021 (arXiv:2012.07177) and Dwibedi et al. 2017.

Simple copy-paste says that places may be random, and that boxes follow what is visible. Dwibedi et al.
(arXiv:1708.01642) show that the edge of what is pasted has to be soft, else detectors learn the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from ...modalities.image.boxes import Objects
from .objects import LEAST_SIDE, Cut, outlined

SCALE = 1.25  # factor by which a pasted object may be larger or smaller than where it was cut
MAX_SHARE = 0.75  # of a side of the picture that a pasted object may take
TRIES = 12  # places that are tried for an object
# Share of an older object that has to stay visible where another is pasted. A box brings ground along, an outline none.
LEAST_LEFT, LEAST_LEFT_BOX = 0.5, 0.75
LEAST_VISIBLE = 0.25  # share below which an occluded object has no box any more
MAX_SHIFT = 48  # of 255, by which the light of a pasted object follows its new place


@dataclass
class Canvasful:
    """A picture that objects are pasted into. pixels: H x W x 3 uint8, changed in place. objects: those it has."""

    pixels: np.ndarray
    objects: Objects
    _shapes: list[tuple[int, int, np.ndarray]] = field(default_factory=list)  # top, left, visible pixels of each
    _areas: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        height, width = self.pixels.shape[:2]
        for at, (x, y, w, h) in enumerate(self.objects.boxes):
            left, top = min(int(x), width - 1), min(int(y), height - 1)
            right, bottom = max(left + 1, int(np.ceil(x + w))), max(top + 1, int(np.ceil(y + h)))
            outline = outlined(self.objects, at, left, top, right, bottom)
            shape = np.ones((bottom - top, right - left), bool) if outline is None else outline >= 0.5
            self._shapes.append((top, left, shape))
            self._areas.append(int(shape.sum()))

    def paste(self, cut: Cut, rng: np.random.Generator) -> bool:
        """Paste an object where older ones stay visible enough; False where no such place was found."""
        ready = self._resized(cut, float(SCALE ** rng.uniform(-1, 1)))
        if ready is None:
            return False
        pixels, opacity = ready
        body = opacity >= 0.5
        rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
        height, width = self.pixels.shape[:2]
        if len(rows) < LEAST_SIDE or len(columns) < LEAST_SIDE:
            return False
        for _ in range(TRIES):  # the object is whole in the picture, the ground around it need not be
            top = int(rng.integers(-rows[0], height - rows[-1]))
            left = int(rng.integers(-columns[0], width - columns[-1]))
            if self._leaves_enough(top, left, body, LEAST_LEFT if cut.outlined else LEAST_LEFT_BOX):
                self._put(pixels, opacity, body, top, left, cut.label)
                return True
        return False

    def finished(self) -> Objects:
        """The objects, each with the box of what is visible of it."""
        boxes, kept = self.objects.boxes.copy(), []
        masks = list(self.objects.masks)
        for at, ((top, left, shape), area) in enumerate(zip(self._shapes, self._areas, strict=True)):
            seen = int(shape.sum())
            if seen < LEAST_VISIBLE * area:
                continue
            kept.append(at)
            if seen == area:
                continue
            masks[at] = None  # the outline is no longer that of what is visible
            rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
            x, y, w, h = boxes[at]
            right, bottom = min(x + w, left + columns[-1] + 1.0), min(y + h, top + rows[-1] + 1.0)
            x, y = max(x, left + float(columns[0])), max(y, top + float(rows[0]))
            boxes[at] = x, y, right - x, bottom - y
        return self.objects._replace(boxes=boxes, masks=tuple(masks)).at(np.array(kept, dtype=np.int64))

    def _resized(self, cut: Cut, factor: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Pixels and opacity at the size that the object has in this picture; None for one that is too large."""
        height, width = self.pixels.shape[:2]
        own_height, own_width = cut.opacity.shape
        factor *= cut.share * float(np.hypot(width, height)) / float(np.hypot(own_width, own_height))
        size = (max(1, round(own_width * factor)), max(1, round(own_height * factor)))
        if size[0] > MAX_SHARE * width or size[1] > MAX_SHARE * height:
            return None
        pixels = Image.fromarray(cut.pixels).resize(size, Image.Resampling.BILINEAR)
        opacity = Image.fromarray(cut.opacity).resize(size, Image.Resampling.BILINEAR)
        return np.asarray(pixels), np.asarray(opacity)

    def _leaves_enough(self, top: int, left: int, body: np.ndarray, least: float) -> bool:
        for (other_top, other_left, shape), area in zip(self._shapes, self._areas, strict=True):
            mine, theirs = _both(top, left, body.shape, other_top, other_left, shape.shape)
            if mine is None:
                continue
            lost = int((shape[theirs] & body[mine]).sum())
            if lost and int(shape.sum()) - lost < least * area:
                return False
        return True

    def _put(self, pixels: np.ndarray, opacity: np.ndarray, body: np.ndarray, top: int, left: int, label: int) -> None:
        height, width = self.pixels.shape[:2]
        mine, ground = _both(top, left, opacity.shape, 0, 0, (height, width))
        assert mine is not None
        under, over, share = self.pixels[ground].astype(np.float32), pixels[mine].astype(np.float32), opacity[mine]
        rim = share < 0.5  # there the ground of the old place and that of the new one should be alike
        if rim.sum() >= 8:
            over = over + np.clip(under[rim].mean(axis=0) - over[rim].mean(axis=0), -MAX_SHIFT, MAX_SHIFT)
        blended = share[..., None] * over + (1 - share[..., None]) * under
        self.pixels[ground] = np.rint(blended.clip(0, 255)).astype(np.uint8)
        for other_top, other_left, shape in self._shapes:
            part, theirs = _both(top, left, body.shape, other_top, other_left, shape.shape)
            if part is not None:
                shape[theirs] &= ~body[part]
        rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
        inside = body[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
        self._shapes.append((top + int(rows[0]), left + int(columns[0]), inside))
        self._areas.append(int(inside.sum()))
        box = np.array([[left + columns[0], top + rows[0], inside.shape[1], inside.shape[0]]], dtype=np.float64)
        old = self.objects
        self.objects = Objects(
            np.concatenate([old.boxes, box]),
            np.append(old.labels, label),
            np.append(old.crowd, False),
            (*old.masks, None),
            np.append(old.pasted, True),
        )


def _both(
    top: int, left: int, size: Sequence[int], other_top: int, other_left: int, other_size: Sequence[int]
) -> tuple[tuple[slice, slice] | None, tuple[slice, slice]]:
    """Where two rectangles lie over one another: the part in the one and in the other; None where nowhere."""
    start = (max(top, other_top), max(left, other_left))
    end = (min(top + size[0], other_top + other_size[0]), min(left + size[1], other_left + other_size[1]))
    whole = (slice(0, 0), slice(0, 0))
    if start[0] >= end[0] or start[1] >= end[1]:
        return None, whole
    one = (slice(start[0] - top, end[0] - top), slice(start[1] - left, end[1] - left))
    other = (slice(start[0] - other_top, end[0] - other_top), slice(start[1] - other_left, end[1] - other_left))
    return one, other
