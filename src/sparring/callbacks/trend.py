"""Whether a noisy score still changes: limits of its slope that hold without knowing its noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEVEL = 0.99  # of the interval of a slope
MIN_POINTS = 3  # with fewer, the interval of the slope says nothing


def slope_limits(positions: Sequence[float], scores: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The interval of the slope of scores over positions.

    The slope is the median of all slopes between two points, its limits follow from Kendall's tau (Theil 1950; Sen
    1968, JASA 63). It assumes no distribution of the noise, and single wild scores do not move it. Scores that are not
    finite are left out; the limits are infinite where fewer than MIN_POINTS remain.
    """
    known = [(at, score) for at, score in zip(positions, scores, strict=True) if np.isfinite(score)]
    if len(known) < MIN_POINTS:
        return float("-inf"), float("inf")
    from scipy.stats import theilslopes

    found = theilslopes([score for _, score in known], [at for at, _ in known], alpha=level)
    return float(found[2]), float(found[3])
