"""Models that judge tables: scikit-learn's, for cells (float64, NaN where there is nothing; categories are numbers from 0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

MOST_CATEGORIES = 255  # that boosted trees take as categories; columns with more are taken as numbers
ONE_HOT = 50  # categories of a column that a linear model sees one by one


def telling(cells: np.ndarray) -> list[int]:
    """The columns with something in them that differs; the others tell a model nothing, and some cannot bear them."""
    return [at for at in range(cells.shape[1]) if not np.isnan(cells[:, at]).all() and len(np.unique(cells[:, at])) > 1]


def boosted_trees(numeric: Sequence[bool], cells: np.ndarray, classes: bool, trees: int = 100) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    categories = [not number and not np.nanmax(cells[:, at], initial=0) >= MOST_CATEGORIES for at, number in enumerate(numeric)]
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return kind(max_iter=trees, categorical_features=categories, early_stopping=False, random_state=0)


def linear(numeric: Sequence[bool], classes: bool) -> Any:
    """Logistic or ridge regression of standardised numbers and one-hot categories."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [at for at, number in enumerate(numeric) if number]
    others = [at for at, number in enumerate(numeric) if not number]
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(keep_empty_features=True, add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=ONE_HOT, sparse_output=False), others),
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=1000) if classes else Ridge())


def forest(numeric: Sequence[bool], classes: bool) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if classes else RandomForestRegressor)(100, min_samples_leaf=3, random_state=0)
