"""Values and types of the columns of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

MAX_EXACT_INTEGER = 2**53  # a float64 holds every integer up to this


def is_number(dtype: str) -> bool:
    """Is this the name of a type of numbers?"""
    return dtype.lower().startswith(("int", "uint", "float"))


def plain(values: pd.Series) -> pd.Series:
    """Categories that JSON can hold: texts, numbers and truths as they are, all others as text."""
    values = values.astype(object).map(
        lambda value: value.item() if isinstance(value, np.generic) else value, na_action="ignore"
    )
    if {type(value) for value in values.dropna()} <= {str, bool, int, float}:
        return values
    return values.map(str, na_action="ignore")


def fits(numbers: pd.Series, dtype: str) -> bool:
    """Can this type hold the integers?"""
    name = dtype.lower()
    if (
        not name.startswith(("int", "uint"))
        or not name.removeprefix("u").removeprefix("int").isdigit()
        or numbers.isna().all()
    ):
        return True
    return bool(numbers.min() >= np.iinfo(name).min and numbers.max() <= np.iinfo(name).max)
