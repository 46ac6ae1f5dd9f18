"""How often generated samples are of the class they were asked for, as a classifier of the real data sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .intervals import Interval, wilson


@dataclass(frozen=True)
class Agreement:
    """overall: the share of samples seen as the class asked for, with Wilson's 95 % interval. by_class: the same for each class asked for."""

    overall: Interval
    by_class: dict[int, Interval]


def label_agreement(predicted: np.ndarray, asked: np.ndarray) -> Agreement:
    """predicted, asked: N class numbers. From 0 to 1; the ceiling is the classifier's accuracy on held-out reals, not 1."""
    predicted, asked = np.asarray(predicted), np.asarray(asked)
    if predicted.shape != asked.shape or predicted.ndim != 1 or not len(asked):
        raise ValueError(f"labels seen and asked for are N numbers each, not of shapes {predicted.shape} and {asked.shape}")
    hits = predicted == asked
    classes, position = np.unique(asked, return_inverse=True)
    counts, right = np.bincount(position), np.bincount(position, weights=hits)
    rows = {int(label): wilson(int(good), int(count)) for label, good, count in zip(classes, right, counts, strict=True)}
    return Agreement(wilson(int(hits.sum()), len(hits)), rows)
