"""Read tables and arrays as sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...data import arrays
from ...errors import UserError
from ..table import reading
from ..table.columns import Column, find
from .codec import SeriesCodec
from .options import SeriesOptions
from .roles import COLUMN_ROLES, Roles, find_roles, roles_like

MIN_ROWS = 16
MIN_STEPS = 8  # of all series together
UNEVEN_SHARE = 0.05  # of steps that are longer or shorter than usual by half; beyond it the length of steps is learned
MAX_NUMBERS = 200_000_000  # of all series together
ARRAYS = (".npy", ".npz")


@dataclass
class Sequences:
    """Series as they were read. The columns key, order and label are described in `roles`."""

    values: list[np.ndarray]  # for each series steps x (channels, choices), float64, NaN where there is nothing
    names: tuple[str, ...]  # of channels and choices
    dtypes: tuple[str, ...]  # of the channels
    choices: tuple[Column, ...] = ()  # columns of categories that change along series
    whole: tuple[Column, ...] = ()  # columns that belong to whole series
    cells: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # of these columns, series x columns
    labels: list[str] | None = None  # the class of each series
    columns: tuple[str, ...] = ()  # of the table, in order; () for arrays
    key: Column | None = None
    order: Column | None = None
    begins: float = 0.0  # the cell of `order` in the first step
    step: float = 1.0  # by which the cells of `order` grow
    label: str | None = None
    paced: bool = False  # does the last channel hold how far `order` goes from the step before?
    notes: list[str] = field(default_factory=list)


def read(path: Path, options: SeriesOptions, like: Any = None) -> Sequences:
    """Read a file. like: the codec of other series that it is read like.

    Raises UserError where the file holds no series.
    """
    suffix = path.suffix.lower()
    if suffix in ARRAYS:
        return _array(path)
    if reading.suffix_of(path) is None:
        raise UserError(
            f"{path} holds no series: give a table ({', '.join(reading.READERS)}) or an array ({', '.join(ARRAYS)})"
        )
    return of_frame(
        reading.read_file(path, options.encoding, options.sheet).frame, str(path), options.types, options.labels, like
    )


def _array(path: Path) -> Sequences:
    """An array of steps, series x steps, or series x steps x channels. A .npz may also hold labels."""
    contents = arrays.from_file(path)
    assert contents
    parts = contents.arrays
    shapes = {part.values.shape[1:] for part in parts}
    first = parts[0].values
    if (
        len(shapes) > 1
        or first.dtype.kind not in "biuf"
        or first.ndim > 3
        or not 0 < sum(part.values.size for part in parts) <= MAX_NUMBERS
    ):
        raise UserError(
            f"{path} holds {first.dtype} of shape {first.shape}; series are numbers: steps, series x steps, or "
            "series x steps x channels"
        )
    found = np.concatenate([part.values for part in parts])
    whole = found.reshape({1: (1, -1, 1), 2: (*found.shape, 1)}.get(found.ndim, found.shape)).astype(np.float64)
    labels = [str(label) for part in parts for label in part.labels or []] if contents.labelled_by else None
    if np.isinf(whole).any():
        raise UserError(f"{path} holds infinite numbers; replace them, or write NaN where there is nothing")
    names = tuple(f"channel {at}" for at in range(whole.shape[2]))
    types = (str(found.dtype),) * len(names)
    return _checked(Sequences(list(whole), names, types, labels=labels, label="label" if labels else None), str(path))


def of_frame(
    frame: pd.DataFrame,
    where: str,
    types: Mapping[str, str] | None = None,
    labels: str = "auto",
    like: SeriesCodec | None = None,
) -> Sequences:
    """The rows of a table as the steps of one series or of many.

    Args:
        frame: a row for each step.
        where: it comes from, for messages.
        types: column -> role or type, where a person knows better (see `roles`).
        labels: "auto", "none" or the column that holds the classes.
        like: a codec; its table is the model for the roles of the columns.

    Raises:
        UserError: there is too little in it, or a column is missing or cannot be what it should be.
    """
    if len(frame) < MIN_ROWS:
        raise UserError(f"{where} holds too little to learn from: {len(frame)} rows")
    like = like if like is not None and like.columns else None
    roles = roles_like(like, frame, where) if like else find_roles(frame, where, types or {}, labels)
    frame, groups, ids = _in_order(frame, roles, where)
    columns = [_numbers(frame[name], name, where) for name in roles.channels]
    values = np.stack([*columns, *(column.cells(frame[column.name]) for column in roles.choices)], axis=1)
    ends = np.flatnonzero(np.diff(groups, append=groups[-1] + 1)) + 1
    starts = np.r_[0, ends[:-1]]
    found = Sequences(
        [values[start:end] for start, end in zip(starts, ends, strict=True)],
        (*roles.channels, *(column.name for column in roles.choices)),
        tuple(str(frame[name].dtype) for name in roles.channels),
        tuple(roles.choices),
        columns=tuple(map(str, frame.columns)),
        label=roles.label,
    )
    if roles.choices:
        shown = "; ".join(column.about() for column in roles.choices)
        found.notes.append(f"Categories that change along series: {shown}.")
    if roles.left_out:
        found.notes.append(f"Left out because they are neither numbers nor categories: {', '.join(roles.left_out)}.")
    _of_whole_series(found, frame.iloc[starts], roles, types or {}, like, where)
    if roles.key:
        found.key = find(pd.DataFrame({roles.key: pd.Series(ids)}), {roles.key: "identifier"})[0]
        found.notes.append(f"Rows are told apart by '{roles.key}': {len(starts):,} series.")
    if roles.order:
        _times(found, frame[roles.order], roles.order, starts, ends, like)
    return _checked(found, where)


def _in_order(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[pd.DataFrame, np.ndarray, Any]:
    """The rows, one series after the other, with the number of the series of each row and the keys of all series."""
    key, order = roles.key, roles.order
    groups, ids = pd.factorize(frame[key]) if key else (np.zeros(len(frame), np.int64), [0])
    if (groups < 0).any():
        raise UserError(f"{where}: column '{key}' says which series a row is of, and is empty in some rows")
    if not order:
        rows = np.argsort(groups, kind="stable")
    else:
        values = frame[order]
        if values.isna().any():
            raise UserError(f"{where}: column '{order}' says the order of the steps, and is empty in some rows")
        rows = np.lexsort((find(pd.DataFrame({order: values}), {order: _order_kind(values)})[0].cells(values), groups))
    return frame.iloc[rows].reset_index(drop=True), groups[rows], ids


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
    if lost := [column.name for column in every if not column.learned]:
        found.notes.append(f"Left out because they name each series: {', '.join(lost)}.")


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


def _order_kind(values: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    return "time" if not numeric else "integer" if (values % 1 == 0).all() else "float"


def _times(
    found: Sequences, values: pd.Series, name: str, starts: np.ndarray, ends: np.ndarray, like: SeriesCodec | None
) -> None:
    """Fill in the column that orders steps, where it begins and how far it goes in a step.

    How far it goes is a channel of its own where this differs enough, or where it is a channel of `like`.
    """
    column = find(pd.DataFrame({name: values}), {name: _order_kind(values)})[0]
    cells = column.cells(values)
    inner = (
        np.concatenate([np.diff(cells[start:end]) for start, end in zip(starts, ends, strict=True)])
        if len(cells) > 1
        else np.ones(1)
    )
    found.order, found.begins = column, float(np.median(cells[starts]))
    found.step = float(np.median(inner)) if len(inner) else 1.0
    uneven = float(np.mean(np.abs(inner - found.step) > 0.5 * abs(found.step))) if len(inner) else 0.0
    found.paced = uneven > UNEVEN_SHARE if like is None else like.paced
    if like is not None:
        found.step = like.step
    what = (
        f"; {uneven:.0%} of its steps are longer or shorter than usual, so the length of steps is learned too"
        if found.paced
        else ""
    )
    found.notes.append(f"Rows are in the order of '{name}'{what}.")
    if not found.paced:
        return
    at = len(found.dtypes)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        passed = np.diff(cells[start:end], prepend=cells[start])
        found.values[number] = np.insert(found.values[number], at, passed, axis=1)
    found.names = (*found.names[:at], f"{name} (since the step before)", *found.names[at:])
    found.dtypes = (*found.dtypes, "float64")


def _checked(found: Sequences, where: str) -> Sequences:
    """Without empty series, and without empty steps at both ends of a series.

    Raises UserError where too little is left.
    """
    kept = []
    pace = len(found.dtypes) - 1
    for number, values in enumerate(found.values):
        there = np.flatnonzero(~np.isnan(np.delete(values, pace, axis=1) if found.paced else values).all(axis=1))
        if len(there):
            kept.append(number)
            found.values[number] = values[there[0] : there[-1] + 1]
            if found.paced:
                found.values[number][0, pace] = (
                    found.step
                )  # nothing comes before the first step: it gets the usual length
    if len(kept) < len(found.values):
        found.notes.append(f"Left out: {len(found.values) - len(kept):,} series without a value.")
    found.values = [found.values[number] for number in kept]
    found.cells = found.cells[kept] if found.whole else found.cells
    found.labels = None if found.labels is None else [found.labels[number] for number in kept]
    if not found.values or sum(map(len, found.values)) < MIN_STEPS:
        raise UserError(
            f"{where} holds too little to learn from: {sum(map(len, found.values))} steps in {len(found.values)} series"
        )
    empty = np.stack([np.isnan(values[:, : len(found.dtypes)]).all(axis=0) for values in found.values]).all(axis=0)
    if empty.any():
        raise UserError(f"{where}: column '{found.names[int(empty.argmax())]}' is empty; leave it out")
    return found
