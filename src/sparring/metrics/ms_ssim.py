"""Multi-scale structural similarity of pictures (Wang, Simoncelli and Bovik 2003, Asilomar).

1 means equal pictures; near 0 they have nothing in common. A low similarity between samples means diversity, or
noise: compare it with that of training pictures (Odena et al. 2017, arXiv:1610.09585, section 4.2).
"""

from __future__ import annotations

from math import log2

import numpy as np

from .arrays import blocks
from .intervals import Estimate

WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])  # Wang et al. 2003, section 3.2
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # keep quotients of small numbers stable


def ms_ssim(a: np.ndarray, b: np.ndarray, scales: int | None = None) -> np.ndarray:
    """The similarity of N pairs of pictures: N values from 0 to 1.

    Equation 7 for each channel, averaged over channels. Windows are Gaussian, 11 x 11 with deviation 1.5, and stay
    inside the picture; pictures below 11 pixels have a smaller window. Each scale halves the one before by the mean
    of 2 x 2 pixels (a last odd row or column is left out). A negative correlation counts as 0.

    Args:
        a: N x C x H x W, 0 to 255, uint8 or floats.
        b: The same.
        scales: 1 to 5, with weights in proportion to the paper's. None: see `scales_for`. Values with different
            numbers of scales are not comparable.

    Raises:
        ValueError: The shapes differ, or the pictures are too small for so many scales.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 4 or not a.size:
        raise ValueError(f"two batches of pictures are N x C x H x W alike, not of shapes {a.shape} and {b.shape}")
    side = min(a.shape[2:])
    if scales is None:
        scales = scales_for(side)
    if not 1 <= scales <= len(WEIGHTS) or side >> (scales - 1) < 1:
        raise ValueError(
            f"pictures of {side} pixels have 1 to {min(len(WEIGHTS), side.bit_length())} scales, not {scales}"
        )
    return np.concatenate([_chunk(a[part], b[part], scales) for part in blocks(len(a), 8 * a[0].size)])


def scales_for(side: int) -> int:
    """How many scales fit pictures with this shorter side: 5 from 176 pixels on, 1 below 22."""
    return max(1, min(len(WEIGHTS), int(log2(max(1, side / WINDOW))) + 1))


def ms_ssim_of_pairs(images: np.ndarray, pairs: int = 1000, seed: int = 0, scales: int | None = None) -> Estimate:
    """The mean similarity of random pairs of different pictures, and its standard error as if pairs were independent.

    images: N x C x H x W, of one class (Odena et al. use 100 pairs). A single picture gives 1 with the error inf.
    """
    if len(images) < 2:
        return Estimate(1.0, float("inf"))
    rng = np.random.default_rng(seed)
    first = rng.integers(len(images), size=pairs)
    second = (first + rng.integers(1, len(images), size=pairs)) % len(images)
    parts = blocks(pairs, 8 * images[0].size)
    values = np.concatenate([ms_ssim(images[first[part]], images[second[part]], scales) for part in parts])
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(pairs)) if pairs > 1 else float("inf"))


def _chunk(a: np.ndarray, b: np.ndarray, scales: int) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    weights = WEIGHTS[:scales] / WEIGHTS[:scales].sum()
    product = np.ones(a.shape[:2])
    for scale, weight in enumerate(weights):
        likeness, structure = _ssim(a, b)
        product *= (likeness if scale == scales - 1 else structure).clip(min=0) ** weight
        a, b = _half(a), _half(b)
    return product.mean(axis=1).clip(max=1)


def _ssim(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Light x contrast x structure, and contrast x structure, averaged over the picture. N x C each."""
    mean_a, mean_b = _blur(a), _blur(b)
    spread = _blur(a * a) - mean_a**2 + _blur(b * b) - mean_b**2
    shared = _blur(a * b) - mean_a * mean_b
    structure = (2 * shared + C2) / (spread + C2)
    light = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return (light * structure).mean(axis=(2, 3)), structure.mean(axis=(2, 3))


def _blur(images: np.ndarray) -> np.ndarray:
    """Gaussian means where the whole window fits, along one axis after the other."""
    for axis in (2, 3):
        size = images.shape[axis]
        window = min(WINDOW, size - 1 + size % 2)
        taps = np.exp(-(np.square(np.arange(window) - window // 2)) / (2 * SIGMA**2))
        room = size - window + 1
        images = sum(
            tap * images[(slice(None),) * axis + (slice(start, start + room),)]
            for start, tap in enumerate(taps / taps.sum())
        )
    return images


def _half(images: np.ndarray) -> np.ndarray:
    height, width = images.shape[2] // 2 * 2, images.shape[3] // 2 * 2
    cut = images[:, :, :height, :width]
    return (cut[:, :, ::2, ::2] + cut[:, :, 1::2, ::2] + cut[:, :, ::2, 1::2] + cut[:, :, 1::2, 1::2]) / 4
