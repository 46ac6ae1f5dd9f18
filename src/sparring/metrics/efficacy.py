"""Train on synthetic, test on real (Esteban et al. 2017, arXiv:1706.02633, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .learners import boosted_trees, forest, informative_columns, linear
from .series import next_steps

MIN_ROWS = 10  # to train on and to test on
PAST_STEPS = 8  # that the next one is predicted from
MAX_PREDICTIONS = 20_000  # in training and in testing
MAX_CLASSES = 20  # of a column that is predicted as classes


@dataclass(frozen=True)
class Efficacy:
    """What models reach on real held-out rows.

    Args:
        target: The predicted column.
        classes: Whether it holds classes; else it holds numbers.
        reached: Macro F1 of classes, or R2 of numbers, by model.
        areas: The area under the ROC curve by model, for two classes.
    """

    target: int
    classes: bool
    reached: dict[str, float]
    areas: dict[str, float]

    @property
    def mean(self) -> float:
        return float(np.mean(list(self.reached.values())))

    @property
    def area(self) -> float | None:
        return float(np.mean(list(self.areas.values()))) if self.areas else None


def target_column(real: np.ndarray, numeric: Sequence[bool]) -> int | None:
    """The column to predict: the last with two to MAX_CLASSES categories, else the last one that varies.

    Tables usually keep their target there. None where no column varies.
    """
    kinds = [len(np.unique(column[~np.isnan(column)])) for column in real.T]
    varying = [at for at, count in enumerate(kinds) if count > 1]
    classes = [at for at in varying if not numeric[at] and kinds[at] <= MAX_CLASSES]
    return classes[-1] if classes else varying[-1] if varying else None


def efficacy(train: np.ndarray, test: np.ndarray, numeric: Sequence[bool], target: int) -> Efficacy | None:
    """Fit models to `train` and test them on `test`, both N x columns cells. None where there are too few."""
    from sklearn.metrics import f1_score, r2_score, roc_auc_score

    train, test = (rows[~np.isnan(rows[:, target])] for rows in (train, test))
    columns = informative_columns(train)
    if min(len(train), len(test)) < MIN_ROWS or len(np.unique(train[:, target])) < 2 or len(columns) < 2:
        return None
    inputs = [column for column in columns if column != target]
    kinds, classes = [numeric[column] for column in inputs], not numeric[target]
    models = {
        "boosted trees": boosted_trees(kinds, np.concatenate([train, test])[:, inputs], classes),
        "forest": forest(kinds, classes),
        "linear": linear(kinds, classes),
    }
    reached, areas = {}, {}
    for name, model in models.items():
        model.fit(train[:, inputs], train[:, target])
        predicted = model.predict(test[:, inputs])
        if not classes:
            reached[name] = float(r2_score(test[:, target], predicted))
            continue
        reached[name] = float(f1_score(test[:, target], predicted, average="macro"))
        present = np.unique(test[:, target])
        if len(present) == 2 and set(present) == set(model.classes_):
            areas[name] = float(roc_auc_score(test[:, target], model.predict_proba(test[:, inputs])[:, 1]))
    return Efficacy(target, classes, reached, areas)


def predictive(train: np.ndarray, test: np.ndarray) -> float | None:
    """R2 of the next step of series: the mean over channels and two models (boosted trees, linear).

    train, test: N x T x C series. At most MAX_PREDICTIONS places of each are used, evenly spaced. None where too few
    steps follow one another without gaps.
    """
    from sklearn.metrics import r2_score

    back = min(PAST_STEPS, train.shape[1] - 1)
    sides = [next_steps(series, back) for series in (train, test)]
    if back < 1 or min(len(side[0]) for side in sides) < MIN_ROWS:
        return None
    (past, after), (real_past, real_after) = (
        tuple(part[:: -(-len(part) // MAX_PREDICTIONS)] for part in side) for side in sides
    )
    kinds = [True] * past.shape[1]
    reached = []
    for channel in range(after.shape[1]):
        if len(np.unique(real_after[:, channel])) < 2:
            continue
        for model in (boosted_trees(kinds, past, classes=False), linear(kinds, classes=False)):
            predicted = model.fit(past, after[:, channel]).predict(real_past)
            reached.append(r2_score(real_after[:, channel], predicted))
    return float(np.mean(reached)) if reached else None
