"""Scores of rows while training: the distance of features, and how alike columns and pairs of columns are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.feature_net import FeatureNet
from ...metrics.online_score import MAX_REALS, DetailedScore, choose_examples
from ...metrics.tabular import column_shapes, pair_trends


class TableScore(DetailedScore):
    """The online score, and how alike columns and pairs of columns are to held-out ones, from 0 to 1."""

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        self.numeric = source.numeric
        self.rows = source.values(choose_examples(source.count("test"), MAX_REALS, seed, "held-out"), "test")
        super().__init__(net, source, count, seed)

    def details(self, values: np.ndarray) -> dict[str, float]:
        trends = pair_trends(values, self.rows, self.numeric)
        found = {"column_shapes": float(np.mean(column_shapes(values, self.rows, self.numeric)))}
        return found | ({"pair_trends": float(np.nanmean(trends))} if np.isfinite(trends).any() else {})
