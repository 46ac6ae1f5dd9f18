"""The mel scale and its filter bank: spectra in bands as wide as the ear's.

Davis & Mermelstein 1980 (IEEE Transactions on Acoustics, Speech and Signal Processing 28, 357-366): triangles whose
centres are evenly spaced in mel. mel(f) = 2595 log10(1 + f / 700): O'Shaughnessy 1987 (Speech Communication, page 150).
"""

from __future__ import annotations

import numpy as np


def to_mel(hertz: np.ndarray) -> np.ndarray:
    """Frequencies in Hz as mel: 2595 log10(1 + f / 700)."""
    return 2595 * np.log10(1 + np.asarray(hertz, dtype=np.float64) / 700)


def to_hertz(mel: np.ndarray) -> np.ndarray:
    """The inverse of `to_mel`: 700 (10^(m / 2595) - 1)."""
    return 700 * (10 ** (np.asarray(mel, dtype=np.float64) / 2595) - 1)


def mel_filters(bands: int, size: int, rate: int) -> np.ndarray:
    """Triangles over the bins of a spectrum, bands x (size / 2 + 1), float64.

    Triangle k rises from 0 at centre k - 1 to 1 at its own centre and falls to 0 at centre k + 1. The centres lie
    evenly in mel between 0 Hz and rate / 2. So the triangles add up to 1 from the first centre to the last.

    Raises ValueError where a triangle is narrower than the distance of two bins and would be empty.
    """
    centres = to_hertz(np.linspace(0, to_mel(np.array(rate / 2)), bands + 2))
    bins = np.arange(size // 2 + 1) * (rate / size)
    rising = (bins - centres[:-2, None]) / (centres[1:-1] - centres[:-2])[:, None]
    falling = (centres[2:, None] - bins) / (centres[2:] - centres[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    if not filters.any(axis=1).all():
        raise ValueError(f"{bands} bands are too many for spectra of {size} samples at {rate} Hz: some would be empty")
    return filters


def widest_filters(bands: int, size: int, rate: int) -> np.ndarray:
    """`mel_filters` of as many bands, at most, as spectra of this size have room for."""
    for fewer in range(bands, 1, -1):
        try:
            return mel_filters(fewer, size, rate)
        except ValueError:
            continue
    return mel_filters(1, size, rate)


def mel_inverse(filters: np.ndarray) -> np.ndarray:
    """The Moore-Penrose pseudo-inverse of a filter bank, (size / 2 + 1) x bands.

    It gives the smallest spectrum, by its squares, that has these mel bands.
    """
    return np.linalg.pinv(filters)
