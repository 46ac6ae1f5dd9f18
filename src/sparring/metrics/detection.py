"""Can a classifier tell generated rows from real ones? The two-sample test of Lopez-Paz & Oquab 2017 (arXiv:1610.06545), with boosted trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import some_of
from .intervals import Estimate
from .learners import boosted_trees, telling

FOLDS = 3


def detection(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool], seed: int = 0) -> Estimate:
    """The area under the ROC curve, over rows that each classifier has not seen: 0.5 where nothing gives rows away, 1 where all are known.

    Equally many rows of both; cells float64, NaN where there is nothing. The error is Hanley & McNeil's (1982, Radiology 143), eq. 2.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    count = min(len(generated), len(real))
    if count < 2 * FOLDS:
        raise ValueError("detection needs some rows of both kinds")
    cells = np.concatenate([some_of(generated, count), some_of(real, count)])
    made = np.repeat([1, 0], count)
    suspicion = np.zeros(2 * count)
    for learned, judged in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(cells, made):
        columns = telling(cells[learned])
        shown = cells[:, columns]
        judge = boosted_trees([numeric[at] for at in columns], shown, classes=True).fit(shown[learned], made[learned])
        suspicion[judged] = judge.predict_proba(shown[judged])[:, 1]
    area = float(roc_auc_score(made, suspicion))
    pairs = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    error = np.sqrt(max(0.0, area * (1 - area) + (count - 1) * sum(pairs))) / count
    return Estimate(area, float(error))
