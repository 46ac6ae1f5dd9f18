"""Encode sounds: several as one, and samples as the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import soundfile

from ...signals.faults import sounding

GAP = 0.15  # seconds of silence between sounds in one file


def joined(values: Sequence[np.ndarray], rate: int) -> np.ndarray:
    """Sounds, channels x length each, up to their ends and one after another, with silence between them."""
    gap, parts = np.zeros((values[0].shape[0], round(GAP * rate)), np.float32), list[np.ndarray]()
    for value in values:
        parts += [*([gap] if parts else []), value[:, : sounding(value[None])[0]]]
    whole = np.concatenate(parts, axis=1)
    return whole if whole.shape[1] else gap  # a file without a sample cannot be played


def sound_file(samples: np.ndarray, rate: int, bits: int, kind: str) -> bytes:
    """Samples, channels x length, as a WAV or FLAC file of 16 or 24 bits."""
    buffer = io.BytesIO()
    steps = 2 ** (bits - 1)
    whole = np.rint(samples.astype(np.float64) * steps).clip(-steps, steps - 1)
    shifted = (whole * 2 ** (32 - bits)).astype(np.int32)  # the highest bits of 32 are written
    soundfile.write(buffer, shifted.T, rate, subtype=f"PCM_{bits}", format=kind)
    return buffer.getvalue()
