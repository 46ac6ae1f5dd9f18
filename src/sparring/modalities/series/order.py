"""The column that orders the steps: where it begins, and how far it goes in a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ..table.columns import Column, find
from ..table.text_formats import DateFormat
from .codec import SeriesCodec
from .grid import UNEVEN_SHARE, grid_of, uneven_share
from .number_table import NumberTable
from .sequences import Sequences


def column_of(name: str, table: NumberTable, frame: pd.DataFrame) -> Column:
    """The column of the order: of times, or of numbers that count."""
    if name in table.columns:
        return table.columns[name]
    whole = bool((frame[name] % 1 == 0).all())
    return find(frame[[name]], {name: "integer" if whole else "float"})[0]


def _in_one_zone(column: Column) -> tuple[Column, str]:
    """The column as it is written with one offset, and a note where it has several that no zone explains."""
    if not isinstance(column.text_format, DateFormat) or not column.text_format.mixed:
        return column, ""
    minutes = max(column.text_format.mixed, key=lambda each: each[1])[0]
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    note = f"The times of '{column.name}' have several offsets from UTC: new ones are all written with {zone}."
    return replace(column, text_format=replace(column.text_format, mixed=(), zone=zone)), note


def put_in_order(
    found: Sequences, column: Column, cells: np.ndarray, starts: np.ndarray, ends: np.ndarray, like: SeriesCodec | None
) -> None:
    """Fill in the column that orders steps, where it begins and how far it goes in a step.

    How far it goes is a channel of its own where this differs enough, or where it is a channel of `like`.
    """
    column, note = _in_one_zone(column)
    found.notes += [note] if note else []
    inside = np.ones(max(0, len(cells) - 1), bool)
    inside[starts[1:] - 1] = False
    found.order = column
    found.grid = grid_of(column, cells, inside) if like is None else like.grid
    places = found.grid.places(column, cells)
    found.places = [places[start:end] for start, end in zip(starts, ends, strict=True)]
    inner = np.diff(places)[inside]
    found.begins = float(np.quantile(places[starts], 0.5, method="inverted_cdf"))
    found.step = like.step if like is not None else float(np.median(inner)) if len(inner) else 1.0
    uneven = uneven_share(inner)
    found.paced = uneven > UNEVEN_SHARE if like is None else like.paced
    what = (
        f"; {uneven:.0%} of its steps are longer or shorter than usual, so the length of steps is learned too"
        if found.paced
        else ""
    )
    found.notes.append(f"Rows are in the order of {column.about()}{found.grid.about()}{what}.")
    if repeated := int((inner == 0).sum()):
        found.notes.append(f"{repeated:,} rows repeat the '{column.name}' of the row before them.")
    if not found.paced:
        return
    at = len(found.dtypes)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        passed = np.diff(places[start:end], prepend=places[start])
        found.values[number] = np.insert(found.values[number], at, passed, axis=1)
    found.names = (*found.names[:at], f"{column.name} (since the step before)", *found.names[at:])
    found.dtypes = (*found.dtypes, "float64")
