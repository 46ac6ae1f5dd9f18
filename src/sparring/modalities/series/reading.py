"""Read tables and arrays as sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...data.in_memory import InMemory
from ...errors import UserError
from ..table import reading
from ..table.columns import DROP, Column, find
from . import arrays, folder
from .clocks import is_epoch
from .codec import SeriesCodec
from .grouping import Grouping, series_numbers
from .headers import Steps
from .options import SeriesOptions
from .roles import Roles, find_label, find_roles, roles_like
from .sequences import Sequences, checked
from .wide import cells_of, wide_steps
from .written import COLUMN_ROLES, NumberTable, as_numbers, check_types

MIN_ROWS = 16
UNEVEN_SHARE = 0.05  # of steps that are longer or shorter than usual by half; beyond it the length of steps is learned


def read(path: Path, options: SeriesOptions, like: Any = None) -> Sequences:
    """Read a file. like: the codec of other series that it is read like.

    Raises UserError where the file holds no series.
    """
    if path.is_dir():
        return _of_folder(path, options, like)
    if path.suffix.lower() in arrays.SUFFIXES:
        _refuse_columns(options, path)
        return arrays.from_file(path, options.layout, options.labels != "none")
    if reading.suffix_of(path) is None:
        raise UserError(
            f"{path} holds no series: give a table ({', '.join(reading.READERS)}), an array "
            f"({', '.join(arrays.SUFFIXES)}), or a folder with one for each series"
        )
    return _of_table(path, str(path), options, like, options.layout)


def _of_table(path: Path, where: str, options: SeriesOptions, like: Any, layout: str) -> Sequences:
    table = reading.read_file(path, options.encoding, options.sheet)
    found = of_frame(table.frame, where, options.types, options.labels, like, layout)
    found.notes[:0] = table.notes
    return found


def _refuse_columns(options: SeriesOptions, where: object) -> None:
    """Raises UserError where a person speaks of columns, and the data are arrays without names."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"{where} has no column '{options.labels}': arrays have no columns; leave --labels out")
    if options.types:
        raise UserError(f"{where} has no column '{next(iter(options.types))}': arrays have none; leave --type out")


def _of_folder(path: Path, options: SeriesOptions, like: Any) -> Sequences:
    names, others = folder.files_of(path)
    if names[0].lower().endswith(arrays.SUFFIXES):
        _refuse_columns(options, path)
        found = folder.arrays_of(path, names, options.labels)
    elif len(names) == 1:
        found = _of_table(path / names[0], str(path), options, like, options.layout)
    else:
        frame = folder.tables_of(path, names, options)
        found = of_frame(frame, str(path), options.types, options.labels, like, "long")
    found.notes[:0] = folder.notes_on(names, others)
    return found


def in_memory(memory: InMemory, options: SeriesOptions, like: Any) -> Sequences:
    """The series of a DataFrame, an array, a tensor, or a list of these. Raises UserError where there are none."""
    data, where = memory.data, f"the data in {memory}"
    if memory.is_table:
        return of_frame(reading.from_memory(memory).frame, where, options.types, options.labels, like, options.layout)
    labels = None if memory.labels is None or options.labels == "none" else list(memory.labels)
    if isinstance(data, list | tuple) and data and all(hasattr(each, "iloc") for each in data):
        frames = [reading.table_of(each, where).frame.assign(series=number) for number, each in enumerate(data)]
        return of_frame(pd.concat(frames, ignore_index=True), where, options.types, options.labels, like, "long")
    _refuse_columns(options, where)
    if hasattr(data, "detach"):
        data = data.detach().cpu().numpy()
    if isinstance(data, np.ndarray) and data.dtype != object:
        return arrays.from_array(data, labels, where, options.layout)
    if isinstance(data, list | tuple | np.ndarray):
        return arrays.from_list(list(data), labels, where)
    raise UserError(f"{where} holds no series: give an array, a list of arrays (one a series) or a DataFrame")


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
    roles = roles_like(like, frame, where) if like else find_roles(table, where, types, labels)
    rows, groups, ids = _in_order(table.frame, roles, where)
    frame, numbers = (each.iloc[rows].reset_index(drop=True) for each in (frame, table.frame))
    columns = [_numbers(numbers[name], name, where) for name in roles.channels]
    values = np.stack([*columns, *(column.cells(frame[column.name]) for column in roles.choices)], axis=1)
    ends = np.flatnonzero(np.diff(groups, append=groups[-1] + 1)) + 1
    starts = np.r_[0, ends[:-1]]
    found = Sequences(
        [values[start:end] for start, end in zip(starts, ends, strict=True)],
        (*roles.channels, *(column.name for column in roles.choices)),
        tuple(str(numbers[name].dtype) for name in roles.channels),
        tuple(roles.choices),
        columns=tuple(map(str, frame.columns)),
        label=roles.label,
        written=tuple(roles.written),
    )
    if roles.choices:
        shown = "; ".join(column.about() for column in roles.choices)
        found.notes.append(f"Categories that change along series: {shown}.")
    if roles.left_out:
        found.notes.append(f"Left out because they are neither numbers nor categories: {', '.join(roles.left_out)}.")
    _of_whole_series(found, frame.iloc[starts], roles, types, like, where)
    _apart(found, roles, ids, len(starts))
    if roles.order:
        column = table.columns.get(roles.order) or _counted(frame[roles.order], roles.order)
        _times(found, column, column.cells(frame[roles.order]), starts, ends, like)
    return checked(found, where)


def _read_like(like: SeriesCodec | None) -> dict[str, Column] | None:
    """The columns of times and of texts that are numbers in the table of a codec."""
    if like is None:
        return None
    order = [like.order] if like.order is not None and like.order.kind == "time" else []
    return {column.name: column for column in (*like.written, *order)}


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
        written=tuple(table.columns[name] for name in numbers.columns if name in numbered & table.columns.keys()),
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


def _counted(values: pd.Series, name: str) -> Column:
    """A column of numbers that order the steps, which may be dates such as 20230629, or seconds since 1970."""
    if is_epoch(values.to_numpy(np.float64)):
        return replace(find(pd.DataFrame({name: values}), {name: "time"})[0], why="as its numbers are of our days")
    if pd.api.types.is_integer_dtype(values.dtype) and (column := find(pd.DataFrame({name: values}))[0]).kind == "time":
        return column
    return find(pd.DataFrame({name: values}), {name: "integer" if (values % 1 == 0).all() else "float"})[0]


def _times(
    found: Sequences, column: Column, cells: np.ndarray, starts: np.ndarray, ends: np.ndarray, like: SeriesCodec | None
) -> None:
    """Fill in the column that orders steps, where it begins and how far it goes in a step.

    How far it goes is a channel of its own where this differs enough, or where it is a channel of `like`.
    """
    name = column.name
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
    found.notes.append(f"Rows are in the order of {column.about()}{what}.")
    if repeated := int((inner == 0).sum()):
        found.notes.append(f"{repeated:,} rows repeat the '{name}' of the row before them.")
    if not found.paced:
        return
    at = len(found.dtypes)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        passed = np.diff(cells[start:end], prepend=cells[start])
        found.values[number] = np.insert(found.values[number], at, passed, axis=1)
    found.names = (*found.names[:at], f"{name} (since the step before)", *found.names[at:])
    found.dtypes = (*found.dtypes, "float64")
