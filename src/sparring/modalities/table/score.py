"""Scores of rows while training: the distance of features, and what a data scientist reads first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.features import FeatureNet
from ...metrics.quick import QuickScore, chosen
from ...metrics.tabular import column_shapes, pair_trends


class TableScore(QuickScore):
    """Also how alike columns and pairs of columns are to the held-out ones, 0 to 1, beside what as many training rows get."""

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        super().__init__(net, source, count, seed)
        self.numeric = source.numeric
        self.rows = source.values(chosen(source.count("test"), 10_000, seed, "held-out"), "test")
        real = source.values(chosen(source.count("train"), self.count, seed, "training"))
        self.of_real |= {f"{name}_real": value for name, value in self._likeness(real).items()}

    def __call__(self, values: np.ndarray, asked: Any = None) -> tuple[float, dict[str, Any], np.ndarray]:
        selection, scores, features = super().__call__(values, asked)
        alike = {name: {"value": value, "fingerprint": self.fingerprint} for name, value in self._likeness(values).items()}
        return selection, {**scores, **alike}, features

    def _likeness(self, values: np.ndarray) -> dict[str, float]:
        trends = pair_trends(values, self.rows, self.numeric)
        found = {"column_shapes": float(np.mean(column_shapes(values, self.rows, self.numeric)))}
        return found | ({"pair_trends": float(np.nanmean(trends))} if np.isfinite(trends).any() else {})
