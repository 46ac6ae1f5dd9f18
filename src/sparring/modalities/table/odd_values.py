"""Columns of values that are neither numbers, times, truths nor texts: they are refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError

ODD = (
    ((list, tuple, dict, set, frozenset, np.ndarray, pd.Series), "lists", "leave it out, or make columns of them"),
    ((bytes, bytearray, memoryview), "bytes", "leave it out, or decode them to text"),
    ((complex, np.complexfloating), "complex numbers", "make two columns of their real and imaginary parts"),
    ((pd.Interval,), "intervals", "make two columns of their ends, or write them as text"),
)  # fmt: skip
PLAIN = (str, bool, int, float, np.generic)


def refuse_odd(name: str, values: pd.Series) -> None:
    """Raises UserError where a column holds what cannot be learned."""
    if pd.api.types.is_complex_dtype(values.dtype):
        raise _refusal(name, *ODD[2][1:])
    if isinstance(values.dtype, pd.IntervalDtype):
        raise _refusal(name, *ODD[3][1:])
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.cat.categories)
    if values.dtype != object:
        return
    types: dict[type, Any] = {}
    for value in values.dropna():
        types.setdefault(type(value), value)
    for kind, value in types.items():
        for classes, what, todo in ODD:
            if issubclass(kind, classes):
                raise _refusal(name, what, todo)
        if not issubclass(kind, PLAIN):
            raise _refusal(name, f"values of type {kind.__name__}", f"write {str(value)[:30]!r} and the others as text")
    kinds = {bool if issubclass(kind, (bool, np.bool_)) else kind for kind in types}
    if bool in kinds and len(kinds) > 1 and not kinds <= {bool, str}:
        raise UserError(f"column '{name}' mixes truths with numbers, which are equal to them: write all in one way")


def _refusal(name: str, what: str, todo: str) -> UserError:
    return UserError(f"column '{name}' holds {what}; {todo}")
