"""How much of a sound is learned at once, and how sounds are cut and filled to that length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .mel_scale import hop_of

STEP = 16  # hops: lengths are multiples, so that networks can halve them
WHOLE_SHARE = 0.99  # of the sounds fit into a length that is chosen
MAX_WHOLE = 2.048  # seconds; of longer recordings windows are learned
WINDOW = 64  # hops of a window, about a second
BEGINNINGS_SHARE = 0.95  # where so many sounds fit, the beginnings of the others are learned, else windows
LEAST_REST = 0.25  # of a window: a shorter rest of a recording is left out
FADE = 0.005  # seconds, at the end of a beginning


@dataclass(frozen=True)
class Cut:
    """length: samples of every value. windows: are recordings cut into several, or does each give its beginning?"""

    length: int
    windows: bool
    notes: tuple[str, ...] = ()


def choose(lengths: list[int], rate: int, seconds: float | None) -> Cut:
    """The length for sounds of so many samples. seconds: as asked; None: by the sounds."""
    step = STEP * hop_of(rate)
    if seconds is not None:
        wanted = round(seconds * rate)
    else:
        wanted = int(np.quantile(lengths, WHOLE_SHARE, method="inverted_cdf"))
        if wanted > MAX_WHOLE * rate:
            wanted = WINDOW * hop_of(rate)
    length = max(1, -(-wanted // step)) * step
    longer = sum(each > length for each in lengths)
    windows = longer > (1 - BEGINNINGS_SHARE) * len(lengths)
    return Cut(length, windows, tuple(_told(length, windows, longer, lengths, rate, seconds)))


def cut(sound: np.ndarray, rate: int, how: Cut) -> list[np.ndarray]:
    """The values of one sound: channels x samples -> channels x length each, with zeros after its end."""
    samples = sound.shape[1]
    if samples <= how.length:
        return [filled(sound, how.length)]
    if not how.windows:
        return [faded(sound[:, : how.length], rate)]
    starts = list(range(0, samples - how.length + 1, how.length))
    if samples - (starts[-1] + how.length) >= LEAST_REST * how.length:
        starts.append(samples - how.length)
    return [sound[:, start : start + how.length] for start in starts]


def filled(sound: np.ndarray, length: int) -> np.ndarray:
    """The sound with zeros after its end, up to a length."""
    return np.pad(sound, ((0, 0), (0, length - sound.shape[1])))


def faded(sound: np.ndarray, rate: int) -> np.ndarray:
    """The sound with its last moments fading to silence."""
    count = min(sound.shape[1], max(1, round(FADE * rate)))
    weights = np.ones(sound.shape[1], np.float32)
    weights[-count:] = np.linspace(1, 0, count, endpoint=False, dtype=np.float32)
    return sound * weights


def _told(length: int, windows: bool, longer: int, lengths: list[int], rate: int, seconds: float | None) -> list[str]:
    last = f"{length / rate:.3g} s"
    notes = []
    if seconds is not None and length != round(seconds * rate):
        notes.append(f"{last} are learned at once, the {seconds:g} s asked for in whole steps of {STEP} frames.")
    if windows:
        notes.append(
            f"Recordings last up to {max(lengths) / rate:.3g} s: windows of {last} are learned (--seconds takes more)."
        )
    elif longer:
        notes.append(
            f"{longer:,} of {len(lengths):,} sounds are longer than {last}, and their beginnings are learned "
            f"(--seconds {np.ceil(10 * max(lengths) / rate) / 10:g} learns all whole)."
        )
    return notes
