"""How similar two sets of series are in time. Series are N x T x C, float64, NaN where a value is missing.

Autocorrelations and spectra are those of channels that are standardised over the whole set, so that differences
between series count too.
"""

from __future__ import annotations

import numpy as np

FLOOR = 1e-4  # of a spectrum, as a share of its channel's mean; values below it are rounding
BANDS = 16  # of frequencies in which spectra are compared


def autocorrelation(series: np.ndarray, lags: int) -> np.ndarray:
    """C x (lags + 1): the mean product of values `lag` steps apart, over the variance; NaN without any."""
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
    """The root mean squared difference of autocorrelations, over channels and lags up to half of the steps."""
    lags = max(1, real.shape[1] // 2)
    difference = autocorrelation(generated, lags) - autocorrelation(real, lags)
    return float(np.sqrt(np.nanmean(difference[:, 1:] ** 2)))


def spectrum(series: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """C x frequencies: the mean periodogram (Schuster 1898; Hann's window), by cycles a step from 0 to 1/2.

    Its unit is white noise with the variance of the channels of `scale`. Missing values count as the mean.
    """
    window = np.hanning(series.shape[1] + 2)[1:-1]
    standard = np.nan_to_num(_standard(series, scale)) * window[:, None]
    power = np.abs(np.fft.rfft(standard, axis=1)) ** 2 / (window**2).sum()
    return power.mean(axis=0).T


def spectral_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The root mean squared difference of spectra in decibels, over channels and frequency bands.

    Gray & Markel 1976 (doi:10.1109/TASSP.1976.1162849). It is 0 if equal, and 3 with twice or half the power.
    Channels that are constant in all real series have no spectrum and are left out; it is NaN without any other
    channel.
    """
    mine, theirs = (_bands(spectrum(side, real)) for side in (generated, real))
    strong = theirs.mean(axis=1) > 0
    mine, theirs = mine[strong], theirs[strong]
    if not strong.any():
        return float("nan")
    floor = FLOOR * theirs.mean(axis=1, keepdims=True) + 1e-30
    return float(np.sqrt(np.mean((10 * np.log10((mine + floor) / (theirs + floor))) ** 2)))


def cross_correlation_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The mean absolute difference of the correlations between channels at the same step; NaN with one channel."""
    size = real.shape[2]
    if size < 2:
        return float("nan")
    mine, theirs = (_correlations(side) for side in (generated, real))
    return float(np.nanmean(np.abs(mine - theirs)[np.triu_indices(size, 1)]))


def traits(series: np.ndarray) -> np.ndarray:
    """What a classifier sees of each series, N x D.

    The length and, of every channel, the mean, deviation and extremes of the values, the mean, deviation and largest
    of the steps' changes, the first autocorrelations, the power in frequency bands, and at most 64 of the values.
    """
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
            products = [(centred[:, :-lag] * centred[:, lag:]).mean(axis=1) for lag in range(1, min(6, steps))]
            found += [(product / power)[:, None] for product in products]
            found.append(
                np.log(_bands(np.abs(np.fft.rfft(centred * np.hanning(steps + 2)[1:-1], axis=1)) ** 2 + 1e-12))
            )
            found.append(series[:, np.unique(np.linspace(0, steps - 1, min(64, steps)).round().astype(int)), at])
    return np.concatenate(found, axis=1)


def next_steps(series: np.ndarray, back: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of one-step forecasts: M x (back * C) past values, and the M x C values after them.

    M: every place of every series without a missing value.
    """
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
    """Means over neighbouring frequencies: rows x frequencies -> rows x at most BANDS."""
    parts = np.array_split(spectra, min(BANDS, spectra.shape[1]), axis=1)
    return np.stack([part.mean(axis=1) for part in parts], axis=1)


def _correlations(series: np.ndarray) -> np.ndarray:
    standard = _standard(series, series).reshape(-1, series.shape[2])
    there = ~np.isnan(standard)
    filled = np.nan_to_num(standard)
    return (filled.T @ filled) / np.maximum(there.T.astype(float) @ there, 1)
