"""Judges of tables: boosted trees and a linear model, both of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..metrics.learners import boosted_trees, informative_columns, linear
from .examples import Examples, Training
from .judge import Judge, Predict, spread


class RowJudge(Judge):
    """A model of the columns at `inputs`.

    numeric: for every column, are its cells numbers? Neither model draws random numbers, so that seeds differ by the
    added examples alone. Settings are fixed: there is nothing to choose by validation examples.
    """

    def __init__(self, numeric: Sequence[bool], inputs: Sequence[int]):
        self.numeric, self.inputs = tuple(numeric), tuple(inputs)

    def fit(self, training: Training, validation: Examples, classes: int, seed: int) -> Predict:
        from sklearn.exceptions import ConvergenceWarning

        values, labels = training.examples
        rows = values[:, list(self.inputs)]
        kept = informative_columns(rows) or [0]
        columns = [self.inputs[at] for at in kept]
        model = self._model([self.numeric[at] for at in columns], values[:, columns])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a bound on the steps, the same for each arm
            model.fit(values[:, columns], labels, **self._weighted(training.weights))
        present = model.classes_

        def predict(found: np.ndarray) -> np.ndarray:
            return spread(model.predict_proba(found[:, columns]), present, classes)

        return predict

    def _model(self, numeric: Sequence[bool], rows: np.ndarray) -> Any:
        raise NotImplementedError

    def _weighted(self, weights: np.ndarray | None) -> dict[str, np.ndarray]:
        raise NotImplementedError


class Trees(RowJudge):
    """Histogram-based gradient boosting, 100 trees (scikit-learn's, after LightGBM)."""

    name, title = "trees", "boosted trees"

    def _model(self, numeric: Sequence[bool], rows: np.ndarray) -> Any:
        return boosted_trees(numeric, rows, classes=True)

    def _weighted(self, weights: np.ndarray | None) -> dict[str, np.ndarray]:
        return {} if weights is None else {"sample_weight": weights}


class Linear(RowJudge):
    """Logistic regression of standardised numbers and one-hot categories."""

    name, title = "linear", "logistic regression"

    def _model(self, numeric: Sequence[bool], rows: np.ndarray) -> Any:
        return linear(numeric, classes=True)

    def _weighted(self, weights: np.ndarray | None) -> dict[str, np.ndarray]:
        return {} if weights is None else {"logisticregression__sample_weight": weights}


def table_judges(numeric: Sequence[bool], inputs: Sequence[int]) -> tuple[Judge, ...]:
    """The judges of tables with such columns."""
    return Trees(numeric, inputs), Linear(numeric, inputs)
