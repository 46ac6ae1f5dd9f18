"""Series as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import UserError
from ..table.columns import Column
from .calendar_parts import Part
from .grid import Grid
from .headers import Steps

MIN_STEPS = 8  # of all series together
MAX_NUMBERS = 200_000_000  # of all series together


@dataclass
class Sequences:
    """Series and their columns. What key, order and label are stands in `roles`."""

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
    grid: Grid = Grid()  # in what `order` goes
    begins: float = 0.0  # the place of `order` on its grid in the first step
    step: float = 1.0  # by which these places grow
    places: list[np.ndarray] = field(default_factory=list)  # of the steps of each series on the grid; [] without order
    parts: tuple[Part, ...] = ()  # columns that `order` was joined from, or that follow from it
    label: str | None = None
    names_anew: tuple[Column, ...] = ()  # columns that name each series, for which new names are made
    paced: bool = False  # does the last channel hold how far `order` goes from the step before?
    apart: tuple[str, ...] = ()  # the columns that tell series apart, where these are several
    restarts: bool = False  # does a series begin wherever `order` starts again?
    text_channels: tuple[Column, ...] = ()  # channels whose numbers are texts
    wide: tuple[Steps, ...] = ()  # the columns of the steps, where a row of the table is a series
    dialect: Mapping[str, Any] = field(default_factory=dict)  # of a text file: see table.dialects
    notes: list[str] = field(default_factory=list)


def checked(found: Sequences, where: str) -> Sequences:
    """Without empty series, and without empty steps at both ends of a series.

    Raises UserError where too little is left.
    """
    kept = []
    pace = len(found.dtypes) - 1
    for number, values in enumerate(found.values):
        there = np.flatnonzero(~np.isnan(np.delete(values, pace, axis=1) if found.paced else values).all(axis=1))
        if len(there):
            kept.append(number)
            # a row of a wide table keeps its beginning, which lies at the time that its header says
            first, end = 0 if found.wide else there[0], there[-1] + 1
            found.values[number] = values[first:end]
            if found.places:
                found.places[number] = found.places[number][first:end]
            if found.paced:
                found.values[number][0, pace] = (
                    found.step
                )  # nothing comes before the first step: it gets the usual length
    if len(kept) < len(found.values):
        found.notes.append(f"Left out: {len(found.values) - len(kept):,} series without a value.")
    found.values = [found.values[number] for number in kept]
    found.places = [found.places[number] for number in kept] if found.places else []
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
