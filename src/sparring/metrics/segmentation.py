"""How well label maps agree with their targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """accuracy: the share of pixels with the right class. iou: by class, NaN where the class occurs in neither map."""

    accuracy: float
    iou: np.ndarray

    @property
    def mean_iou(self) -> float:
        """The mean over the classes that occur."""
        return float(np.nanmean(self.iou)) if np.isfinite(self.iou).any() else 0.0


def confusion(maps: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """The classes x classes numbers of pixels of a target class (row) that the maps assign to a class (column).

    Pixels whose target is not a class are left out.
    """
    known = targets < classes
    pairs = targets[known].astype(np.int64) * classes + maps[known].clip(max=classes - 1)
    return np.bincount(pairs.ravel(), minlength=classes**2).reshape(classes, classes)


def agreement(counts: np.ndarray) -> Agreement:
    """Accuracy and intersection over union, TP / (TP + FP + FN), from a confusion matrix.

    Everingham et al. 2010 (the VOC paper), section 4.1.4.
    """
    right, total = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts)
    iou = np.where(total > 0, right / np.maximum(total, 1), np.nan)
    return Agreement(float(right.sum() / max(1, counts.sum())), iou)
