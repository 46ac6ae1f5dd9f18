"""Scores of sounds while training: the distance of features, and the share of sounds with a fault one can hear."""

from __future__ import annotations

import numpy as np

from ...metrics.online_score import DetailedScore
from ...signals.faults import faults
from .codec import sounding


class AudioScore(DetailedScore):
    """The online score, and alarms: silence, an offset, a single tone, a stripe at the top, clipping."""

    def details(self, values: np.ndarray) -> dict[str, float]:
        return {"faulty_share": float(faulty(values).mean())}


def faulty(values: np.ndarray) -> np.ndarray:
    """Does a sound have a fault, in some channel, before its end? N x C x L -> N bools."""
    found = []
    for value, last in zip(values, sounding(values), strict=True):
        found.append(last == 0 or any(each.any() for each in faults(value[:, :last]).values()))
    return np.array(found, dtype=bool)
