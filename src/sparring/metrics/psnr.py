"""Peak signal-to-noise ratio: how near pictures come to the true ones, value by value."""

from __future__ import annotations

import numpy as np

from .arrays import blocks

MOST_PSNR = 100.0  # decibels, for pictures without any difference


def psnr(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in decibels, N values: 10 log10(255^2 / mean squared difference), at most 100. Both N x C x H x W of 0 to 255."""
    errors = [
        np.square(pictures[part].astype(np.float64) - truth[part]).mean(axis=(1, 2, 3)) for part in blocks(len(truth), 8 * truth[0].size)
    ]
    return np.minimum(MOST_PSNR, 10 * np.log10(255.0**2 / np.concatenate(errors).clip(min=1e-12)))
