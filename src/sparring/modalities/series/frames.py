"""Tables as sequences: their rows are the steps of one series or of many, or each row is a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError
from ..table.columns import DROP, Column, find
from .calendar_parts import Part, said_parts, with_joined, without_joined
from .codec import SeriesCodec
from .grouping import Grouping, series_numbers
from .headers import Steps
from .number_table import COLUMN_ROLES, NumberTable, as_numbers, check_types
from .order import column_of, put_in_order
from .roles import Roles, find_label, find_roles, roles_like
from .sequences import Sequences, checked
from .wide import cells_of, wide_steps

MIN_ROWS = 16


def of_frame(
    frame: pd.DataFrame,
    where: str,
    types: Mapping[str, str] | None = None,
    labels: str = "auto",
    like: SeriesCodec | None = None,
    layout: str = "auto",
) -> Sequences:
    """The rows of a table as the steps of one series or of many, or each as a series.

    Args:
        frame: a row for each step.
        where: it comes from, for messages.
        types: column -> role or type, where a person knows better (see `roles`).
        labels: "auto", "none" or the column that holds the classes.
        like: a codec; its table is the model for the roles of the columns.
        layout: "long" (a row is a step), "wide" (a row is a series) or "auto".

    Raises:
        UserError: there is too little in it, or a column is missing or cannot be what it should be.
    """
    like = like if like is not None and like.columns else None
    types = dict(types or {})
    check_types(frame, types)
    frame = frame.drop(columns=[name for name, kind in types.items() if kind == DROP])
    types = {name: kind for name, kind in types.items() if kind != DROP}
    table = as_numbers(frame, types, _read_like(like))
    if steps := wide_steps(table, where, layout, types, None if like is None else like.wide):
        return _of_wide(frame, table, steps, where, types, labels, like)
    if len(frame) < MIN_ROWS:
        raise UserError(f"{where} holds too little to learn from: {len(frame)} rows")
    return _of_long(frame, table, where, types, labels, like)


def _of_long(
    frame: pd.DataFrame,
    table: NumberTable,
    where: str,
    types: Mapping[str, str],
    labels: str,
    like: SeriesCodec | None,
) -> Sequences:
    """The rows of a table as steps. frame: the table as it is."""
    names = tuple(map(str, frame.columns))
    parts = like.parts if like else said_parts(frame, table, types)
    frame, table = with_joined(frame, table, parts, like.order if like else None, where)
    types = without_joined(types, parts)
    roles = roles_like(like, frame, where) if like else find_roles(table, where, types, labels)
    rows, groups, ids = _in_order(table.frame, roles, where)
    frame, numbers = (each.iloc[rows].reset_index(drop=True) for each in (frame, table.frame))
    ends = np.flatnonzero(np.diff(groups, append=groups[-1] + 1)) + 1
    starts = np.r_[0, ends[:-1]]
    order = column_of(roles.order, table, frame) if roles.order else None
    if like is None and order is not None:
        roles, more = roles.without_followers(frame, order, starts, types, table.columns)
        parts = (*parts, *more)
    columns = [_numbers(numbers[name], name, where) for name in roles.channels]
    values = np.stack([*columns, *(column.cells(frame[column.name]) for column in roles.choices)], axis=1)
    found = Sequences(
        [values[start:end] for start, end in zip(starts, ends, strict=True)],
        (*roles.channels, *(column.name for column in roles.choices)),
        tuple(str(numbers[name].dtype) for name in roles.channels),
        tuple(roles.choices),
        columns=names,
        label=roles.label,
        text_channels=tuple(roles.text_channels),
        parts=parts,
    )
    found.notes += _notes_on(roles, parts)
    _of_whole_series(found, frame.iloc[starts], roles, types, like, where)
    _apart(found, roles, ids, len(starts))
    if order is not None:
        put_in_order(found, order, order.cells(frame[order.name]), starts, ends, like)
    return checked(found, where)


def _notes_on(roles: Roles, parts: Sequence[Part]) -> list[str]:
    notes = []
    if roles.choices:
        shown = "; ".join(column.about() for column in roles.choices)
        notes.append(f"Categories that change along series: {shown}.")
    if joined := [part.name for part in parts if part.joins]:
        notes.append(f"{', '.join(joined)} tell the times together (if not: --type COLUMN=channel for one of them).")
    if after := [part.name for part in parts if not part.joins]:
        notes.append(f"Not learned but written anew, since they follow from the order: {', '.join(after)}.")
    if roles.left_out:
        notes.append(f"Left out because they are neither numbers nor categories: {', '.join(roles.left_out)}.")
    return notes


def _read_like(like: SeriesCodec | None) -> dict[str, Column] | None:
    """The columns of times and of texts that are numbers in the table of a codec."""
    if like is None:
        return None
    read = like.order is not None and (like.order.kind == "time" or like.order.text_format is not None)
    order = [like.order] if read and like.order is not None else []
    return {column.name: column for column in (*like.text_channels, *order)}


def _of_wide(
    frame: pd.DataFrame,
    table: NumberTable,
    steps: tuple[Steps, ...],
    where: str,
    types: Mapping[str, str],
    labels: str,
    like: SeriesCodec | None,
) -> Sequences:
    """The rows of a wide table as series. frame: the table as it is."""
    numbered = {name for each in steps for name in each.columns}
    rest = [str(name) for name in frame.columns if name not in numbered]
    label = like.label if like else find_label(frame, rest, labels, where)
    whole = [name for name in rest if name != label and not frame[name].isna().all()]
    numbers = table.frame
    dtypes = tuple(str(np.result_type(*(_plain_dtype(numbers[name]) for name in each.columns))) for each in steps)
    found = Sequences(
        list(cells_of(numbers, steps)),
        tuple(each.channel for each in steps),
        dtypes,
        columns=tuple(map(str, frame.columns)),
        label=label,
        text_channels=tuple(table.columns[name] for name in numbers.columns if name in numbered & table.columns.keys()),
        wide=steps,
    )
    shown = f"{steps[0].columns[0]} to {steps[0].columns[-1]}"
    found.notes.append(f"Each row is a series, and {shown} are its steps (if not: --layout long).")
    roles = Roles(Grouping(), [], (), [column.name for column in like.whole] if like else whole, label)
    _of_whole_series(found, frame, roles, types, like, where)
    return checked(found, where)


def _plain_dtype(values: pd.Series) -> np.dtype:
    """The NumPy type of a column that may be nullable."""
    return np.dtype(getattr(values.dtype, "numpy_dtype", values.dtype))


def _in_order(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[np.ndarray, np.ndarray, Any]:
    """The order of the rows, one series after the other; the number of the series of each; the keys of all series."""
    keys, order, restarts, *_ = roles.grouping
    groups, ids = series_numbers(frame, keys, order, restarts), None
    if (groups < 0).any():
        raise UserError(f"{where}: column '{keys[0]}' says which series a row is of, and is empty in some rows")
    if roles.key:
        groups, ids = pd.factorize(frame[roles.key])
    if not order:
        rows = np.argsort(groups, kind="stable")
    else:
        values = frame[order]
        if values.isna().any():
            raise UserError(f"{where}: column '{order}' says the order of the steps, and is empty in some rows")
        rows = np.lexsort((values, groups))
    return rows, groups[rows], ids


def _apart(found: Sequences, roles: Roles, ids: Any, count: int) -> None:
    """Fill in what tells series apart, and say why."""
    keys, order, found.restarts, reason, doubt = roles.grouping
    why = f", {reason}" if reason else ""
    if roles.key:
        found.key = find(pd.DataFrame({roles.key: pd.Series(ids)}), {roles.key: "identifier"})[0]
        other = f" (if not: --type {roles.key}=channel)" if reason != "as asked" else ""
        found.notes.append(f"Rows are told apart by '{roles.key}': {count:,} series{why}{other}.")
    elif keys and found.restarts:
        found.apart = keys
        found.notes.append(
            f"A series begins wherever '{keys[0]}' changes or '{order}' starts again: {count:,} series{why}."
        )
    elif keys:
        found.apart = keys
        found.notes.append(f"Rows are told apart by '{keys[0]}' and '{keys[1]}' together: {count:,} series{why}.")
    elif found.restarts:
        found.notes.append(
            f"A series begins wherever '{order}' starts again: {count:,} series (if not: --type {order}=channel)."
        )
    found.notes += [doubt] if doubt else []


def _of_whole_series(
    found: Sequences,
    firsts: pd.DataFrame,
    roles: Roles,
    types: Mapping[str, str],
    like: SeriesCodec | None,
    where: str,
) -> None:
    """Fill in the classes of the series and the columns that belong to whole series. firsts: their first rows."""
    if roles.label:
        if firsts[roles.label].isna().any():
            raise UserError(
                f"{where}: column '{roles.label}' says the class of a series, and is empty for some; fill it, or use "
                "--labels none"
            )
        found.labels = [str(label) for label in firsts[roles.label]]
    if not roles.whole:
        return
    asked = {name: kind for name, kind in types.items() if name in roles.whole and kind not in COLUMN_ROLES}
    every = like.whole if like else find(firsts[roles.whole], asked)
    found.whole = tuple(column for column in every if column.learned)
    if found.whole:
        found.cells = np.stack([column.cells(firsts[column.name]) for column in found.whole], axis=1)
    found.names_anew = like.names_anew if like else tuple(column for column in every if not column.learned)
    if found.names_anew:
        names = ", ".join(column.name for column in found.names_anew)
        found.notes.append(f"Not learned because they name each series, new ones are made: {names}.")


def _numbers(values: pd.Series, name: str, where: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise UserError(
            f"{where}: column '{name}' changes along a series and holds no numbers; leave it out, or write it as "
            "numbers"
        )
    found = values.astype("Float64").to_numpy(np.float64, na_value=np.nan)
    if np.isinf(found).any():
        raise UserError(f"{where}: column '{name}' holds infinite numbers; replace them, or leave them empty")
    return found
