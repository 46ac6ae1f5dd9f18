"""Columns that follow from the times of a series: a weekday beside a date, a year beside a month, a second count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..table.columns import Column
from .calendar_parts import Part
from .calendar_units import LIMITS, NUMBERS, unit_of
from .grid import local_times

CYCLES = {"weekday": 7, "hour": 1, "month": 366}  # the days after which a unit begins again
MIN_CYCLES = 3  # that the data last, from which a column that agrees with the unit follows from it
MIN_SERIES, MAX_STEPS = 5, 10_000  # of which a column has the same values in the same steps
MAX_VALUES = 24  # different values of such a column


def followers(
    frame: pd.DataFrame,
    names: Iterable[str],
    times: np.ndarray | None,
    starts: np.ndarray,
    others: Mapping[str, Column],
) -> tuple[Part, ...]:
    """The columns among these that follow from the times, or from the steps, of their series.

    Args:
        frame: a row for each step, one series after the other, in order.
        names: of columns of numbers and categories.
        times: datetime64[us] of each row; None where the order of the steps is no time.
        starts: the first row of each series.
        others: other columns of times.
    """
    index = None if times is None else pd.DatetimeIndex(times)
    found = []
    for name, column in others.items():
        found += [part] if times is not None and (part := _shifted(column, frame[name], times)) else []
    for name in names:
        part = _counting(name, frame[name], starts) or _by_step(name, frame[name], starts)
        if part is None and index is not None:
            part = _by_name(name, frame[name], index) or _by_cycle(name, frame[name], index)
        found += [part] if part else []
    return tuple(found)


def _counting(name: str, values: pd.Series, starts: np.ndarray) -> Part | None:
    """Does a number rise by the same in each step of every series, from the same beginning?"""
    numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if not numeric or values.isna().any() or len(values) < 2:
        return None
    numbers = values.to_numpy(np.float64)
    if not np.isfinite(numbers).all():
        return None
    inner = np.delete(np.diff(numbers), starts[1:] - 1)
    first = numbers[starts]
    if not len(inner) or inner[0] == 0 or not np.allclose(inner, inner[0], rtol=1e-9, atol=0) or np.ptp(first):
        return None
    return Part(name, "steps", str(values.dtype), offset=float(first[0]), scale=float(inner[0]), joins=False)


def _by_step(name: str, values: pd.Series, starts: np.ndarray) -> Part | None:
    """Is a value the same in the same step of all series, of which there are some?"""
    if len(starts) < MIN_SERIES:
        return None
    codes, different = pd.factorize(values)
    steps = np.arange(len(values)) - np.repeat(starts, np.diff(starts, append=len(values)))
    pairs = np.unique(np.stack([steps, codes]), axis=1)
    if len(different) < 2 or not len(pairs[0]) == int(steps.max()) + 1 <= MAX_STEPS:
        return None
    known = [None if code < 0 else _plain(different[code]) for code in pairs[1]]
    return Part(name, "steps", str(values.dtype), values=tuple(known), joins=False)


def _shifted(column: Column, values: pd.Series, times: np.ndarray) -> Part | None:
    """Is a time always as far from the time of the step, such as its end?"""
    cells = column.cells(values)
    if column.local_zone or np.isnan(cells).any():
        return None
    apart = np.unique(local_times(column, cells) - times)
    if len(apart) > 1:
        return None
    return Part(
        column.name, "shifted", str(values.dtype), offset=int(apart[0].astype(np.int64)), column=column, joins=False
    )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _by_name(name: str, values: pd.Series, times: pd.DatetimeIndex) -> Part | None:
    """Is a number that of the unit that the name says, or larger by always the same?"""
    unit, numeric = unit_of(name), pd.api.types.is_numeric_dtype(values.dtype)
    if unit is None or not numeric or pd.api.types.is_bool_dtype(values.dtype) or values.isna().any():
        return None
    apart = values.to_numpy(np.float64) - NUMBERS[unit[0]](times)
    if apart.any() and (np.ptp(apart) or unit[0] not in ("year", "hour")):
        return None
    return Part(name, unit[0], str(values.dtype), offset=float(apart[0]), joins=False)


def _by_cycle(name: str, values: pd.Series, times: pd.DatetimeIndex) -> Part | None:
    """Is a value always the same on the same weekday, or in the same hour or month?"""
    codes, different = pd.factorize(values)
    if (codes < 0).any() or not 2 <= len(different) <= MAX_VALUES:
        return None
    days = (times.max() - times.min()).days
    for unit, length in CYCLES.items():
        numbers = NUMBERS[unit](times)
        if days < MIN_CYCLES * length or (numbers == numbers[0]).all():
            continue
        pairs = np.unique(np.stack([numbers, codes]), axis=1)
        if len(np.unique(pairs[0])) < pairs.shape[1]:
            continue
        low, high = LIMITS[unit]
        places = dict(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))
        known = [_plain(different[places[number]]) if number in places else None for number in range(low, high + 1)]
        return Part(name, unit, str(values.dtype), values=tuple(known), joins=False)
    return None
