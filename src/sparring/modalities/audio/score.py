"""Scores of sounds while training: the distance of features, and the share of sounds with a fault one can hear."""

from __future__ import annotations

import numpy as np

from ...metrics.online_score import DetailedScore
from ...signals.faults import faulty


class AudioScore(DetailedScore):
    """The online score, and alarms: silence, an offset, a single tone, a stripe at the top, clipping."""

    def details(self, values: np.ndarray) -> dict[str, float]:
        return {"faulty_share": float(faulty(values).mean())}
