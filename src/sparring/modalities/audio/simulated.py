"""Sounds that need no file: three kinds of simulated chirps."""

from __future__ import annotations

import numpy as np

from ...data.contents import ArrayPart, Contents
from ...data.options import OpenContext
from ...data.source import Split
from ...errors import UserError
from .options import AudioOptions
from .source import AudioSource, build

RATE, SECONDS = 8000, 0.5
KINDS = ("falling", "rising", "steady")
COUNTS: dict[Split, int] = {"train": 600, "test": 120}
LOWEST, HIGHEST = 300.0, 2400.0  # Hz


def open_name(name: str, options: AudioOptions, context: OpenContext) -> AudioSource:
    """`chirps`: always the same 600 training and 120 test sounds. Raises UserError for an option they do not have."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}'; leave --labels out, or --labels none")
    rng = np.random.Generator(np.random.Philox(1979))
    parts = [_part(rng, split, count) for split, count in COUNTS.items()]
    contents = Contents(arrays=parts, labelled_by="the kind of each chirp")
    rated = options if options.rate else options.model_copy(update={"rate": RATE})
    if rated.rate != RATE:
        raise UserError(f"'{name}' has {RATE:,} samples a second; leave --rate out")
    return build(name, contents, rated, context)


def _part(rng: np.random.Generator, split: Split, count: int) -> ArrayPart:
    kinds = rng.integers(len(KINDS), size=count)
    return ArrayPart(split, np.stack([_chirp(rng, kind) for kind in kinds]), [KINDS[kind] for kind in kinds], split)


def _chirp(rng: np.random.Generator, kind: int) -> np.ndarray:
    """16-bit samples: a tone with two overtones that fades, its pitch falling, rising or steady; silence after it."""
    seconds = rng.uniform(0.2, 0.45)
    time = np.arange(round(seconds * RATE)) / RATE
    low = LOWEST * (HIGHEST / 2 / LOWEST) ** rng.random()
    ends = {"falling": (2 * low, low), "rising": (low, 2 * low), "steady": (1.5 * low, 1.5 * low)}[KINDS[kind]]
    pitch = np.geomspace(*ends, len(time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(order * phase) / order**2 for order in (1, 2, 3) if order * max(ends) < RATE / 2)
    loudness = rng.uniform(0.2, 0.6) * np.minimum(1, time / 0.01) * np.exp(-time / (0.5 * seconds))
    wave = np.zeros(round(SECONDS * RATE))
    wave[: len(time)] = loudness * (tone + 0.01 * rng.standard_normal(len(time)))
    return np.rint(32767 * wave.clip(-1, 1)).astype(np.int16)
