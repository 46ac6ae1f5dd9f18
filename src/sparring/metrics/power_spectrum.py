"""The power of pictures by spatial frequency: smooth samples lack fine detail, broken ones have too much.

Generators tend to miss the spectrum of real pictures (Durall et al. 2020, arXiv:2003.01826). Here power is summed by
octave, because few numbers can be read and compared.
"""

from __future__ import annotations

import numpy as np

from .arrays import blocks

MIN_SIDE = 4  # pixels; below there is no octave


def power_by_octave(pictures: np.ndarray) -> np.ndarray:
    """The mean power of each picture in each octave of frequencies, from fine to coarse: N x octaves, float64.

    The first octave goes from the highest frequency along an axis (half a cycle a pixel) down to half of it, and so on;
    diagonal frequencies beyond the first octave count to it. The last octave holds one cycle a picture. A
    picture's mean is taken off and its margins are faded out by a Hann window, so that opposite margins which differ
    are not taken for detail.

    Args:
        pictures: N x C x H x W, 0 to 255, uint8 or floats. Channels are averaged.

    Raises:
        ValueError: No batch of pictures, or sides below 4 pixels.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or not pictures.size or min(pictures.shape[2:]) < MIN_SIDE:
        raise ValueError(f"a batch of pictures is N x C x H x W with sides from {MIN_SIDE}, not {pictures.shape}")
    height, width = pictures.shape[2:]
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    octaves = int(np.log2(min(height, width)))
    octave = np.floor(-np.log2(np.maximum(2 * frequency, 2.0 ** -(octaves + 1)))).clip(0).astype(int)
    # The halves of a real spectrum mirror each other: columns that have a twin in the other half count twice.
    times = np.full(frequency.shape, 2.0)
    times[:, 0] = 1
    if width % 2 == 0:
        times[:, -1] = 1
    masks = np.stack([times * (octave == number) for number in range(octaves)])
    found = []
    for part in blocks(len(pictures), 4 * pictures[0].size):
        values = pictures[part].astype(np.float64)
        mean = (values * window).mean(axis=(2, 3), keepdims=True) / window.mean()
        power = np.abs(np.fft.rfft2((values - mean) * window)) ** 2
        found.append(np.einsum("nchw,ohw->no", power, masks) / values.shape[1])
    return np.concatenate(found) / (height * width * (window**2).sum())


def power_ratios(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The mean power of the pictures `a` divided by that of `b`, by octave from fine to coarse.

    Args:
        a: N x octaves, from `power_by_octave`.
        b: M x octaves.

    Returns:
        For each octave a ratio; 1 where neither has power, inf where only `a` has.
    """
    above, below = a.mean(axis=0), b.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above == below, 1.0, above / below)
