"""Average precision of detected boxes, as COCO defines it (Lin et al. 2014, arXiv:1405.0312; cocodataset.org).

Detections of a class are matched with its boxes picture by picture, the surest first, each with the box of the largest
overlap that is still free. Over all pictures, precision is read at 101 points of recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MOST = 100  # detections of a class in one picture that count
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}


class Truth(NamedTuple):
    """The boxes of a picture.

    boxes: N x 4, left, top, width, height. labels: class numbers, N. crowd: N bool; what is detected in a crowd counts
    neither as right nor as wrong. areas: N, of the objects, by which sizes are told.
    """

    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray
    areas: np.ndarray


class Detections(NamedTuple):
    """What was detected in a picture. boxes: N x 4 as above. labels: N. scores: N, larger ones are surer."""

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Matches:
    """The detections of one class in all pictures, surest first.

    pictures: of each detection the number of its picture, N. right, ignored: thresholds x N bool. boxes: of each
    picture how many boxes of the class count.
    """

    pictures: np.ndarray
    right: np.ndarray
    ignored: np.ndarray
    boxes: np.ndarray

    def average_precision(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Average precision at each threshold; NaN where no box counts.

        weights: of the pictures, how often each counts; None: all once.
        """
        times = np.ones(len(self.boxes)) if weights is None else weights
        total = float(times @ self.boxes)
        if total <= 0:
            return np.full(len(self.right), np.nan)
        own = times[self.pictures]
        found = [
            _area(own * right * ~out, own * ~right * ~out, total)
            for right, out in zip(self.right, self.ignored, strict=True)
        ]
        return np.array(found)


def matched(
    truth: Sequence[Truth],
    detections: Sequence[Detections],
    label: int,
    overlaps: np.ndarray = OVERLAPS,
    area: str = "all",
    most: int = MOST,
) -> Matches:
    """Match the detections of one class.

    Args:
        truth: The boxes of each picture.
        detections: Of the same pictures.
        label: The number of the class.
        overlaps: Least overlaps (intersection over union) at which a detection is right.
        area: A key of AREAS; boxes of other sizes count neither as found nor as missed.
        most: Detections of the class in one picture that count.
    """
    parts, counts, pictures = [], [], []
    for at, (real, said) in enumerate(zip(truth, detections, strict=True)):
        mine, own = real.labels == label, said.labels == label
        order = np.argsort(-said.scores[own], kind="stable")[:most]
        one = Truth(real.boxes[mine], real.labels[mine], real.crowd[mine], real.areas[mine])
        low, high = AREAS[area]
        left_out = one.crowd | (one.areas < low) | (one.areas > high)
        right, ignored = _matched(one, left_out, said.boxes[own][order], overlaps, AREAS[area])
        parts.append((said.scores[own][order], right, ignored))
        counts.append(int((~left_out).sum()))
        pictures.append(np.full(len(order), at))
    scores, right, ignored = (np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    order = np.argsort(-scores, kind="stable")
    return Matches(np.concatenate(pictures)[order], right[:, order], ignored[:, order], np.array(counts))


def _matched(
    real: Truth, left_out: np.ndarray, boxes: np.ndarray, overlaps: np.ndarray, bounds: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each detection of a picture is right, and whether it does not count; thresholds x N bool each."""
    shares, steps = overlap(boxes, real.boxes, real.crowd), len(overlaps)
    right, ignored = np.zeros((2, steps, len(boxes)), dtype=bool)
    free = np.ones((steps, len(real.boxes)), dtype=bool)
    least = np.minimum(overlaps, 1 - 1e-10)[:, None]
    for at in range(len(boxes)):
        if len(real.boxes):
            possible = (free | real.crowd) & (shares[at] >= least)
            # a box that counts is taken before one that does not, whatever the overlaps; of equals the last one
            rank = np.where(possible, shares[at] + 2.0 * ~left_out, -1.0)
            best = len(real.boxes) - 1 - rank[:, ::-1].argmax(axis=1)
            hit = possible[np.arange(steps), best]
            free[np.flatnonzero(hit), best[hit]] = False
            right[:, at], ignored[:, at] = hit, hit & left_out[best]
        size = float(boxes[at, 2] * boxes[at, 3])
        if not bounds[0] <= size <= bounds[1]:
            ignored[:, at] |= ~right[:, at]
    return right, ignored


def overlap(one: np.ndarray, other: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """Intersection over union of boxes, N x M; of a crowd the share of the first box that lies in it.

    Args:
        one: N x 4, left, top, width, height.
        other: M x 4.
        crowd: M bool.
    """
    start = np.maximum(one[:, None, :2], other[None, :, :2])
    end = np.minimum(one[:, None, :2] + one[:, None, 2:], other[None, :, :2] + other[None, :, 2:])
    both = np.maximum(0.0, end - start).prod(axis=2)
    areas = one[:, None, 2:].prod(axis=2)
    union = areas + other[None, :, 2:].prod(axis=2) - both
    if crowd is not None:
        union = np.where(crowd[None], areas, union)
    return both / np.maximum(union, 1e-300)


def _area(right: np.ndarray, wrong: np.ndarray, total: float) -> float:
    """The mean over 101 points of recall of the best precision that is reached at that recall or above."""
    hits, misses = np.cumsum(right), np.cumsum(wrong)
    recall = hits / total
    precision = hits / np.maximum(hits + misses, np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS, side="left")
    return (
        float(np.where(places < len(best), best[np.minimum(places, len(best) - 1)], 0.0).mean()) if len(best) else 0.0
    )


def mean_average_precision(
    truth: Sequence[Truth], detections: Sequence[Detections], classes: int, area: str = "all", most: int = MOST
) -> np.ndarray:
    """Average precision by class and threshold, classes x 10; NaN for classes of which no box counts.

    The mean over classes and thresholds is COCO's AP, that of the first column AP50, that of the sixth AP75.
    """
    found = [matched(truth, detections, label, OVERLAPS, area, most).average_precision() for label in range(classes)]
    return np.stack(found)
