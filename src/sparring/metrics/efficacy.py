"""Is generated data as good to learn from as real data? Train on synthetic, test on real (Esteban et al. 2017, arXiv:1706.02633, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .learners import boosted_trees, forest, linear, telling
from .series import next_steps

FEWEST = 10  # rows to learn from and to be tested on
PAST, MOST_STEPS = 8, 20_000  # steps that the next one is predicted from; predictions that are learned and tested
MOST_CLASSES = 20  # of a column that is predicted as classes


@dataclass(frozen=True)
class Efficacy:
    """What models reach on real held-out rows: macro F1 of classes or R2 of numbers, by model, and, of two classes, the area under the ROC curve."""

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


def target_of(real: np.ndarray, numeric: Sequence[bool]) -> int | None:
    """The column that tables usually keep for what is to be predicted: the last with two to MOST_CLASSES categories, else the last of numbers."""
    some = [at for at in range(real.shape[1]) if len(np.unique(real[~np.isnan(real[:, at]), at])) > 1]
    few = [at for at in some if not numeric[at] and len(np.unique(real[~np.isnan(real[:, at]), at])) <= MOST_CLASSES]
    return few[-1] if few else some[-1] if some else None


def efficacy(learned_from: np.ndarray, tested_on: np.ndarray, numeric: Sequence[bool], target: int) -> Efficacy | None:
    """None where there are too few rows, or nothing to tell apart."""
    from sklearn.metrics import f1_score, r2_score, roc_auc_score

    train, test = (side[~np.isnan(side[:, target])] for side in (learned_from, tested_on))
    if min(len(train), len(test)) < FEWEST or len(np.unique(train[:, target])) < 2 or len(telling(train)) < 2:
        return None
    rest = [at for at in telling(train) if at != target]
    kinds, classes = [numeric[at] for at in rest], not numeric[target]
    models = {
        "boosted trees": boosted_trees(kinds, np.concatenate([train, test])[:, rest], classes),
        "forest": forest(kinds, classes),
        "linear": linear(kinds, classes),
    }
    reached, areas = {}, {}
    for name, model in models.items():
        model.fit(train[:, rest], train[:, target])
        found = model.predict(test[:, rest])
        if not classes:
            reached[name] = float(r2_score(test[:, target], found))
            continue
        reached[name] = float(f1_score(test[:, target], found, average="macro"))
        present = np.unique(test[:, target])
        if len(present) == 2 and set(present) == set(model.classes_):
            areas[name] = float(roc_auc_score(test[:, target], model.predict_proba(test[:, rest])[:, 1]))
    return Efficacy(target, classes, reached, areas)


def predictive(learned_from: np.ndarray, tested_on: np.ndarray) -> float | None:
    """R2 of the next step on real series, the mean over channels and two models (boosted trees, linear), learned from N x T x C series; None where too
    few steps follow one another. At most MOST_STEPS places are looked at, evenly spaced."""
    from sklearn.metrics import r2_score

    back = min(PAST, learned_from.shape[1] - 1)
    sides = [next_steps(side, back) for side in (learned_from, tested_on)]
    if back < 1 or min(len(side[0]) for side in sides) < FEWEST:
        return None
    (past, after), (real_past, real_after) = (tuple(part[:: -(-len(part) // MOST_STEPS)] for part in side) for side in sides)
    kinds = [True] * past.shape[1]
    reached = []
    for channel in range(after.shape[1]):
        if len(np.unique(real_after[:, channel])) < 2:
            continue
        for model in (boosted_trees(kinds, past, classes=False), linear(kinds, classes=False)):
            reached.append(r2_score(real_after[:, channel], model.fit(past, after[:, channel]).predict(real_past)))
    return float(np.mean(reached)) if reached else None
