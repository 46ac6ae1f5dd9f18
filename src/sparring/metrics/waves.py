"""How near waves come to their targets, sample by sample and in their spectra: one number for each example.

Waves and targets are N x C x L with full scale at -1 and 1; channels are compared one by one, and their mean is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from ..signals.mel import widest_filters

FLOOR = 1e-4  # of a magnitude whose logarithm is taken: what is quieter is not heard
SECONDS = (0.012, 0.023, 0.046, 0.093)  # of a frame, at each resolution
FRAME = 0.032  # seconds of a frame of the single-resolution scores, about
CEPSTRA, BANDS = 13, 40  # coefficients that are compared, without the first; and mel bands
QUIETEST = 1e-10  # an energy below is none
MAX_DECIBELS = 100.0  # of a ratio: an equal wave has infinitely many


def multi_resolution_distance(waves: np.ndarray, targets: np.ndarray, rate: int) -> np.ndarray:
    """Spectral convergence plus log-magnitude distance, as a mean over resolutions; 0 for equal waves.

    Yamamoto et al. 2020 (arXiv:1910.11480), eq. 5 to 7. Frames last 12 to 93 ms, so that the number does not depend on
    the sample rate's own frames. Returns N numbers.
    """
    found = []
    for seconds in SECONDS:
        size = even_power(seconds * rate)
        mine, theirs = (magnitudes(side, size) for side in (waves, targets))
        norms = [np.sqrt(np.square(each).sum(axis=(1, 2, 3))) for each in (mine - theirs, theirs)]
        logs = np.abs(_logarithm(mine) - _logarithm(theirs)).mean(axis=(1, 2, 3))
        found.append(norms[0] / np.maximum(norms[1], FLOOR) + logs)
    return np.mean(found, axis=0)


def log_spectral_distance(waves: np.ndarray, targets: np.ndarray, rate: int) -> np.ndarray:
    """The root mean square difference of power spectra in dB, as a mean over frames: Gray & Markel 1976, eq. 2.

    IEEE Transactions on Acoustics, Speech and Signal Processing 24, 380-391. Returns N numbers.
    """
    size = even_power(FRAME * rate)
    decibels = [20 / np.log(10) * _logarithm(magnitudes(side, size)) for side in (waves, targets)]
    return np.sqrt(np.square(decibels[0] - decibels[1]).mean(axis=2)).mean(axis=(1, 2))


def mel_cepstral_distortion(waves: np.ndarray, targets: np.ndarray, rate: int) -> np.ndarray:
    """The distance of mel cepstra in dB: 10 sqrt(2) / ln 10 times the norm of the difference, as a mean over frames.

    Kubichek 1993 (IEEE Pacific Rim Conference on Communications, Computers and Signal Processing, 125-128). The first
    coefficient, loudness, is left out. Waves and targets are taken as they are in time. Returns N numbers.
    """
    size = even_power(FRAME * rate)
    filters = widest_filters(BANDS, size, rate)
    cepstra = []
    for side in (waves, targets):
        logs = _logarithm(filters @ magnitudes(side, size))
        cepstra.append(dct(logs, type=2, norm="ortho", axis=2)[:, :, 1 : 1 + CEPSTRA])
    distances = np.sqrt(2 * np.square(cepstra[0] - cepstra[1]).sum(axis=2))
    return 10 / np.log(10) * distances.mean(axis=(1, 2))


def si_sdr(waves: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The scale-invariant ratio of signal to distortion in dB, at most 100.

    Le Roux et al. 2019 (arXiv:1811.02508), eq. 4. Means are taken away first. Returns N numbers; 0 for a silent target.
    """
    mine, theirs = (side.astype(np.float64) - side.mean(axis=2, keepdims=True) for side in (waves, targets))
    energy = np.square(theirs).sum(axis=2, keepdims=True)
    aim = (mine * theirs).sum(axis=2, keepdims=True) / np.maximum(energy, QUIETEST) * theirs
    signal, distortion = np.square(aim).sum(axis=2), np.square(aim - mine).sum(axis=2)
    ratio = 10 * np.log10(np.maximum(signal, QUIETEST) / np.maximum(distortion, QUIETEST))
    return np.where(energy[..., 0] > QUIETEST, np.clip(ratio, -MAX_DECIBELS, MAX_DECIBELS), 0.0).mean(axis=1)


def magnitudes(waves: np.ndarray, size: int) -> np.ndarray:
    """N x C x L -> N x C x (size / 2 + 1) x frames, through a Hann window, four frames a sample, zeros at the ends."""
    hop = size // 4
    padded = np.pad(waves, ((0, 0), (0, 0), (size // 2, size // 2 + -waves.shape[2] % hop)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=2)[:, :, ::hop]
    weights = np.hanning(size + 1)[:-1].astype(np.float32)
    return np.abs(np.fft.rfft(frames * weights, axis=3)).swapaxes(2, 3)


def even_power(samples: float) -> int:
    """The power of two nearest to a number of samples, 16 at least."""
    return max(16, 2 ** round(np.log2(samples)))


def _logarithm(values: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(values, FLOOR))
