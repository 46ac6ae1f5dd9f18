"""Scores of series while training: the distance of features, and how alike spectra and autocorrelations are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.features import FeatureNet
from ...metrics.quick import QuickScore, chosen
from ...metrics.series import autocorrelation_distance, spectral_distance

MOST = 2000  # held-out series compared


class SeriesScore(QuickScore):
    """Also how far spectra and autocorrelations are from those of held-out series, beside what as many training series get."""

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        super().__init__(net, source, count, seed)
        self.channels = len(source.codec.channels)
        self.series = source.values(chosen(source.count("test"), MOST, seed, "held-out"), "test")[:, :, : self.channels]
        real = source.values(chosen(source.count("train"), self.count, seed, "training"))
        self.of_real |= {f"{name}_real": value for name, value in self._apart(real).items()}

    def __call__(self, values: np.ndarray, asked: Any = None) -> tuple[float, dict[str, Any], np.ndarray]:
        selection, scores, features = super().__call__(values, asked)
        apart = {name: {"value": value, "fingerprint": self.fingerprint} for name, value in self._apart(values).items()}
        return selection, {**scores, **apart}, features

    def _apart(self, values: np.ndarray) -> dict[str, float]:
        mine = values[:, :, : self.channels]
        return {
            "spectral_distance": spectral_distance(mine, self.series),
            "autocorrelation_distance": autocorrelation_distance(mine, self.series),
        }
