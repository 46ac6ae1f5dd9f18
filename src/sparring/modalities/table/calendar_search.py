"""Find times that lie on some days alone: the last of a month, the first of a quarter, never on a Sunday."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .lookup_search import Table
from .relations import Days

MIN_EDGES, MIN_DAYS = 6, 60  # different days from which it is no chance: ends of months, and days without a weekday
MIN_MONTHS = 25  # that the times span, from which months without one count
MAX_MONTHS = 6
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_of_times(table: Table, done: set[int], groups: Sequence[Sequence[int]]) -> Iterator[Days]:
    """groups: columns that keep an order; all of one keep to the same days, or none does."""
    found = {at: each for at in table.times() if at not in done and (each := _days(table, at))}
    for at, each in found.items():
        together = next((group for group in groups if at in group), (at,))
        kinds = {(other.edge, other.months, other.weekdays) for place in together if (other := found.get(place))}
        if len(kinds) == 1 and all(place in found for place in together):
            yield each


def _days(table: Table, at: int) -> Days | None:
    clock, name = table.clock(at), table.columns[at].name
    own = table.cells[~np.isnan(table.cells[:, at]), at]
    if clock.zone is not None or not len(own):
        return None
    days = np.unique(clock.times(own).to_numpy().astype("datetime64[D]"))
    if len(days) < MIN_EDGES:
        return None
    months = days.astype("datetime64[M]")
    first, last = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]") - 1
    edge = "first" if (days == first).all() else "last" if (days == last).all() else ""
    if edge:
        some = tuple(sorted({int(month) % 12 + 1 for month in months.astype(np.int64)}))
        some = some if np.ptp(months.astype(np.int64)) >= MIN_MONTHS and len(some) <= MAX_MONTHS else ()
        text = f"{name}: the {edge} day of a month" + f" ({', '.join(map(str, some))})" * bool(some)
        return Days(text, at, (), clock, edge, some)
    weekdays = tuple(np.unique((days.astype(np.int64) + 3) % 7).tolist())  # 1970 began with a Thursday
    if len(weekdays) == 7 or len(days) < MIN_DAYS:
        return None
    without = [each for place, each in enumerate(WEEKDAYS) if place not in weekdays]
    few = [WEEKDAYS[place] for place in weekdays]
    text = f"{name}: only on {', '.join(few)}" if len(few) <= 3 else f"{name}: never on {', '.join(without)}"
    return Days(text, at, (), clock, "", (), weekdays)
