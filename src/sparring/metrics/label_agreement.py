"""How often generated samples show the requested class, according to a classifier of the real data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .intervals import Interval, wilson


@dataclass(frozen=True)
class Agreement:
    """overall: the share of samples classified as requested, with its 95 % interval. by_class: by requested class."""

    overall: Interval
    by_class: dict[int, Interval]


def label_agreement(predicted: np.ndarray, requested: np.ndarray) -> Agreement:
    """The share of N predicted class numbers that equal the requested ones, 0 to 1.

    A perfect generator reaches the classifier's accuracy on held-out examples, not 1.
    """
    predicted, requested = np.asarray(predicted), np.asarray(requested)
    if predicted.shape != requested.shape or predicted.ndim != 1 or not len(requested):
        shapes = f"{predicted.shape} and {requested.shape}"
        raise ValueError(f"predicted and requested labels are N numbers each, not of shapes {shapes}")
    hits = predicted == requested
    classes, position = np.unique(requested, return_inverse=True)
    counts, right = np.bincount(position), np.bincount(position, weights=hits)
    rows = {
        int(label): wilson(int(good), int(count)) for label, good, count in zip(classes, right, counts, strict=True)
    }
    return Agreement(wilson(int(hits.sum()), len(hits)), rows)
