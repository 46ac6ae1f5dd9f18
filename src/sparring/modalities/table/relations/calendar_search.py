"""Find times on some days or between some hours alone: the last of a month, never on a Sunday, from 8 to 17."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from .lookup_search import Table
from .relation import Days
from .times import NANOSECONDS_A_DAY

MIN_EDGES, MIN_DAYS = 6, 60  # different days from which it is no chance: ends of months, and days without a weekday
MIN_MONTHS = 25  # that the times span, from which months without one count
MAX_MONTHS = 6
MIN_HOURS, MAX_DAY = 12, 0.75  # different times of the day, and the share of a day between which all lie
HOURS = 101  # quantiles of times of the day that are kept
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_of_times(table: Table, done: set[int], groups: Sequence[Sequence[int]]) -> Iterator[Days]:
    """groups: columns that keep an order, the earliest first.

    Where not all of a group keep to the same days, only those at its ends are moved, away from the others.
    """
    found = {at: each for at in table.times() if at not in done and (each := _days(table, at))}
    for at, each in found.items():
        together = next((tuple(group) for group in groups if at in group), (at,))
        own = replace(each, hours=()) if len(together) > 1 else each
        others = [found.get(place) for place in together]
        alike = all(other is not None and _kind(other) == _kind(own) for other in others)
        if (own.edge or own.weekdays or own.hours) and (alike or at in (together[0], together[-1])):
            move = 0 if alike else 1 if at == together[-1] else -1
            yield replace(own, move=move, text=f"{table.columns[at].name}: {_text(own)}")


def _kind(days: Days) -> tuple:
    return days.edge, days.months, days.weekdays


def _days(table: Table, at: int) -> Days | None:
    clock = table.clock(at)
    own = table.cells[~np.isnan(table.cells[:, at]), at]
    if (clock.zone or "+")[0] not in "+-" or not len(own):  # days of other zones are not all as long
        return None
    times = clock.times(own).to_numpy()
    days = np.unique(times.astype("datetime64[D]"))
    hours = _hours((times - times.astype("datetime64[D]")).astype("timedelta64[ns]").astype(np.int64))
    plain = Days("", at, (), clock, hours=hours)
    if len(days) < MIN_EDGES:
        return plain
    months = days.astype("datetime64[M]")
    first, last = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]") - 1
    edge = "first" if (days == first).all() else "last" if (days == last).all() else ""
    if edge:
        some = tuple(sorted({int(month) % 12 + 1 for month in months.astype(np.int64)}))
        some = some if np.ptp(months.astype(np.int64)) >= MIN_MONTHS and len(some) <= MAX_MONTHS else ()
        return replace(plain, edge=edge, months=some)
    weekdays = tuple(np.unique((days.astype(np.int64) + 3) % 7).tolist())  # 1970 began with a Thursday
    return plain if len(weekdays) == 7 or len(days) < MIN_DAYS else replace(plain, weekdays=weekdays)


def _hours(clocks: np.ndarray) -> tuple[int, ...]:
    """Times of the day that stand for all, where they leave out a good part of the day; else ()."""
    if len(np.unique(clocks)) < MIN_HOURS or np.ptp(clocks) > MAX_DAY * NANOSECONDS_A_DAY:
        return ()
    return tuple(int(each) for each in np.quantile(clocks, np.linspace(0, 1, HOURS), method="nearest"))


def _text(days: Days) -> str:
    parts = []
    if days.edge:
        parts.append(f"the {days.edge} day of a month" + f" ({', '.join(map(str, days.months))})" * bool(days.months))
    if days.weekdays:
        few = [WEEKDAYS[place] for place in days.weekdays]
        without = [each for each in WEEKDAYS if each not in few]
        parts.append(f"only on {', '.join(few)}" if len(few) <= 3 else f"never on {', '.join(without)}")
    if days.hours:
        ends = [str(np.datetime64(clock, "ns"))[11:16] for clock in (days.hours[0], days.hours[-1])]
        parts.append(f"only from {ends[0]} to {ends[1]}")
    return ", ".join(parts)
