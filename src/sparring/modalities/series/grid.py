"""In what the order of the steps goes: units of its column, or months, working days or days of a zone.

These are chosen where units of the column are uneven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..table.columns import Column
from ..table.relations.times import cells_of, counts_from, counts_of, datetimes

UNEVEN = 0.5  # of the usual step, by which others are longer or shorter
UNEVEN_SHARE = 0.05  # of steps; beyond it the length of steps is learned


@dataclass(frozen=True)
class Grid:
    """Cells of an order <-> places that grow evenly.

    kind: "unit", "day", "weekday" or "month". day: of the month. clock: the microseconds of the day, of all times.
    """

    kind: str = "unit"
    day: int = 1
    clock: int = 0

    def places(self, column: Column, cells: np.ndarray) -> np.ndarray:
        """N cells -> N places, float64."""
        if self.kind == "unit":
            return cells
        days = local_times(column, cells).astype("datetime64[D]")
        if self.kind == "month":
            return days.astype("datetime64[M]").astype(np.float64)
        if self.kind == "weekday":
            return np.busday_count(np.datetime64(0, "D"), days).astype(np.float64)
        return days.astype(np.float64)

    def cells(self, column: Column, places: np.ndarray) -> np.ndarray:
        """The inverse of `places`, to whole ones."""
        if self.kind == "unit":
            return places
        whole = places.round().astype(np.int64)
        if self.kind == "month":
            months = whole.astype("datetime64[M]")
            last = (months + 1).astype("datetime64[D]") - 1
            days = np.minimum(months.astype("datetime64[D]") + (self.day - 1), last)
        elif self.kind == "weekday":
            days = np.busday_offset(np.datetime64(0, "D"), whole, roll="forward")
        else:
            days = whole.astype("datetime64[D]")
        return _cells(column, days.astype("datetime64[us]") + np.timedelta64(self.clock, "us"))

    def about(self) -> str:
        """For people."""
        return {"month": ", month by month", "weekday": ", without weekends"}.get(self.kind, "")


def uneven_share(inner: np.ndarray) -> float:
    """The share of steps that are clearly longer or shorter than the usual one."""
    usual = np.median(inner) if len(inner) else 0.0
    return float(np.mean(np.abs(inner - usual) > UNEVEN * abs(usual))) if len(inner) else 0.0


def grid_of(column: Column, cells: np.ndarray, inside: np.ndarray) -> Grid:
    """The grid on which steps are the most even. inside: does the next cell belong to the same series? N - 1."""
    plain = np.diff(cells)[inside]
    if column.kind != "time" or not len(plain) or len(np.unique(plain)) == 1:
        return Grid()
    local = local_times(column, cells)
    days = local.astype("datetime64[D]")
    if len(np.unique(local - days)) > 1:
        return Grid()
    clock = int((local[0] - days[0]).astype(np.int64))
    months = days.astype("datetime64[M]")
    in_month = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    lengths = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    last = int(in_month.max())
    if (in_month == np.minimum(last, lengths)).all() and (np.diff(months)[inside].astype(np.int64) > 0).any():
        return Grid("month", last, clock)
    if np.is_busday(days).all() and uneven_share(plain) > UNEVEN_SHARE:
        working = np.busday_count(days[:-1], days[1:])[inside]
        if uneven_share(working) < uneven_share(plain):
            return Grid("weekday", clock=clock)
    return Grid("day", clock=clock) if column.local_zone else Grid()


def local_times(column: Column, cells: np.ndarray) -> np.ndarray:
    """datetime64[us] by the clocks of the zone of a column."""
    times = datetimes(*counts_from(cells, column.origin, column.unit)).astype("datetime64[us]")
    if column.local_zone is None:
        return times
    index = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(column.local_zone).tz_localize(None)
    return index.to_numpy().astype("datetime64[us]")


def _cells(column: Column, local: np.ndarray) -> np.ndarray:
    index = pd.DatetimeIndex(local)
    if column.local_zone is not None:
        zoned = index.tz_localize(column.local_zone, ambiguous=np.zeros(len(index), bool), nonexistent="shift_forward")
        index = zoned.tz_convert("UTC").tz_localize(None)
    return cells_of(*counts_of(pd.Series(index), None), column.origin, column.unit)
