"""Tables in which a row is a series and numbered columns are its steps: x0, x1, x2, ... or x_0 ... y_0 ..."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...errors import UserError
from .axes import ordered_axis

NUMBERED = re.compile(r"(.*?)[_ .-]?(\d+)")
MIN_COLUMNS = 8  # that are numbered, for a table to be wide
MIN_DOUBTED = 16  # numbered columns from which a table may be wide even where its numbers do not tell
MIN_SHARE = 0.8  # of the columns of numbers must be numbered
MAX_ROWS = 2000  # that are looked at


class Steps(NamedTuple):
    """The columns of the steps of a channel, in order."""

    channel: str
    columns: tuple[str, ...]


def steps_of(frame: pd.DataFrame) -> tuple[Steps, ...]:
    """The numbered columns of each channel; () where a table has none, or channels of different numbers."""
    found: dict[str, dict[int, str]] = {}
    numbers = 0
    for name in map(str, frame.columns):
        if not pd.api.types.is_numeric_dtype(frame[name].dtype) or pd.api.types.is_bool_dtype(frame[name].dtype):
            continue
        numbers += 1
        if match := NUMBERED.fullmatch(name):
            found.setdefault(match[1], {})[int(match[2])] = name
    long = {channel: columns for channel, columns in found.items() if len(columns) >= MIN_COLUMNS}
    places = {tuple(sorted(columns)) for columns in long.values()}
    if len(places) != 1 or sum(map(len, long.values())) < MIN_SHARE * numbers:
        return ()
    order = places.pop()
    if len(long) == 1 and _is_class(frame, [next(iter(long.values()))[place] for place in order]):
        order = order[1:]
    if order[-1] - order[0] != len(order) - 1:
        return ()
    return tuple(
        Steps(channel or "value", tuple(columns[place] for place in order)) for channel, columns in long.items()
    )


def _is_class(frame: pd.DataFrame, names: list[str]) -> bool:
    """Holds the first of numbered columns a class, as in files without a header: whole numbers before fractions?"""
    first, *rest = (frame[name].dropna()[:MAX_ROWS] for name in names)
    fractions = [bool((values % 1 != 0).any()) for values in rest]
    return not (first % 1).any() and first.nunique() <= len(first) / 2 and sum(fractions) >= MIN_SHARE * len(rest)


def is_wide(frame: pd.DataFrame, steps: tuple[Steps, ...], where: str) -> bool:
    """Do numbers follow one another along the rows and not along the columns?

    Raises UserError where this cannot be told and both could be.
    """
    if not steps:
        return False
    axis = ordered_axis(cells_of(frame[:MAX_ROWS], steps[:1])[:, :, 0], 0, 1)
    if axis is None and len(steps[0].columns) >= MIN_DOUBTED:
        first, *_, last = steps[0].columns
        raise UserError(
            f"{where}: {first} to {last} may be the steps of a series in each row, or as many channels of one series; "
            "say --layout wide or --layout long"
        )
    return axis == 1


def cells_of(frame: pd.DataFrame, steps: tuple[Steps, ...]) -> np.ndarray:
    """Rows x steps x channels, NaN where there is nothing."""
    parts = [frame[list(each.columns)].astype("Float64").to_numpy(np.float64, na_value=np.nan) for each in steps]
    return np.stack(parts, axis=2)


def spread(values: np.ndarray, steps: tuple[Steps, ...], dtypes: tuple[str, ...]) -> dict[str, pd.Series]:
    """The columns of N x T x channels values: the inverse of `cells_of`. Steps after the longest series are empty."""
    found = {}
    for at, (each, dtype) in enumerate(zip(steps, dtypes, strict=True)):
        for place, name in enumerate(each.columns):
            cells = values[:, place, at] if place < values.shape[1] else np.full(len(values), np.nan)
            column = pd.Series(cells)
            whole = pd.api.types.is_integer_dtype(dtype)
            found[name] = column.astype("Int64") if whole and column.hasnans else column.astype(dtype)
    return found
