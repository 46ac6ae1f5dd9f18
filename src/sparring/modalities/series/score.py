"""Scores of series while training: the distance of features, of spectra and of autocorrelations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.feature_net import FeatureNet
from ...metrics.online_score import DetailedScore, choose_examples
from ...metrics.series import autocorrelation_distance, spectral_distance

MAX_HELD_OUT = 2000  # series compared


class SeriesScore(DetailedScore):
    """The online score, and how far spectra and autocorrelations are from those of held-out series."""

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        self.numbers = source.numbers
        self.series = self.numbers(
            source.values(choose_examples(source.count("test"), MAX_HELD_OUT, seed, "held-out"), "test")
        )
        super().__init__(net, source, count, seed)

    def details(self, values: np.ndarray) -> dict[str, float]:
        mine = self.numbers(values)
        found = {
            "spectral_distance": spectral_distance(mine, self.series),
            "autocorrelation_distance": autocorrelation_distance(mine, self.series),
        }
        return {name: value for name, value in found.items() if np.isfinite(value)}
