"""Tables in which a row is a series and its columns are the steps, as their headers tell (see `headers`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from ...errors import UserError
from ..table.columns import Column
from .axes import SMOOTH, ordered_axis, roughness
from .headers import Headers, Steps, headers_of
from .key_names import KEY, ORDER
from .number_table import NumberTable

MIN_DOUBTED = 16  # numbered columns from which a table may be wide even where its numbers do not tell
MIN_CLASS_SHARE = 0.8  # of numbered columns hold fractions, where the first one is a class
MAX_ROWS = 2000  # that are looked at


def wide_steps(
    table: NumberTable, where: str, layout: str, types: Mapping[str, str], like: tuple[Steps, ...] | None
) -> tuple[Steps, ...]:
    """The columns of steps of a wide table; () for a long one.

    like: those of another table that this one is read like, () where that one is long. Raises UserError where it
    cannot be told whether rows or columns are series.
    """
    if like is not None:
        if missing := [name for each in like for name in each.columns if name not in table.frame.columns]:
            raise UserError(f"{where} has no column '{missing[0]}'")
        return like
    if layout == "long" or (layout == "auto" and {"series", "order", "channel"} & set(types.values())):
        return ()
    headers = _headers(table)
    if layout == "wide" and not headers.steps:
        raise UserError(
            f"{where} has no columns whose headers tell the steps of a series, such as x0, x1, x2 ... or 2021-01, "
            "2021-02 ..."
        )
    return headers.steps if layout == "wide" or _is_wide(table, headers, where) else ()


def _headers(table: NumberTable) -> Headers:
    """What the headers of the columns of numbers tell. Empty columns may be steps as well."""
    types, names, numbers = pd.api.types, list[str](), 0
    for name in map(str, table.frame.columns):
        values = table.frame[name]
        nothing = bool(values.isna().all())
        if name not in table.times and (
            nothing or (types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype))
        ):
            names.append(name)
            numbers += not nothing
    headers = headers_of(names, numbers)
    if len(headers.steps) == 1 and not headers.times:
        channel, columns = headers.steps[0]
        for own in (columns[1:], columns[:-1]):
            (other,) = {*columns} - {*own}
            if _is_class(table.frame, (other, *own)):
                return Headers((Steps(channel, own),))
    return headers


def _is_class(frame: pd.DataFrame, names: Collection[str]) -> bool:
    """Holds the first of these columns a class, as in files without a header: whole numbers beside fractions?"""
    first, *rest = (frame[name].dropna()[:MAX_ROWS] for name in names)
    fractions = [bool((values % 1 != 0).any()) for values in rest]
    return (
        not (first % 1).any()
        and 1 < first.nunique() <= len(first) / 2
        and sum(fractions) >= MIN_CLASS_SHARE * len(rest)
    )


def _is_wide(table: NumberTable, headers: Headers, where: str) -> bool:
    """Do the steps of series follow one another along the rows?

    Headers that say times decide, unless numbers follow one another along the columns, and a column orders the rows.
    Where headers only count, the numbers decide.
    """
    steps = headers.steps
    if not steps:
        return False
    numbered = {name for each in steps for name in each.columns}
    rest = table.frame[[name for name in table.frame.columns if name not in numbered]]
    cells = cells_of(table.frame[:MAX_ROWS], steps[:1])[:, :, 0]
    first, *_, last = steps[0].columns
    doubt = UserError(
        f"{where}: {first} to {last} may be the steps of a series in each row, or as many channels of one series; "
        "say --layout wide or --layout long"
    )
    if headers.times:
        along_rows, along_columns = roughness(cells, 1), roughness(cells, 0)
        ordered = not len(rest.columns) or table.times or any(map(ORDER.search, map(str, rest.columns)))
        if ordered and along_columns < min(SMOOTH, along_rows):
            raise doubt
        return True
    if table.times or any(KEY.search(str(name)) and rest[name].duplicated().any() for name in rest.columns):
        return False
    axis = ordered_axis(cells, 0, 1)
    if axis is None and len(steps[0].columns) >= MIN_DOUBTED:
        raise doubt
    return axis == 1


def cells_of(frame: pd.DataFrame, steps: tuple[Steps, ...]) -> np.ndarray:
    """Rows x steps x channels, NaN where there is nothing."""
    parts = [frame[list(each.columns)].astype("Float64").to_numpy(np.float64, na_value=np.nan) for each in steps]
    return np.stack(parts, axis=2)


def spread(
    values: np.ndarray, steps: tuple[Steps, ...], dtypes: tuple[str, ...], texts: Mapping[str, Column]
) -> dict[str, pd.Series]:
    """The columns of N x T x channels values: the inverse of `cells_of`. Steps after the longest series are empty.

    texts: the columns whose numbers are texts.
    """
    found = {}
    for at, (each, dtype) in enumerate(zip(steps, dtypes, strict=True)):
        for place, name in enumerate(each.columns):
            cells = values[:, place, at] if place < values.shape[1] else np.full(len(values), np.nan)
            if name in texts:
                found[name] = texts[name].series(cells)
                continue
            column = pd.Series(cells)
            whole = pd.api.types.is_integer_dtype(dtype)
            found[name] = column.astype("Int64") if whole and column.hasnans else column.astype(dtype)
    return found
