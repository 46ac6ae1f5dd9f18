"""Degradations that make damaged sounds of good ones. Every random number comes from the generator that is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import butter, fftconvolve, sosfiltfilt

from ...config.sound_degradation import SoundDegradation

COLOURS = (0.0, 2.0)  # of drawn noise: its power falls with the frequency to this power, from white to brown
PACKET = 0.02  # seconds of a packet, as networks for telephones send
BURST = 3  # packets that are lost in a row, at most
MAINS = (50.0, 60.0)  # Hz of the electric grid
OVERTONES = 8  # of a hum
DIRECT = (0.5, 2.0)  # of the energy of an echo, that of the direct sound
SMALLEST = 1e-8
ORDER = 12  # of the filter that ends a narrow band; it runs forwards and backwards, so nothing is delayed


def degraded(
    wave: np.ndarray,
    degradations: Sequence[SoundDegradation],
    rng: np.random.Generator,
    rate: int,
    noise: Callable[[np.random.Generator], np.ndarray] | None = None,
) -> np.ndarray:
    """A wave, C x L in [-1, 1], after these degradations, in this order. With noise it may be louder than full scale.

    noise: Draws a real noise, C x L; None: noise is made of random numbers.
    """
    wave = wave.astype(np.float64)
    for each in degradations:
        if rng.random() >= each.probability:
            continue
        strength = float(rng.uniform(each.minimum, each.maximum))
        if each.kind == "noise":
            found = noise(rng) if noise is not None else coloured_noise(wave.shape, rng)
            wave = with_noise(wave, found, strength)
        else:
            wave = KINDS[each.kind](wave, strength, rng, rate)
    return np.ascontiguousarray(wave, dtype=np.float32)


def with_noise(wave: np.ndarray, noise: np.ndarray, decibels: float) -> np.ndarray:
    """A wave with so much noise that it is so many dB louder than that, by the energy of both."""
    energy, other = np.square(wave).sum(), np.square(noise, dtype=np.float64).sum()
    if min(energy, other) < SMALLEST:
        return wave
    return wave + noise * np.sqrt(energy / other * 10 ** (-decibels / 10))


def coloured_noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with the frequency as a random power of it, alike in all channels' colour."""
    spectrum = np.fft.rfft(rng.standard_normal(shape))
    frequencies = np.arange(spectrum.shape[1]) + 1.0
    return np.fft.irfft(spectrum * frequencies ** (-rng.uniform(*COLOURS) / 2), shape[1])


def reverberated(wave: np.ndarray, seconds: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A wave with echoes that fall by 60 dB in so many seconds: noise that fades, after the direct sound.

    The direct sound keeps its time and its level.
    """
    length = min(wave.shape[1], max(2, round(seconds * rate)))
    echo = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / (seconds * rate))
    echo[: max(1, round(rng.uniform(0.002, 0.01) * rate))] = 0
    echo *= np.sqrt(1 / rng.uniform(*DIRECT) / max(SMALLEST, np.square(echo).sum()))
    echo[0] = 1
    return fftconvolve(wave, echo[None], axes=1)[:, : wave.shape[1]]


def clipped(wave: np.ndarray, share: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A wave cut off beyond a share of its largest sample."""
    level = share * np.abs(wave).max()
    return wave.clip(-level, level)


def with_lost_packets(wave: np.ndarray, share: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A wave with about this share of its packets silent, up to BURST in a row."""
    packet = max(1, round(PACKET * rate))
    count = -(-wave.shape[1] // packet)
    lost = np.zeros(count, dtype=bool)
    for start in np.flatnonzero(rng.random(count) < share * 2 / (1 + BURST)):
        lost[start : start + rng.integers(1, BURST + 1)] = True
    return wave * ~lost.repeat(packet)[: wave.shape[1]]


def with_hum(wave: np.ndarray, decibels: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A wave with a hum of 50 or 60 Hz and its overtones, so many dB below it."""
    time, base = np.arange(wave.shape[1]) / rate, MAINS[rng.integers(2)]
    orders = np.arange(1, OVERTONES + 1)
    loud, phases = rng.random(OVERTONES) / orders, rng.uniform(0, 2 * np.pi, OVERTONES)
    heard = loud * (orders * base < rate / 2)
    hum = (heard[:, None] * np.sin(2 * np.pi * base * orders[:, None] * time + phases[:, None])).sum(axis=0)
    return with_noise(wave, np.broadcast_to(hum, wave.shape), decibels)


def narrow_band(wave: np.ndarray, share: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """A wave without what is above a share of half the sample rate."""
    if share >= 1:
        return wave
    return sosfiltfilt(butter(ORDER, share, output="sos"), wave, axis=1, padlen=min(150, wave.shape[1] - 1))


KINDS: dict[str, Callable[[np.ndarray, float, np.random.Generator, int], np.ndarray]] = {
    "reverberation": reverberated,
    "clipping": clipped,
    "packet_loss": with_lost_packets,
    "hum": with_hum,
    "narrow_band": narrow_band,
}
