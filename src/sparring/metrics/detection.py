"""How well a classifier separates generated from real rows (Lopez-Paz & Oquab 2017, arXiv:1610.06545)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import subsample
from .intervals import Estimate
from .learners import boosted_trees, informative_columns

FOLDS = 3


def detection(generated: np.ndarray, real: np.ndarray, numeric: Sequence[bool], seed: int = 0) -> Estimate:
    """The area under the ROC curve of boosted trees, cross-validated: 0.5 for equal sets, 1 for perfect separation.

    The larger set is subsampled to the size of the smaller one.

    Args:
        generated: N x columns cells, float64, NaN where a value is missing.
        real: The same, M x columns.
        numeric: Which columns are numbers; the others are categories.
        seed: Of the folds.

    Raises:
        ValueError: There are too few rows of one kind.
    """
    from sklearn.model_selection import StratifiedKFold

    count = min(len(generated), len(real))
    if count < 2 * FOLDS:
        raise ValueError("detection needs some rows of both kinds")
    cells = np.concatenate([subsample(generated, count), subsample(real, count)])
    is_generated = np.repeat([1, 0], count)
    probability = np.zeros(2 * count)
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(cells, is_generated):
        columns = informative_columns(cells[train])
        inputs = cells[:, columns]
        model = boosted_trees([numeric[column] for column in columns], inputs, classes=True)
        model.fit(inputs[train], is_generated[train])
        probability[test] = model.predict_proba(inputs[test])[:, 1]
    return area_estimate(is_generated, probability)


def area_estimate(is_generated: np.ndarray, scores: np.ndarray) -> Estimate:
    """The area under the ROC curve of scores of equally many generated and real examples, with its standard error.

    The error follows Hanley & McNeil 1982 (Radiology 143), eq. 2.

    Args:
        is_generated: 2N truths, N of them true.
        scores: 2N, higher for what looks generated.
    """
    from sklearn.metrics import roc_auc_score

    count, area = len(scores) // 2, float(roc_auc_score(is_generated, scores))
    pairs = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    error = np.sqrt(max(0.0, area * (1 - area) + (count - 1) * sum(pairs))) / count
    return Estimate(area, float(error))
