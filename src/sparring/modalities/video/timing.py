"""When the frames of a film are shown, and which of them a film at another rate shows."""

from __future__ import annotations

import numpy as np

from .options import MAX_RATE

WHOLE = 0.15  # durations are multiples of the shortest one where they differ by at most this share of it
STEP = 0.0101  # seconds: durations that differ by less were rounded, as those of GIFs are
ROUNDING = 1e-6  # seconds by which sums of durations may be off


def rate_of(seconds: np.ndarray) -> float:
    """The frame rate of a film whose frames are shown for so long, in frames a second.

    Where some frames are held for several steps, it is the rate of the steps. Where durations only differ because a
    format rounds them, it is the mean rate; else that of the median duration.
    """
    shortest = float(seconds.min())
    steps = np.rint(seconds / shortest)
    if np.ptp(seconds) <= STEP:
        step = float(seconds.mean())
    elif (np.abs(seconds / shortest - steps) <= WHOLE).all():
        step = float(seconds.sum() / steps.sum())
    else:
        step = float(np.median(seconds))
    return tidy(1 / step)


def tidy(fps: float) -> float:
    """A rate that rounding has moved by at most 0.1 % from a whole number, as that number; others to three digits."""
    whole = round(fps)
    return min(MAX_RATE, float(whole) if whole and abs(fps - whole) <= 1e-4 * whole else round(fps, 3))


def frames_at(seconds: np.ndarray, fps: float) -> np.ndarray:
    """Which frame a film shows at each step of a rate: the one that is shown in the middle of the step.

    seconds: how long each frame is shown. A frame may come several times, or not at all; none is blended.
    """
    ends = np.cumsum(seconds)
    steps = max(1, round(float(ends[-1]) * fps))
    middles = (np.arange(steps) + 0.5) / fps
    return np.minimum(np.searchsorted(ends - ROUNDING, middles, side="right"), len(seconds) - 1)
