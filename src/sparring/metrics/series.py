"""How alike two sets of series are in time: N x T x C, float64, NaN where there is nothing.

Autocorrelations and spectra are of the channels minus their mean over the whole set, divided by their deviation, so that what one series has
and another has not counts too.
"""

from __future__ import annotations

import numpy as np

FLOOR = 1e-4  # of a spectrum, as a share of its channel's mean: below it there is rounding and nothing else
BANDS = 16  # of frequencies in which spectra are compared


def autocorrelation(series: np.ndarray, lags: int) -> np.ndarray:
    """C x (lags + 1): the mean product of values so many steps apart, divided by the variance; NaN where no two are."""
    standard = _standard(series, series)
    found = []
    for lag in range(lags + 1):
        product = standard[:, : series.shape[1] - lag] * standard[:, lag:]
        there = ~np.isnan(product)
        count = there.sum(axis=(0, 1))
        total = np.where(there, product, 0).sum(axis=(0, 1))
        found.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return np.stack(found, axis=1)


def autocorrelation_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The root of the mean squared difference of autocorrelations, over channels and lags up to half of the steps: 0 where they agree."""
    lags = max(1, real.shape[1] // 2)
    apart = autocorrelation(generated, lags) - autocorrelation(real, lags)
    return float(np.sqrt(np.nanmean(apart[:, 1:] ** 2)))


def spectrum(series: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """C x frequencies: the mean periodogram (Schuster 1898; Hann's window) by cycles a step from 0 to 1/2, in units of white noise that varies as
    much as the channels of `scale`. What is not there counts as the mean."""
    window = np.hanning(series.shape[1] + 2)[1:-1]
    standard = np.nan_to_num(_standard(series, scale)) * window[:, None]
    power = np.abs(np.fft.rfft(standard, axis=1)) ** 2 / (window**2).sum()
    return power.mean(axis=0).T


def spectral_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The root of the mean squared difference of spectra in decibels, over channels and bands of frequencies (Gray & Markel 1976, doi:10.1109/TASSP.1976.1162849):
    0 where they agree; 3 where they are twice as strong or half as strong. Channels that stay the same in all real series have no spectrum and are left out."""
    mine, theirs = (_bands(spectrum(side, real)) for side in (generated, real))
    strong = theirs.mean(axis=1) > 0
    mine, theirs = mine[strong], theirs[strong]
    if not strong.any():
        return float("nan")
    floor = FLOOR * theirs.mean(axis=1, keepdims=True) + 1e-30
    return float(np.sqrt(np.mean((10 * np.log10((mine + floor) / (theirs + floor))) ** 2)))


def cross_correlation_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The mean absolute difference of the correlations between two channels at the same step; NaN with one channel."""
    size = real.shape[2]
    if size < 2:
        return float("nan")
    mine, theirs = (_correlations(side) for side in (generated, real))
    return float(np.nanmean(np.abs(mine - theirs)[np.triu_indices(size, 1)]))


def traits(series: np.ndarray) -> np.ndarray:
    """What a classifier is shown of each series, N x D: of every channel mean, deviation, ends, extremes, quartiles of the steps' changes, the first
    autocorrelations, strength in bands, length; and the values themselves, at most 64 of a channel."""
    count, steps, channels = series.shape
    lengths = (~np.isnan(series).all(axis=2)).sum(axis=1)
    found = [lengths[:, None].astype(float)]
    with np.errstate(all="ignore"):
        for at in range(channels):
            values = np.ma.masked_invalid(series[:, :, at])
            change = np.ma.masked_invalid(np.diff(series[:, :, at], axis=1)) if steps > 1 else np.ma.zeros((count, 1))
            basic = [
                values.mean(axis=1),
                values.std(axis=1),
                values.min(axis=1),
                values.max(axis=1),
                change.mean(axis=1),
                change.std(axis=1),
                np.abs(change).max(axis=1),
            ]
            found += [np.ma.filled(each.astype(float), np.nan)[:, None] for each in basic]
            centred = np.nan_to_num(series[:, :, at] - np.ma.filled(values.mean(axis=1).astype(float), 0.0)[:, None])
            power = (centred**2).mean(axis=1) + 1e-12
            found += [((centred[:, :-lag] * centred[:, lag:]).mean(axis=1) / power)[:, None] for lag in range(1, min(6, steps))]
            found.append(np.log(_bands(np.abs(np.fft.rfft(centred * np.hanning(steps + 2)[1:-1], axis=1)) ** 2 + 1e-12)))
            found.append(series[:, np.unique(np.linspace(0, steps - 1, min(64, steps)).round().astype(int)), at])
    return np.concatenate(found, axis=1)


def next_steps(series: np.ndarray, back: int) -> tuple[np.ndarray, np.ndarray]:
    """What is to be predicted from what: M x (back * C) of past values and M x C of the values after them, every place where all are there."""
    steps = series.shape[1]
    if steps <= back:
        return np.zeros((0, back * series.shape[2])), np.zeros((0, series.shape[2]))
    parts = np.lib.stride_tricks.sliding_window_view(series, back + 1, axis=1)  # N x places x C x (back + 1)
    flat = parts.reshape(-1, series.shape[2], back + 1)
    flat = flat[~np.isnan(flat).any(axis=(1, 2))]
    return flat[:, :, :-1].reshape(len(flat), -1), flat[:, :, -1]


def _standard(series: np.ndarray, scale: np.ndarray) -> np.ndarray:
    mean, deviation = np.nanmean(scale, axis=(0, 1)), np.nanstd(scale, axis=(0, 1))
    return (series - mean) / np.where(deviation > 0, deviation, 1)


def _bands(spectra: np.ndarray) -> np.ndarray:
    """Rows x frequencies -> rows x at most BANDS: means over neighbouring frequencies."""
    return np.stack([part.mean(axis=1) for part in np.array_split(spectra, min(BANDS, spectra.shape[1]), axis=1)], axis=1)


def _correlations(series: np.ndarray) -> np.ndarray:
    standard = _standard(series, series).reshape(-1, series.shape[2])
    there = ~np.isnan(standard)
    filled = np.nan_to_num(standard)
    return (filled.T @ filled) / np.maximum(there.T.astype(float) @ there, 1)
