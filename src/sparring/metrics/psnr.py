"""Peak signal-to-noise ratio: how near pictures come to their targets, value by value."""

from __future__ import annotations

import numpy as np

from .arrays import blocks

MAX_PSNR = 100.0  # decibels, for equal pictures


def psnr(pictures: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """N values in decibels: 10 log10(255^2 / mean squared difference), at most 100.

    pictures, targets: N x C x H x W, 0 to 255.
    """
    errors = [
        np.square(pictures[part].astype(np.float64) - targets[part]).mean(axis=(1, 2, 3))
        for part in blocks(len(targets), 8 * targets[0].size)
    ]
    return np.minimum(MAX_PSNR, 10 * np.log10(255.0**2 / np.concatenate(errors).clip(min=1e-12)))
