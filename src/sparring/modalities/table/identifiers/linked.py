"""Values that are made anew and go with another column: every row of a customer gets the same new name.

A column that is not learned is drawn by the number of its row. Where the value of another column determined it in
every row of training, it is drawn by that value in place of the row. Where it determines categories, it is drawn among
as many values as had the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..columns import Column
from . import identifier as identifiers

ROWS_PER_VALUE = 2  # on average, of a column that determines another one
MIN_AGAIN = 20  # rows that repeat a value before it is no chance that the other column repeats its own too
MAX_PARTED = 20_000  # different values of a column whose categories are kept
TELLING = ("category", "integer", "boolean", "identifier")
ALL = "all"


def linked(
    columns: Sequence[Column], frame: pd.DataFrame, ignored: Sequence[str]
) -> tuple[tuple[Column, ...], Sequence[str]]:
    """The columns, with what determines those that are made anew, and those of `ignored` that are no such relation.

    ignored: relations that are switched off, by their texts: "customer -> name"; "all" switches all off.
    """
    off = {" ".join(text.split()) for text in ignored}
    codes = {each.name: pd.factorize(frame[each.name])[0] for each in columns if _telling(each) or _open(each)}
    by: dict[str, Column] = {}
    texts = []
    for each in filter(_open, reversed(columns)):  # of columns that determine one another the first is drawn freely
        sources = [
            other
            for other in columns
            if other.name in codes
            and _telling(other)
            and not _leads_to(by, other, each)
            and _determines(codes[other.name], codes[each.name])
        ]
        if not sources or ALL in off:
            continue
        source = min(sources, key=lambda other: (not other.learned, codes[other.name].max()))
        texts.append(f"{source.name} -> {each.name}")
        if texts[-1] not in off:
            by[each.name] = source
    told = [_with(each, by[each.name], frame) if each.name in by else each for each in columns]
    found = [
        _parted(each, columns, frame, off, texts) if _open(each) and each.name not in by else each for each in told
    ]
    return tuple(found), [text for text in ignored if " ".join(text.split()) not in texts]


def _parted(
    column: Column, columns: Sequence[Column], frame: pd.DataFrame, off: Collection[str], texts: list[str]
) -> Column:
    """The column with the categories that it determines, as a customer determines a town: new ones have one of each.

    off: relations that are switched off. texts: is added to.
    """
    codes = pd.factorize(frame[column.name])[0]
    if ALL in off or codes.max(initial=-1) >= MAX_PARTED:
        return column
    told = []
    for other in columns:
        if other.kind in ("category", "boolean") and _determines(codes, pd.factorize(frame[other.name])[0]):
            texts.append(f"{column.name} -> {other.name}")
            told += [other] if texts[-1] not in off else []
    if not told:
        return column
    places = np.stack([_places(other.cells(frame[other.name])) for other in told], axis=1)
    first = np.unique(codes, return_index=True)[1]
    kinds, counts = np.unique(places[first], axis=0, return_counts=True)
    parts = [[*kind, count] for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)]
    return replace(column, made={**column.made, "of": [other.name for other in told], "parts": parts})


def _places(cells: np.ndarray) -> np.ndarray:
    """The places of categories; -1 for none."""
    return np.where(np.isnan(cells), -1, np.nan_to_num(cells)).astype(np.int64)


def _in_parts(made: dict[str, Any], cells: dict[str, np.ndarray], numbers: Sequence[int]) -> list[int]:
    """Which value each row has, of those that go with its categories. Combinations never seen have one value each."""
    places = np.stack([_places(cells[name]) for name in made["of"]], axis=1).tolist()
    starts, start = {}, 0
    for *kind, count in made["parts"]:
        starts[tuple(kind)] = (start, count)
        start += count
    found = []
    for kind, number in zip(map(tuple, places), numbers, strict=True):
        if kind not in starts:
            starts[kind] = (start + sum((place + 1) << (8 * at) for at, place in enumerate(kind)), 1)
        begin, count = starts[kind]
        found.append(begin + number % count)
    return found


def _open(column: Column) -> bool:
    return column.kind == "identifier" and not column.made["all_different"]


def _telling(column: Column) -> bool:
    return column.kind in TELLING and (column.learned or _open(column))


def _leads_to(by: dict[str, Column], column: Column, end: Column) -> bool:
    """Is the column, or what determines it, the other one?"""
    while column.name != end.name:
        if column.name not in by:
            return False
        column = by[column.name]
    return True


def _determines(source: np.ndarray, target: np.ndarray) -> bool:
    count = int(source.max(initial=-1)) + 1
    if source.min(initial=0) < 0 or len(source) < max(ROWS_PER_VALUE * count, count + MIN_AGAIN):
        return False
    first = np.zeros(count, np.int64)
    first[source[::-1]] = target[::-1]
    return bool((first[source] == target).all()) and len(np.unique(target)) > 1


def _with(column: Column, source: Column, frame: pd.DataFrame) -> Column:
    low = int(np.nanmin(source.cells(frame[source.name]))) if source.learned else 0
    return replace(column, made={**column.made, "by": source.name, "low": low})


def new_frame(columns: Sequence[Column], cells: dict[str, np.ndarray], rows: range, seed: int) -> dict[str, pd.Series]:
    """Values for all columns that are not learned. cells: of the learned columns by their names."""
    known = {each.name: each for each in columns}

    def numbers(column: Column) -> list[int]:
        source = known.get(column.made.get("by", ""))
        if source is None:
            own = identifiers.numbers(column.made, rows, seed, column.name)
            return _in_parts(column.made, cells, own) if "of" in column.made else own
        if not source.learned:
            return numbers(source)
        return (cells[source.name] - column.made["low"]).astype(np.int64).tolist()

    return {
        each.name: each.new(rows, seed, numbers(each) if {"by", "of"} & {*each.made} else None)
        for each in columns
        if not each.learned
    }
