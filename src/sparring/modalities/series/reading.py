"""Tables and arrays as sequences: which column says whose a row is, which one when it was, and what changes along a series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...data import arrays
from ...data.source import DataOptions
from ...errors import UserError, nearest
from ..table import reading
from ..table.columns import KINDS as COLUMN_KINDS
from ..table.columns import Column, find
from .codec import SeriesCodec

KINDS = ("series", "order", "channel", "whole")  # what a person may say of a column
KEY = re.compile(
    r"(^|[_ -])(id|uuid|key|series|sequence|unit|subject|patient|person|user|customer|session|trial|symbol|ticker|device|sensor|station|store)([_ -]|$)",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"(^|[_ -])(t|time|timestamp|date|datetime|step|index|year|month|week|day|hour|minute|second|frame|cycle|tick)([_ -]|$)", re.IGNORECASE
)
LABEL = ("label", "class", "target", "y")
MOST_CLASSES = 100
FEWEST_ROWS = 16
NUMBERS = ("channel", "integer", "float")  # kinds of a column that changes along series and is of numbers
UNEVEN = 0.05  # share of steps longer or shorter than usual by half, from which their length is learned
MOST_NUMBERS = 200_000_000  # of all series together
ARRAYS = (".npy", ".npz")


@dataclass
class Sequences:
    """values: of each series, steps x (channels, choices), float64, NaN where there is nothing. names: of both. dtypes: of the channels. choices:
    columns of categories that change along series. whole: columns that belong to whole series, and their cells, series x columns. labels: the class of
    each, or None. columns: of the table in order; () of an array. paced: does the last channel tell how far `order` goes from the step before?"""

    values: list[np.ndarray]
    names: tuple[str, ...]
    dtypes: tuple[str, ...]
    choices: tuple[Column, ...] = ()
    whole: tuple[Column, ...] = ()
    cells: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    labels: list[str] | None = None
    columns: tuple[str, ...] = ()
    key: Column | None = None
    order: Column | None = None
    begins: float = 0.0
    step: float = 1.0
    label: str | None = None
    paced: bool = False
    notes: list[str] = field(default_factory=list)


def read(path: Path, options: DataOptions) -> Sequences:
    """Raises UserError where the file holds no series."""
    suffix = path.suffix.lower()
    if suffix in ARRAYS:
        return _array(path)
    if reading.suffix_of(path) is None:
        raise UserError(f"{path} holds no series: give a table ({', '.join(reading.READERS)}) or an array ({', '.join(ARRAYS)})")
    return of_frame(reading.read_file(path), str(path), options)


def _array(path: Path) -> Sequences:
    """Steps; series x steps; or series x steps x channels. A .npz may hold labels beside them."""
    contents = arrays.from_file(path)
    assert contents
    parts = contents.arrays
    shapes = {part.values.shape[1:] for part in parts}
    first = parts[0].values
    if (
        len(shapes) > 1
        or first.dtype.kind not in "biuf"
        or first.ndim > 3
        or not 0 < sum(part.values.size for part in parts) <= MOST_NUMBERS
    ):
        raise UserError(
            f"{path} holds {first.dtype} of shape {first.shape}; series are numbers: steps, series x steps, or series x steps x channels"
        )
    found = np.concatenate([part.values for part in parts])
    whole = found.reshape({1: (1, -1, 1), 2: (*found.shape, 1)}.get(found.ndim, found.shape)).astype(np.float64)
    labels = [str(label) for part in parts for label in part.labels or []] if contents.labelled_by else None
    if np.isinf(whole).any():
        raise UserError(f"{path} holds infinite numbers; replace them, or write NaN where there is nothing")
    names = tuple(f"channel {at}" for at in range(whole.shape[2]))
    types = (str(found.dtype),) * len(names)
    return _checked(Sequences(list(whole), names, types, labels=labels, label="label" if labels else None), str(path))


class Roles(NamedTuple):
    """What the columns of a table are: which tells series apart, which orders their steps, what changes along them (numbers, categories), what belongs
    to whole ones, their class, and what is left out, with its kind."""

    key: str | None
    order: str | None
    channels: list[str]
    choices: Sequence[Column]
    whole: list[str]
    label: str | None
    left: Sequence[str] = ()


def of_frame(frame: pd.DataFrame, where: str, options: DataOptions) -> Sequences:
    """The rows of a table as the steps of one series or of many; with options.like, read as the table that this codec was fitted to."""
    if len(frame) < FEWEST_ROWS:
        raise UserError(f"{where} holds too little to learn from: {len(frame)} rows")
    like: SeriesCodec | None = options.like if options.like is not None and options.like.columns else None
    roles = _roles_of(like, frame, where) if like else _found(frame, where, options)
    key, order = roles.key, roles.order
    groups, ids = pd.factorize(frame[key]) if key else (np.zeros(len(frame), np.int64), [0])
    if (groups < 0).any():
        raise UserError(f"{where}: column '{key}' says which series a row is of, and is empty in some rows")
    if order and frame[order].isna().any():
        raise UserError(f"{where}: column '{order}' says the order of the steps, and is empty in some rows")
    counted = find(pd.DataFrame({order: frame[order]}), {order: _order_kind(frame[order])})[0].cells(frame[order]) if order else None
    rows = np.argsort(groups, kind="stable") if counted is None else np.lexsort((counted, groups))
    frame, groups = frame.iloc[rows].reset_index(drop=True), groups[rows]
    columns = [_numbers(frame[name], name, where) for name in roles.channels]
    values = np.stack([*columns, *(column.cells(frame[column.name]) for column in roles.choices)], axis=1)
    ends = np.flatnonzero(np.diff(groups, append=groups[-1] + 1)) + 1
    starts = np.r_[0, ends[:-1]]
    firsts = frame.iloc[starts]
    found = Sequences(
        [values[start:end] for start, end in zip(starts, ends, strict=True)],
        (*roles.channels, *(column.name for column in roles.choices)),
        tuple(str(frame[name].dtype) for name in roles.channels),
        tuple(roles.choices),
        columns=tuple(map(str, frame.columns)),
        label=roles.label,
    )
    if roles.choices:
        found.notes.append(f"Categories that change along series: {'; '.join(column.about() for column in roles.choices)}.")
    if roles.left:
        found.notes.append(f"Left out, for they are neither numbers nor categories: {', '.join(roles.left)}.")
    if roles.label:
        if firsts[roles.label].isna().any():
            raise UserError(
                f"{where}: column '{roles.label}' says the class of a series, and is empty for some; fill it, or use --labels none"
            )
        found.labels = [str(label) for label in firsts[roles.label]]
    if roles.whole:
        asked = {name: kind for name, kind in (options.types or {}).items() if name in roles.whole and kind not in KINDS}
        every = like.whole if like else find(firsts[roles.whole], asked)
        found.whole = tuple(column for column in every if column.learned)
        found.cells = np.stack([column.cells(firsts[column.name]) for column in found.whole], axis=1) if found.whole else found.cells
        if lost := [column.name for column in every if not column.learned]:
            found.notes.append(f"Left out, for they name each series: {', '.join(lost)}.")
    if key:
        found.key = find(pd.DataFrame({key: pd.Series(ids)}), {key: "identifier"})[0]
        found.notes.append(f"Rows are told apart by '{key}': {len(starts):,} series.")
    if order:
        _times(found, frame[order], order, starts, ends, like)
    return _checked(found, where)


def _roles_of(codec: SeriesCodec, frame: pd.DataFrame, where: str) -> Roles:
    """Those that a codec's columns had. Raises UserError where one is missing; a lone series needs nothing that tells it from others."""
    key, order = (None if column is None else column.name for column in (codec.key, codec.order))
    channels = [each.name for each in codec.channels[: len(codec.channels) - codec.paced]]
    roles = Roles(key, order, channels, codec.choices, [each.name for each in codec.whole], codec.label)
    wanted = [
        name for name in (key, order, *channels, *(each.name for each in codec.choices), *roles.whole, roles.label) if name is not None
    ]
    if missing := [name for name in wanted if name not in frame.columns]:
        raise UserError(f"{where} has no column '{missing[0]}'; it should have {', '.join(wanted)}")
    if key is None and "series" in frame.columns and "series" not in codec.columns:  # several that were made of a lone one
        return roles._replace(key="series")
    return roles


def _found(frame: pd.DataFrame, where: str, options: DataOptions) -> Roles:
    """As a person says, else by names and values. Raises UserError where nothing changes along a series."""
    said = {name: kind for name, kind in (options.types or {}).items() if kind in KINDS}
    for name, kind in (options.types or {}).items():
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, list(frame.columns))}")
        if kind not in (*KINDS, *COLUMN_KINDS):
            raise UserError(f"'{kind}' is no type of a column of series; {nearest(kind, [*KINDS, *COLUMN_KINDS])}")
    for kind in ("series", "order"):
        if list(said.values()).count(kind) > 1:
            raise UserError(f"two columns were said to be the {kind}; one can be")
    key = _said(said, "series") or _key(frame, said)
    groups = pd.factorize(frame[key])[0] if key else np.zeros(len(frame), np.int64)
    order = _said(said, "order") or _order(frame, groups, said, key)
    rest = [str(name) for name in frame.columns if name not in (key, order)]
    rows = np.argsort(groups, kind="stable")
    whole = [
        name
        for name in rest
        if said.get(name) == "whole" or (key and said.get(name) != "channel" and _constant(frame[name].iloc[rows], groups[rows]))
    ]
    label = _label(frame, whole, options, where)
    channels, choices, left = _changing(frame[[name for name in rest if name not in whole]], options.types or {})
    if not channels and not choices:
        raise UserError(
            f"{where} has no column of numbers or categories that change along a series; say with --type COLUMN=channel which do"
        )
    return Roles(key, order, channels, choices, [name for name in whole if name != label], label, left)


def _changing(frame: pd.DataFrame, said: dict[str, str]) -> tuple[list[str], list[Column], list[str]]:
    """Columns of numbers, of categories, and those that are neither, with their kinds. Texts that all are numbers are for a person to call so."""
    channels, choices, left = [], [], []
    for name in map(str, frame.columns):
        kind, dtype = said.get(name), frame[name].dtype
        number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        if kind in NUMBERS or (number and kind not in COLUMN_KINDS) or frame[name].isna().all():
            channels.append(name)
            continue
        column = find(frame[[name]], {name: kind} if kind in COLUMN_KINDS else {})[0]
        if column.kind in ("category", "boolean"):
            choices.append(column)
        else:
            left.append(f"{name} ({column.kind})")
    return channels, choices, left


def _said(said: dict[str, str], kind: str) -> str | None:
    return next((name for name, each in said.items() if each == kind), None)


def _key(frame: pd.DataFrame, said: dict[str, str]) -> str | None:
    """A column named like one that tells series apart, with several rows of each."""
    for name in frame.columns:
        values = frame[name]
        if name in said or not KEY.search(str(name)) or pd.api.types.is_float_dtype(values.dtype):
            continue
        if 2 <= values.nunique() <= len(frame) / 4:
            return str(name)
    return None


def _order(frame: pd.DataFrame, groups: np.ndarray, said: dict[str, str], key: str | None) -> str | None:
    """A column of times, or named like one whose numbers grow along each series."""
    for name in frame.columns:
        if name in said or name == key:
            continue
        values = frame[name]
        named = bool(ORDER.search(str(name)))
        if pd.api.types.is_datetime64_any_dtype(values.dtype) or (not pd.api.types.is_numeric_dtype(values.dtype) and _dates(values)):
            return str(name)
        if named and pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype) and values.notna().all():
            rises = np.diff(values.to_numpy(np.float64))[np.diff(groups) == 0]
            if len(rises) and (rises >= 0).all() and (rises > 0).mean() > 0.5:
                return str(name)
    return None


def _dates(values: pd.Series) -> bool:
    return len(values) > 0 and find(pd.DataFrame({"time": values}))[0].kind == "time"


def _constant(values: pd.Series, groups: np.ndarray) -> bool:
    codes = pd.factorize(values)[0]
    return not (np.diff(codes)[np.diff(groups) == 0] != 0).any()


def _label(frame: pd.DataFrame, same: list[str], options: DataOptions, where: str) -> str | None:
    if options.labels == "none":
        return None
    if options.labels != "auto":
        if options.labels not in same:
            known = options.labels in frame.columns
            why = "it changes along a series" if known else f"there is no such column; {nearest(options.labels, same)}"
            raise UserError(f"{where}: column '{options.labels}' cannot be the class of a series: {why}")
        return options.labels
    return next((name for name in same if name.lower() in LABEL and 2 <= frame[name].nunique() <= MOST_CLASSES), None)


def _numbers(values: pd.Series, name: str, where: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise UserError(f"{where}: column '{name}' changes along a series and holds no numbers; leave it out, or write it as numbers")
    found = values.astype("Float64").to_numpy(np.float64, na_value=np.nan)
    if np.isinf(found).any():
        raise UserError(f"{where}: column '{name}' holds infinite numbers; replace them, or leave them empty")
    return found


def _order_kind(values: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    return "time" if not numeric else "integer" if (values % 1 == 0).all() else "float"


def _times(found: Sequences, values: pd.Series, name: str, starts: np.ndarray, ends: np.ndarray, like: SeriesCodec | None) -> None:
    """The column that counts steps, where it begins and how far it goes in a step. How far is learned where it differs enough, or where `like`
    has learned it."""
    column = find(pd.DataFrame({name: values}), {name: _order_kind(values)})[0]
    cells = column.cells(values)
    inner = np.concatenate([np.diff(cells[start:end]) for start, end in zip(starts, ends, strict=True)]) if len(cells) > 1 else np.ones(1)
    found.order, found.begins = column, float(np.median(cells[starts]))
    found.step = float(np.median(inner)) if len(inner) else 1.0
    uneven = float(np.mean(np.abs(inner - found.step) > 0.5 * abs(found.step))) if len(inner) else 0.0
    found.paced = uneven > UNEVEN if like is None else like.paced
    if like is not None:
        found.step = like.step
    what = f"; {uneven:.0%} of its steps are longer or shorter than usual, so how long each is is learned too" if found.paced else ""
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
    """Without series of no value, and without steps of no value before the first and after the last one. Raises UserError where too little is left."""
    kept = []
    pace = len(found.dtypes) - 1
    for number, values in enumerate(found.values):
        there = np.flatnonzero(~np.isnan(np.delete(values, pace, axis=1) if found.paced else values).all(axis=1))
        if len(there):
            kept.append(number)
            found.values[number] = values[there[0] : there[-1] + 1]
            if found.paced:
                found.values[number][0, pace] = found.step  # the first step comes after nothing: a usual one
    if len(kept) < len(found.values):
        found.notes.append(f"Left out: {len(found.values) - len(kept):,} series without a value.")
    found.values = [found.values[number] for number in kept]
    found.cells = found.cells[kept] if found.whole else found.cells
    found.labels = None if found.labels is None else [found.labels[number] for number in kept]
    if not found.values or sum(map(len, found.values)) < 8:
        raise UserError(f"{where} holds too little to learn from: {sum(map(len, found.values))} steps in {len(found.values)} series")
    empty = np.stack([np.isnan(values[:, : len(found.dtypes)]).all(axis=0) for values in found.values]).all(axis=0)
    if empty.any():
        raise UserError(f"{where}: column '{found.names[int(empty.argmax())]}' is empty; leave it out")
    return found
