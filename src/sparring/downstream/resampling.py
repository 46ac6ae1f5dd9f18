"""New rows for rarer classes by imbalanced-learn: SMOTENC (Chawla et al. 2002) and ADASYN (He et al. 2008)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .examples import Examples, Unavailable

NEIGHBOURS = 5
MAX_NUMBERS = 50_000_000  # rows times columns when categories are one-hot, as both methods make them


def resampled(method: str, examples: Examples, numeric: Sequence[bool], inputs: Sequence[int], seed: int) -> Examples:
    """New examples with which every class has about as many as the largest.

    Args:
        method: "SMOTENC" or "ADASYN".
        examples: Rows of cells, N x columns, NaN where a value is missing: such cells count as the median, or as a
            category of their own.
        numeric: For each column, are its cells numbers?
        inputs: The columns from which the class is told. Others are empty in new rows.
        seed: Of the draws.

    Raises:
        Unavailable: The library is not installed, or the method cannot work on these rows.
    """
    try:
        import imblearn.over_sampling  # noqa: F401
    except ImportError:
        raise Unavailable('it needs imbalanced-learn; run: pip install "sparring[table]"') from None
    kinds = [numeric[at] for at in inputs]
    rows = _filled(examples.values[:, list(inputs)], kinds)
    width = sum(1 if number else len(np.unique(rows[:, at])) for at, number in enumerate(kinds))
    if len(rows) * width > MAX_NUMBERS:
        raise Unavailable(f"{len(rows):,} rows of {width:,} numbers are too many for it")
    few = int(np.bincount(examples.labels)[np.unique(examples.labels)].min())
    if few < 2:
        raise Unavailable("a class has a single row, and neighbours are needed")
    try:
        made, labels = METHODS[method](rows, examples.labels, kinds, min(NEIGHBOURS, few - 1), seed)
    except (ValueError, RuntimeError) as error:
        raise Unavailable(" ".join(str(error).split())[:160]) from None
    values = np.full((len(made), examples.values.shape[1]), np.nan)
    for place, (column, number) in enumerate(zip(inputs, kinds, strict=True)):
        values[:, column] = made[:, place] if number else np.where(made[:, place] < 0, np.nan, made[:, place])
    return Examples(values, labels)


def _filled(rows: np.ndarray, numeric: Sequence[bool]) -> np.ndarray:
    """Rows without empty cells: the median in columns of numbers, -1 in columns of categories."""
    found = rows.copy()
    for column, number in zip(found.T, numeric, strict=True):
        missing = np.isnan(column)
        column[missing] = np.median(column[~missing]) if number and not missing.all() else -1.0
    return found


def _smote(rows: np.ndarray, labels: np.ndarray, numeric: Sequence[bool], near: int, seed: int) -> tuple[Any, Any]:
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    categories = [at for at, number in enumerate(numeric) if not number]
    if not categories:
        model: Any = SMOTE(k_neighbors=near, random_state=seed)
    elif len(categories) == len(numeric):
        model = SMOTEN(k_neighbors=near, random_state=seed)
    else:
        model = SMOTENC(categories, k_neighbors=near, random_state=seed)
    made, found = model.fit_resample(rows, labels)
    return made[len(rows) :].astype(np.float64), found[len(rows) :].astype(np.int64)


def _adasyn(rows: np.ndarray, labels: np.ndarray, numeric: Sequence[bool], near: int, seed: int) -> tuple[Any, Any]:
    """Numbers are standardised and categories one-hot; of a new row's shares of categories the largest counts."""
    from imblearn.over_sampling import ADASYN

    parts, known = [], []
    for column, number in zip(rows.T, numeric, strict=True):
        different = np.unique(column)
        known.append(different)
        parts.append(
            ((column - column.mean()) / (column.std() or 1))[:, None] if number else column[:, None] == different
        )
    made, found = ADASYN(n_neighbors=near, random_state=seed).fit_resample(np.hstack(parts).astype(float), labels)
    new, at, columns = made[len(rows) :], 0, []
    for column, number, different in zip(rows.T, numeric, known, strict=True):
        width = 1 if number else len(different)
        own = new[:, at : at + width]
        columns.append(own[:, 0] * (column.std() or 1) + column.mean() if number else different[own.argmax(axis=1)])
        at += width
    return np.stack(columns, axis=1), found[len(rows) :].astype(np.int64)


METHODS = {"SMOTENC": _smote, "ADASYN": _adasyn}
