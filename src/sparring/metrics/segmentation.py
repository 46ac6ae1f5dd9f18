"""How well label maps agree with the true ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """accuracy: the share of pixels of the right class. iou: of each class, NaN where it occurs in neither. mean_iou: of those that occur."""

    accuracy: float
    iou: np.ndarray

    @property
    def mean_iou(self) -> float:
        return float(np.nanmean(self.iou)) if np.isfinite(self.iou).any() else 0.0


def confusion(maps: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """classes x classes: how many pixels of a true class (row) are called which (column). Pixels whose truth is no class are left out."""
    known = truth < classes
    pairs = truth[known].astype(np.int64) * classes + maps[known].clip(max=classes - 1)
    return np.bincount(pairs.ravel(), minlength=classes**2).reshape(classes, classes)


def agreement(counts: np.ndarray) -> Agreement:
    """From a confusion matrix: intersection over union, TP / (TP + FP + FN) (Everingham et al. 2010, section 4.1.4 of the VOC paper)."""
    right, total = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts)
    iou = np.where(total > 0, right / np.maximum(total, 1), np.nan)
    return Agreement(float(right.sum() / max(1, counts.sum())), iou)
