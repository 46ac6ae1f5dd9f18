"""scikit-learn models of tables. Cells are float64, NaN where a value is missing; categories are numbers from 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_CATEGORIES = 255  # that boosted trees accept; columns with more are taken as numbers
MAX_ONE_HOT = 50  # categories of a column that a linear model sees one by one


def informative_columns(cells: np.ndarray) -> list[int]:
    """The columns with at least two different values. Some models cannot be fitted to the others."""
    return [
        column
        for column in range(cells.shape[1])
        if not np.isnan(cells[:, column]).all() and len(np.unique(cells[:, column])) > 1
    ]


def boosted_trees(numeric: Sequence[bool], cells: np.ndarray, classes: bool, trees: int = 100) -> Any:
    """A classifier (`classes`) or a regression for columns like these. numeric: which columns are numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    categories = [
        not number and not np.nanmax(cells[:, column], initial=0) >= MAX_CATEGORIES
        for column, number in enumerate(numeric)
    ]
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return kind(max_iter=trees, categorical_features=categories, early_stopping=False, random_state=0)


def linear(numeric: Sequence[bool], classes: bool) -> Any:
    """Logistic or ridge regression of standardised numbers and one-hot categories."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [column for column, number in enumerate(numeric) if number]
    others = [column for column, number in enumerate(numeric) if not number]
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_ONE_HOT, sparse_output=False)
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(keep_empty_features=True, add_indicator=True), StandardScaler()), numbers),
        (one_hot, others),
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=1000) if classes else Ridge())


def forest(numeric: Sequence[bool], classes: bool) -> Any:
    """A random forest: a classifier (`classes`) or a regression."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if classes else RandomForestRegressor)(100, min_samples_leaf=3, random_state=0)
