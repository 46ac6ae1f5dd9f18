"""Relations that hold in every row of training: columns that others determine are not learned but worked out.

city -> country                 a column whose value another one determines
month = month of opened         the same, by a part of a time
total = price * amount          sums, differences, products and ratios, rounded as they were
age = years from born           full years up to a day, or to another column
spouse: empty by status         where a column is empty, by the value of another one
booked: never on Sunday         the days on which times lie
start <= end                    where the columns are in no group that keeps their order (see `column_groups`)
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..codes import row_hashes
from .times import NANOSECONDS_A_DAY, counts_from, datetimes

NONE = float("nan")
PARTS = ("weekday", "quarter", "month", "hour", "year", "day", "minute", "second", "week", "dayofyear", "month number")


@dataclass(frozen=True)
class Clock:
    """How cells of a column are times: nanoseconds since 1970 are cell * unit + origin, in a zone."""

    origin: int
    unit: int
    zone: str | None = None

    def times(self, cells: np.ndarray) -> pd.DatetimeIndex:
        """Empty cells become NaT."""
        counts, per_second = counts_from(cells, self.origin, self.unit)
        times = pd.DatetimeIndex(datetimes(counts, per_second))
        return times.tz_localize("UTC").tz_convert(self.zone).tz_localize(None) if self.zone else times

    def part(self, cells: np.ndarray, name: str) -> np.ndarray:
        """A part of each time as a number, NaN where there is none."""
        times = self.times(cells)
        if name == "month number":
            return np.asarray(times.year * 12 + times.month, np.float64)
        if name == "week":
            return np.asarray(
                pd.Series(times).dt.isocalendar().week.astype("Float64").to_numpy(np.float64, na_value=NONE)
            )
        return np.asarray(getattr(times, name), np.float64)


@dataclass(frozen=True)
class Relation(ABC):
    """What the cells of a column (target) are, by those of others (sources); both are places of learned columns.

    text: for people, and by which one switches it off. replaces: is the target not learned at all?
    """

    text: str
    target: int
    sources: tuple[int, ...]
    replaces: ClassVar[bool] = True

    @abstractmethod
    def apply(self, cells: np.ndarray) -> np.ndarray:
        """N x learned columns -> the cells of the target, N. The target's own cells are there unless it is replaced."""

    def solved(self, cells: np.ndarray, wanted: float) -> np.ndarray | None:
        """The rows with one source changed so that the target is about `wanted`; None where that is not known."""
        return None

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        name = next(name for name, kind in KINDS.items() if kind is type(self))
        return {"kind": name, **_jsonable(asdict(self))}


@dataclass(frozen=True)
class Lookup(Relation):
    """The target's value for each value of the source, or of a part of the time that it is.

    keys: ascending. A value between keys is that of the nearest key; shift: where the target is the key plus this.
    """

    keys: tuple[float, ...]
    values: tuple[float, ...]
    empty: float = NONE  # where the source is empty
    part: str = ""
    clock: Clock | None = None
    shift: float | None = None

    def apply(self, cells: np.ndarray) -> np.ndarray:
        own = self._own(cells)
        keys, values = np.array(self.keys), np.array(self.values)
        at = np.clip(np.searchsorted((keys[1:] + keys[:-1]) / 2, own), 0, len(keys) - 1)
        found = values[at] if self.shift is None else own + self.shift
        return np.where(np.isnan(own), self.empty, found)

    def _own(self, cells: np.ndarray) -> np.ndarray:
        own = cells[:, self.sources[0]]
        return self.clock.part(own, self.part) if self.clock else own

    def solved(self, cells: np.ndarray, wanted: float) -> np.ndarray | None:
        fitting = np.array(self.keys)[np.array(self.values) == wanted]
        if self.clock or not len(fitting):
            return None
        found = cells.copy()
        found[:, self.sources[0]] = np.resize(fitting, len(cells))
        return found


@dataclass(frozen=True)
class Linear(Relation):
    """The sum of sources times factors, plus a constant; rounded (down, if so) to decimals (None: not at all)."""

    factors: tuple[float, ...]
    constant: float = 0.0
    decimals: int | None = None
    down: bool = False

    def apply(self, cells: np.ndarray) -> np.ndarray:
        return _rounded(cells[:, self.sources] @ np.array(self.factors) + self.constant, self.decimals, self.down)

    def solved(self, cells: np.ndarray, wanted: float) -> np.ndarray | None:
        found = cells.copy()
        found[:, self.sources[0]] += (wanted - self.apply(cells)) / self.factors[0]
        return found


@dataclass(frozen=True)
class Product(Relation):
    """The product of two sources, or the first divided by the second (squared, if so), times a factor."""

    ratio: bool
    factor: float = 1.0
    decimals: int | None = None
    squared: bool = False

    def apply(self, cells: np.ndarray) -> np.ndarray:
        first, second = cells[:, self.sources[0]], self._second(cells)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = first / second if self.ratio else first * second
        known = ~np.isnan(first) & ~np.isnan(second)
        return _rounded(np.where(known & ~np.isfinite(found), 0.0, found) * self.factor, self.decimals, False)

    def solved(self, cells: np.ndarray, wanted: float) -> np.ndarray | None:
        found, second, made = cells.copy(), self._second(cells), wanted / self.factor
        with np.errstate(divide="ignore", invalid="ignore"):
            found[:, self.sources[0]] = made * second if self.ratio else made / second
        return found

    def _second(self, cells: np.ndarray) -> np.ndarray:
        second = cells[:, self.sources[1]]
        return second**2 if self.squared else second


@dataclass(frozen=True)
class Years(Relation):
    """Full years from a time to a day (in nanoseconds) or, with two sources, to the second one."""

    clocks: tuple[Clock, ...]
    day: int = 0

    def apply(self, cells: np.ndarray) -> np.ndarray:
        begin = self.clocks[0].times(cells[:, self.sources[0]])
        if len(self.sources) == 1:
            return full_years(begin, pd.DatetimeIndex(np.full(len(cells), self.day).astype("datetime64[ns]")))
        return full_years(begin, self.clocks[1].times(cells[:, self.sources[1]]))


@dataclass(frozen=True)
class Empty(Relation):
    """Where the target is empty, by the value of the source.

    always, never: values of the source (NaN: nothing) with which the target is always empty, never empty. masks: only
    whether the source is empty counts (values 1 and 0). fill: values for cells that may not be empty.
    """

    always: tuple[float, ...]
    never: tuple[float, ...]
    masks: bool
    fill: tuple[float, ...]
    replaces: ClassVar[bool] = False

    def apply(self, cells: np.ndarray) -> np.ndarray:
        own, source = cells[:, self.target].copy(), cells[:, self.sources[0]]
        source = np.isnan(source).astype(np.float64) if self.masks else source
        own[_among(source, self.always)] = NONE
        lost = np.isnan(own) & _among(source, self.never)
        if lost.any() and self.fill:
            own[lost] = np.array(self.fill)[(row_hashes(cells[lost]) % np.uint64(len(self.fill))).astype(np.int64)]
        return own


@dataclass(frozen=True)
class AtLeast(Relation):
    """The target is at least the source. scale, offset: target = source * scale + offset where both are the same."""

    scale: float = 1.0
    offset: float = 0.0
    decimals: int | None = None
    replaces: ClassVar[bool] = False

    def apply(self, cells: np.ndarray) -> np.ndarray:
        least = cells[:, self.sources[0]] * self.scale + self.offset
        if self.decimals is not None:
            least = np.ceil(np.round(least * 10.0**self.decimals, 6)) / 10.0**self.decimals
        with np.errstate(invalid="ignore"):
            return np.where(cells[:, self.target] < least, least, cells[:, self.target])


@dataclass(frozen=True)
class Days(Relation):
    """The target is a time on some days alone, to the nearest of which it is moved, and between some hours.

    edge: "first" or "last" of a month, or "" for any day. months: from 1 to 12; () for all. weekdays: from 0 for
    Monday; () for all. move: 1 only to later days, -1 only to earlier ones. hours: times of the day in nanoseconds, in
    order, of which those outside get one; () for all.
    """

    clock: Clock
    edge: str = ""
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    move: int = 0
    hours: tuple[int, ...] = ()
    replaces: ClassVar[bool] = False

    def apply(self, cells: np.ndarray) -> np.ndarray:
        own = cells[:, self.target].copy()
        there = ~np.isnan(own)
        if not there.any():
            return own
        times = self.clock.times(own[there]).to_numpy()
        days = times.astype("datetime64[D]")
        if self.hours:
            clocks = (times - days).astype("timedelta64[ns]").astype(np.int64)
            drawn = row_hashes(cells[there]) % np.uint64(len(self.hours))
            outside = (clocks < self.hours[0]) | (clocks > self.hours[-1])
            moved = np.where(outside, np.array(self.hours)[drawn.astype(np.int64)] - clocks, 0)
            own[there] += np.round(moved / self.clock.unit)
        if not self.edge and not self.weekdays:
            return own
        allowed = self._allowed(np.arange(days.min() - 366, days.max() + 367))
        at = np.clip(np.searchsorted(allowed, days), 1, len(allowed) - 1)
        before, after = np.where(allowed[at] == days, days, allowed[at - 1]), allowed[at]
        down = (days - before < after - days) if self.move == 0 else np.full(len(days), self.move < 0)
        nearest = np.where(down, before, after)
        own[there] += (nearest - days).astype(np.int64) * (NANOSECONDS_A_DAY / self.clock.unit)
        return own

    def _allowed(self, days: np.ndarray) -> np.ndarray:
        months = days.astype("datetime64[M]")
        kept = np.ones(len(days), bool)
        if self.edge == "first":
            kept &= days == months.astype("datetime64[D]")
        elif self.edge == "last":
            kept &= days == (months + 1).astype("datetime64[D]") - 1
        if self.months:
            kept &= np.isin(months.astype(np.int64) % 12 + 1, self.months)
        if self.weekdays:
            kept &= np.isin((days.astype(np.int64) + 3) % 7, self.weekdays)
        return days[kept]


def full_years(begin: pd.DatetimeIndex, end: pd.DatetimeIndex) -> np.ndarray:
    """Birthdays from begin to end; NaN where one of them is missing."""
    before = (end.month * 100 + end.day) < (begin.month * 100 + begin.day)
    return np.asarray(end.year - begin.year, np.float64) - np.asarray(before, np.float64)


def in_order(relations: Sequence[Relation]) -> tuple[Relation, ...]:
    """Each relation after those that change its sources. Those that make a circle are left out."""
    found: list[Relation] = []
    left = list(relations)
    while left:
        changed = {each.target for each in left}
        ready = [each for each in left if not (changed & set(each.sources)) - {each.target}]
        own = [each for each in ready if each.replaces]  # a value comes before what is done to it
        ready = own or [each for each in ready if not any(o.target == each.target and o.replaces for o in left)]
        if not ready:
            return tuple(found)
        found += ready
        left = [each for each in left if each not in ready]
    return tuple(found)


def _among(values: np.ndarray, some: tuple[float, ...]) -> np.ndarray:
    found = np.isin(values, [each for each in some if not math.isnan(each)])
    return found | (np.isnan(values) if any(map(math.isnan, some)) else False)


def _rounded(values: np.ndarray, decimals: int | None, down: bool) -> np.ndarray:
    if decimals is None:
        return values
    return np.floor(np.round(values * 10.0**decimals, 6)) / 10.0**decimals if down else np.round(values, decimals)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _jsonable(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


KINDS: dict[str, type[Any]] = {
    "lookup": Lookup,
    "linear": Linear,
    "product": Product,
    "years": Years,
    "empty": Empty,
    "at least": AtLeast,
    "days": Days,
}


def relation_from(description: dict[str, Any]) -> Relation:
    """The inverse of Relation.describe(). Raises KeyError or TypeError for another description."""
    fields = {name: value for name, value in description.items() if name != "kind"}
    for name, value in fields.items():
        if name == "clocks":
            fields[name] = tuple(Clock(**each) for each in value)
        elif isinstance(value, list):
            fields[name] = tuple(NONE if each is None else each for each in value)
    if fields.get("clock"):
        fields["clock"] = Clock(**fields["clock"])
    if "empty" in fields and fields["empty"] is None:
        fields["empty"] = NONE
    return KINDS[description["kind"]](**fields)
