"""A picture with boxes, and the checks that every box passes whatever file it came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ....data.source import Split
from ....errors import UserError

EDGE = 1.0  # pixels: boxes that reach further outside are faults, others are rounding and are clipped
Polygons = tuple[tuple[float, ...], ...]  # outlines x1, y1, x2, y2, ... in pixels


class Objects(NamedTuple):
    """The objects of a picture.

    boxes: N x 4, left, top, width, height in pixels of the picture, float64; pixel 0 reaches from 0 to 1. labels: class
    numbers, N int64. crowd: boxes around groups that nobody counted, N bool. masks: N outlines; None where there is
    none. pasted: N bool, whether an object was pasted by this program.
    """

    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray
    masks: tuple[Polygons | None, ...]
    pasted: np.ndarray

    def at(self, places: np.ndarray) -> Objects:
        """The objects at these places; places: numbers, or N bool."""
        numbers = np.arange(len(self.labels))[places]
        masks = tuple(self.masks[number] for number in numbers)
        return Objects(self.boxes[numbers], self.labels[numbers], self.crowd[numbers], masks, self.pasted[numbers])


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with its objects.

    name: its place below the opened folder, with forward slashes. read: gives the bytes of the file. synthetic: made by
    this program.
    """

    name: str
    width: int
    height: int
    split: Split | None
    objects: Objects
    read: Callable[[], bytes]
    synthetic: bool = False


@dataclass
class Found:
    """A box as a file gives it. place: file and place, for people."""

    box: tuple[float, float, float, float]
    label: int
    place: str
    crowd: bool = False
    mask: Polygons | None = None
    pasted: bool = False


@dataclass
class Checked:
    """Collects boxes of one data set. empty: places of boxes without an area, which are left out."""

    faults: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def objects(self, found: Iterable[Found], width: int, height: int) -> Objects:
        """The boxes of one picture. Those that reach at most EDGE outside are clipped; others become faults."""
        kept = []
        for each in found:
            x, y, w, h = each.box
            right, bottom = min(x + w, width), min(y + h, height)
            left, top = max(x, 0.0), max(y, 0.0)
            if not all(map(math.isfinite, each.box)):
                self.faults.append(f"{each.place}: its box is not finite")
            elif w < 0 or h < 0:
                self.faults.append(f"{each.place}: its box has a negative size, {w:g} x {h:g}")
            elif w == 0 or h == 0:
                self.empty.append(each.place)
            elif x < -EDGE or y < -EDGE or x + w > width + EDGE or y + h > height + EDGE:
                self.faults.append(
                    f"{each.place}: its box from ({x:g}, {y:g}) to ({x + w:g}, {y + h:g}) lies outside of the picture "
                    f"of {width} x {height} pixels"
                )
            elif right <= left or bottom <= top:
                self.empty.append(each.place)
            elif left == x and top == y and right == x + w and bottom == y + h:
                kept.append(each)  # as it is: a sum and a difference would not give the same number again
            else:
                kept.append(replace(each, box=(left, top, right - left, bottom - top)))
        return packed(kept)

    def settle(self) -> list[str]:
        """Notes. Raises UserError where there are faults: the first, and how many more there are."""
        if self.faults:
            more = f" (and {len(self.faults) - 1:,} more faults)" if len(self.faults) > 1 else ""
            raise UserError(f"{self.faults[0]}{more}: correct the annotations")
        if not self.empty:
            return []
        boxes = "1 box" if len(self.empty) == 1 else f"{len(self.empty):,} boxes"
        return [f"{boxes} without an area left out, first {self.empty[0]}."]


def packed(found: Sequence[Found]) -> Objects:
    """Boxes as arrays."""
    return Objects(
        np.array([each.box for each in found], dtype=np.float64).reshape(-1, 4),
        np.array([each.label for each in found], dtype=np.int64),
        np.array([each.crowd for each in found], dtype=bool),
        tuple(each.mask for each in found),
        np.array([each.pasted for each in found], dtype=bool),
    )


def number(value: Any, place: str) -> float:
    """A number from a file. Raises UserError for anything else; infinite ones and NaN are left to `Checked`."""
    if isinstance(value, str):
        value = value.strip()
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{place}: {str(value)[:40]!r} is no number; correct the annotations") from None


def whole(value: Any, place: str) -> int:
    """A whole number from a file. Raises UserError for anything else."""
    found = number(value, place)
    if not math.isfinite(found) or found != int(found):
        raise UserError(f"{place}: {str(value)[:40]!r} is no whole number; correct the annotations")
    return int(found)


def safe_name(given: Any, place: str) -> str:
    """The name of a picture as annotations give it, with forward slashes. Raises UserError for one that leads away."""
    if not isinstance(given, str) or not given.strip():
        raise UserError(f"{place}: no file name of a picture; correct the annotations")
    name = given.strip().replace("\\", "/").removeprefix("./")
    if name.startswith("/") or ".." in name.split("/") or "\0" in name or name[1:2] == ":":
        raise UserError(f"{place}: the picture's file name {given!r} leads out of the data; correct the annotations")
    return name
