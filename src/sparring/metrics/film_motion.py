"""How much films move, how fast what moves in them travels, and whether it stays what it is."""

from __future__ import annotations

import numpy as np

FAINT = 1e-4  # the share of the strongest film's change below which nothing moves


def amounts(films: np.ndarray) -> np.ndarray:
    """The root mean square change of each step, N x (T - 1), as a share of the range.

    films: N x T x C x H x W uint8.
    """
    squares = [np.square(np.diff(film.astype(np.float32), axis=0)).mean(axis=(1, 2, 3)) for film in films]
    return np.sqrt(np.stack(squares)) / 255


def places(films: np.ndarray) -> np.ndarray:
    """The middle of what differs from the ground, N x T x 2 (down, across), in pixels; NaN where nothing does.

    The ground is what most frames of all films show at a pixel: their median.
    """
    ground = np.median(films.reshape(-1, *films.shape[2:])[:: max(1, films.shape[0] * films.shape[1] // 2000)], axis=0)
    change = np.stack([np.square(film.astype(np.float32) - ground).sum(axis=1) for film in films]).astype(np.float64)
    total = change.sum(axis=(2, 3))
    total = np.where(total > FAINT * total.max(), total, np.nan)
    down, across = (np.arange(side) for side in change.shape[2:])
    moments = ((change.sum(axis=3) * down).sum(axis=2), (change.sum(axis=2) * across).sum(axis=2))
    return np.stack([moment / total for moment in moments], axis=2)


def speeds(films: np.ndarray) -> np.ndarray:
    """How far the middle of what moves travels in each step, N x (T - 1), in pixels; NaN where nothing moves."""
    return np.linalg.norm(np.diff(places(films), axis=1), axis=2)


def variation(values: np.ndarray) -> float:
    """The standard deviation as a share of the mean, without NaN; 0 where all values are 0."""
    mean = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
    return float(np.nanstd(values) / mean) if mean > 0 else 0.0


def kept(classes: np.ndarray) -> float:
    """The share of frames that show what most frames of their film show. classes: seen in each frame, N x T."""
    most = [np.bincount(seen).max() / len(seen) for seen in classes]
    return float(np.mean(most))
