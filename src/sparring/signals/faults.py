"""Faults that one can hear: silence, an offset, a single tone, a stripe at the highest frequencies, clipping.

Each is a function of waves, N x L with numbers from -1 to 1, that says of each wave whether it has the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

SILENCE = 10 ** (-60 / 20)  # the largest sample of a silent wave: a thousandth of full scale, about 10 steps of 16 bits
OFFSET, OFFSET_SHARE = 0.01, 0.1  # of the mean: of full scale, and of the root mean square around it
TONE_SHARE, TONE_BINS = 0.95, 2  # of the power, in the strongest bin and so many on each side
STRIPE, STRIPE_RATIO = 0.97, 10.0  # share of the highest frequency where it begins; its power by that below
STRIPE_BELOW = (0.80, 0.94)  # the band that it is compared with
STRIPE_SHARE = 1e-5  # of all power, without which a stripe is not heard
CLIPPED_RUN, CLIPPED_SHARE = 3, 1e-3  # samples in a row at the largest level; and their share of all samples
LEAST_SAMPLES = 64  # with fewer there is no spectrum to speak of


def silent(waves: np.ndarray) -> np.ndarray:
    """Is the largest sample below -60 dB of full scale? N bools."""
    return np.abs(waves).max(axis=1, initial=0) < SILENCE


def offset(waves: np.ndarray) -> np.ndarray:
    """Is the mean far from 0 (DC), by full scale and by the wave around it? N bools."""
    mean, spread = waves.mean(axis=1), waves.std(axis=1)
    return (np.abs(mean) > OFFSET) & (np.abs(mean) > OFFSET_SHARE * spread)


def tone(waves: np.ndarray) -> np.ndarray:
    """Does the spectrum of the whole wave have nearly all of its power in one bin and its neighbours? N bools."""
    power = _power(waves)
    if power.shape[1] <= 4 * TONE_BINS:
        return np.zeros(len(waves), dtype=bool)
    summed = np.cumsum(np.pad(power, ((0, 0), (TONE_BINS + 1, TONE_BINS))), axis=1)
    width = 2 * TONE_BINS + 1
    strongest = (summed[:, width:] - summed[:, :-width]).max(axis=1)
    return (strongest > TONE_SHARE * power.sum(axis=1)) & ~silent(waves)


def stripe(waves: np.ndarray) -> np.ndarray:
    """Is there more power right below half of the sample rate than in the band under it? N bools.

    Networks that enlarge by whole factors leave such a stripe, which real recordings do not have.
    """
    power = _power(waves)
    bins = power.shape[1] - 1
    top = power[:, int(STRIPE * bins) :].mean(axis=1)
    below = power[:, int(STRIPE_BELOW[0] * bins) : int(STRIPE_BELOW[1] * bins) + 1].mean(axis=1)
    heard = power[:, int(STRIPE * bins) :].sum(axis=1) > STRIPE_SHARE * power.sum(axis=1)
    return (top > STRIPE_RATIO * below) & heard & ~silent(waves)


def clipped(waves: np.ndarray) -> np.ndarray:
    """Are the peaks cut flat: samples at the largest level for several in a row, in more than a few places? N bools."""
    level = np.abs(waves).max(axis=1, initial=0)
    cut = np.zeros(len(waves))
    for side in (waves, -waves):
        flat = side >= level[:, None] * (1 - 1e-4)
        run = flat.copy()
        for shift in range(1, CLIPPED_RUN):
            run[:, shift:] &= flat[:, :-shift]
            run[:, :shift] = False
        cut += run.sum(axis=1)
    return (cut > max(1.0, CLIPPED_SHARE * waves.shape[1])) & ~silent(waves)


FAULTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "silent": silent,
    "offset": offset,
    "tone": tone,
    "stripe": stripe,
    "clipped": clipped,
}


def faults(waves: np.ndarray) -> dict[str, np.ndarray]:
    """Which faults each wave has: N bools for each name of FAULTS."""
    return {name: found(waves) for name, found in FAULTS.items()}


def faulty(values: np.ndarray) -> np.ndarray:
    """Does a sound have a fault in some channel before its end, or nothing before it? N x C x L -> N bools."""
    found = []
    for value, last in zip(values, sounding(values), strict=True):
        found.append(last == 0 or any(each.any() for each in faults(value[:, :last]).values()))
    return np.array(found, dtype=bool)


def sounding(values: np.ndarray) -> np.ndarray:
    """How many samples of each value last until its end: N x C x L -> N; those after the last that is not 0 do not."""
    there = (values != 0).any(axis=1)
    return np.where(there.any(axis=1), there.shape[1] - there[:, ::-1].argmax(axis=1), 0)


def _power(waves: np.ndarray) -> np.ndarray:
    """The power spectrum of each wave as a whole, through a Hann window and without its mean; at least two bins."""
    if waves.shape[1] < LEAST_SAMPLES:
        waves = np.pad(waves, ((0, 0), (0, LEAST_SAMPLES - waves.shape[1])))
    weights = np.hanning(waves.shape[1])
    return np.abs(np.fft.rfft((waves - waves.mean(axis=1, keepdims=True)) * weights, axis=1)) ** 2
