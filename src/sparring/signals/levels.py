"""How loud a sound is while it sounds."""

from __future__ import annotations

import numpy as np

BLOCK = 0.02  # seconds
BELOW = 30.0  # dB under the loudest block: what is quieter is a pause


def active_level(waves: np.ndarray, rate: int) -> float:
    """The root mean square of the blocks that are no pauses, over all of N x L waves; 0 for silence.

    As the active speech level of ITU-T P.56, pauses do not count, so that the same voice has the same level however
    long it waits.
    """
    size = max(1, round(BLOCK * rate))
    padded = np.pad(waves, ((0, 0), (0, -waves.shape[1] % size)))
    energy = np.square(padded, dtype=np.float64).reshape(len(waves), -1, size).mean(axis=2).ravel()
    loudest = energy.max(initial=0)
    return float(np.sqrt(energy[energy >= loudest * 10 ** (-BELOW / 10)].mean())) if loudest > 0 else 0.0
