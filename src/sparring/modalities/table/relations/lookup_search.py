"""Find columns that another one determines, parts and years of times, and where columns are empty together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..columns import Column
from .relation import NONE, PARTS, Clock, Empty, Lookup, Relation, Years, full_years
from .times import NANOSECONDS_A_DAY

MAX_KEYS = 2000  # values of a column that determines another one
ROWS_PER_KEY = 5  # on average
PROBES = 40  # rows on which pairs of times are tried before all are looked at
SAMPLE = 3000  # rows on which a relation must hold before all are looked at
EVIDENCE = 20.0  # nats: how unlikely it must be that a relation holds by chance
NEAR = 0.99  # of the rows, from which a relation that does not hold is told
MAX_NEAR_MISSES = 0.05  # of the rows without the most frequent value may be misses of a relation that nearly holds
MAX_STEPS, ROWS_PER_STEP, STEP_SHARE = 20, 20, 0.01  # of a column that has one value over each stretch of a number
MAX_PART_VALUES = 400  # of a column that is a part of a time
MAX_EMPTY_VALUES = 50  # of a column by which others are empty
FILL = 101  # values kept for cells that may not be empty
MAX_YEARS = 150
DAYS_OF_A_YEAR, AWAY_OF_A_YEAR = 365.2425, 0.05  # on average; how far, in years, full years may be off by leap days


@dataclass
class Table:
    """The cells in which relations are looked for. near: texts of relations that nearly hold."""

    columns: Sequence[Column]
    cells: np.ndarray
    taken: set[int]  # places whose columns may not be determined by others: a constraint holds for them
    near: dict[str, float] = field(default_factory=dict)
    parts: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)

    @cached_property
    def values(self) -> list[np.ndarray]:
        """The different values of each column in ascending order; NaN, last, for nothing."""
        return [np.unique(column) for column in self.cells.T]

    @cached_property
    def codes(self) -> np.ndarray:
        """N x columns: the number of each cell among the values of its column."""
        found = [np.searchsorted(values, column) for values, column in zip(self.values, self.cells.T, strict=True)]
        return np.stack(found, axis=1) if found else np.zeros(self.cells.shape, np.int64)

    @cached_property
    def different(self) -> np.ndarray:
        return self.codes.max(axis=0) + 1

    @cached_property
    def some(self) -> np.ndarray:
        """Numbers of the rows that are looked at first."""
        rows = len(self.cells)
        return np.arange(rows) if rows <= SAMPLE else np.random.default_rng(0).permutation(rows)[:SAMPLE]

    @cached_property
    def spans(self) -> np.ndarray:
        """Nanoseconds between each two of `times()` in a few rows: rows x starts x ends."""
        cells, columns = self.cells[self.some[:PROBES]], [self.columns[at] for at in self.times()]
        first = min((column.origin for column in columns), default=0)
        moments = [
            cells[:, at] * own.unit + (own.origin - first) for at, own in zip(self.times(), columns, strict=True)
        ]
        own = np.stack(moments, axis=1) if moments else np.zeros((len(cells), 0))
        return own[:, None, :] - own[:, :, None]

    def ends(self, at: int, unit: float, least: float, most: float) -> list[tuple[int, int]]:
        """Pairs of times (start, end) between which a few rows have as many units as the column says.

        least, most: how much less and more it may say; empty cells fit all.
        """
        own = self.cells[self.some[:PROBES], at][:, None, None]
        with np.errstate(invalid="ignore"):
            off = own - self.spans / unit
            fits = ~((off < -least) | (off > most)).any(axis=0)
        times = self.times()
        return [(times[start], times[end]) for start, end in np.argwhere(fits) if start != end]

    def part(self, source: int, part: str) -> np.ndarray:
        """A part of a time in some rows."""
        if (source, part) not in self.parts:
            self.parts[source, part] = self.clock(source).part(self.cells[self.some, source], part)
        return self.parts[source, part]

    @cached_property
    def sameness(self) -> np.ndarray:
        """How likely it is that two rows have the same value, by column."""
        rows = len(self.cells)
        return np.array([(np.bincount(column) / rows) @ (np.bincount(column) / rows) for column in self.codes.T])

    @cached_property
    def correlation(self) -> np.ndarray:
        """Of columns, over some rows, where both are there; -1 where one is constant. Columns x columns."""
        cells = self.cells[self.some]
        there = (~np.isnan(cells)).astype(np.float64)
        centred = np.nan_to_num(cells - np.nanmean(np.where(there.any(axis=0), cells, 0.0), axis=0)) * there
        products, squares = centred.T @ centred, (centred**2).T @ there
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(products / np.sqrt(squares * squares.T), nan=-1.0)

    def unlikely(self, target: int, agreeing: int) -> bool:
        """Is it unlikely that so many rows agree in a column by chance?"""
        tries = 2 * math.log(len(self.columns) + 1)
        return agreeing * -math.log(max(self.sameness[target], 1e-12)) > EVIDENCE + tries

    def clock(self, at: int) -> Clock:
        return Clock(self.columns[at].origin, self.columns[at].unit, self.columns[at].local_zone)

    def times(self) -> list[int]:
        return [at for at, column in enumerate(self.columns) if column.kind == "time" and self.different[at] > 1]

    def open_targets(self, done: set[int]) -> list[int]:
        return [at for at in range(len(self.columns)) if at not in done | self.taken and self.different[at] > 1]


def parts_of_times(table: Table, done: set[int]) -> Iterator[Relation]:
    """Columns that are a part of a time, or that such a part determines."""
    for at in table.open_targets(done):
        column = table.columns[at]
        if column.kind == "time" or table.different[at] > MAX_PART_VALUES:
            continue
        for source in table.times():
            found = _part(table, at, source)
            if found:
                yield found
                break


def _part(table: Table, at: int, source: int) -> Relation | None:
    clock, name = table.clock(source), table.columns[source].name
    for part in PARTS:
        if _agreeing(table.part(source, part), table.codes[table.some, at]) is None:
            continue
        own = clock.part(table.cells[:, source], part)
        first = _agreeing(own, table.codes[:, at])
        if first is None or len(first) * ROWS_PER_KEY > len(own) or not _tells(own[first], table.codes[first, at]):
            continue
        if not table.unlikely(at, len(own) - len(first)):
            continue
        what = "month of the year" if part == "month number" else part
        return _lookup(table, f"{table.columns[at].name} = {what} of {name}", at, source, own, part, clock)
    return None


def _tells(own: np.ndarray, target: np.ndarray) -> bool:
    """Are there several values of the target beside those that stand where the source is empty?"""
    return len(np.unique(target[~np.isnan(own)])) > 1


def _agreeing(own: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """The first rows of each value, if the target is the same in all rows with it; else None."""
    _, first, which = np.unique(own, return_index=True, return_inverse=True)
    return first if (target[first[which]] == target).all() else None


def _lookup(
    table: Table, text: str, at: int, source: int, own: np.ndarray, part: str = "", clock: Clock | None = None
) -> Lookup:
    keys, first = np.unique(own, return_index=True)
    there, values = ~np.isnan(keys), table.cells[first, at]
    known, found = keys[there], values[there]
    shift = None
    if table.columns[at].numeric and len(known) > 1 and np.ptp(found - known) == 0:
        shift = float(found[0] - known[0])
    empty = NONE if there.all() else float(values[~there][0])
    return Lookup(text, at, (source,), tuple(known.tolist()), tuple(found.tolist()), empty, part, clock, shift)


def determined(table: Table, done: set[int]) -> Iterator[Relation]:
    """Columns that another one determines: city -> country. A column with fewer values never determines more."""
    rows, different = len(table.cells), table.different
    rank = sorted(range(len(table.columns)), key=lambda at: (-different[at], at))
    sources = [
        at
        for at in rank
        if 1 < different[at] <= min(MAX_KEYS, rows / ROWS_PER_KEY) and table.columns[at].kind != "time"
    ]
    targets = [at for at in rank if at in set(table.open_targets(done))]
    some, holds = table.codes[table.some], {}
    for source in sources:
        _, first, which = np.unique(some[:, source], return_index=True, return_inverse=True)
        last = np.zeros(len(first), np.int64)
        last[which] = np.arange(len(some))
        holds[source] = np.maximum(*((some[rows[which]] == some).mean(axis=0) for rows in (first, last)))
    for at in targets:
        before = [each for each in sources if rank.index(each) < rank.index(at)]
        for source in sorted(before, key=lambda each: (different[each], each)):
            if holds[source][at] == 1 and (seen := _agreeing(table.codes[:, source], table.codes[:, at])) is not None:
                telling = _tells(table.cells[seen, source], table.codes[seen, at])
                if not telling or not table.unlikely(at, rows - different[source]):
                    continue
                text = f"{table.columns[source].name} -> {table.columns[at].name}"
                yield _lookup(table, text, at, source, table.cells[:, source])
                break
            if holds[source][at] > 0.9:
                _note_near(table, source, at)
        else:
            yield from _steps(table, at, done)


def _note_near(table: Table, source: int, at: int) -> None:
    """Note that the source nearly determines the target, if it does."""
    joint = table.codes[:, source].astype(np.int64) * int(table.different[at]) + table.codes[:, at]
    values, counts = np.unique(joint, return_counts=True)
    best = np.zeros(int(table.different[source]), np.int64)
    np.maximum.at(best, values // int(table.different[at]), counts)
    share = best.sum() / len(joint)
    most = np.bincount(table.codes[:, at]).max() / len(joint)
    if NEAR <= share < 1 and 1 - share <= MAX_NEAR_MISSES * (1 - most):
        table.near[f"{table.columns[source].name} -> {table.columns[at].name}"] = float(share)


def _steps(table: Table, at: int, done: set[int]) -> Iterator[Relation]:
    """A column with few values, each over a stretch of a number: band by income."""
    if table.different[at] > MAX_STEPS:
        return
    for source, column in enumerate(table.columns):
        own = table.cells[:, source]
        many = table.different[source] > len(own) / ROWS_PER_KEY
        if source == at or source in done or not column.numeric or column.kind == "time" or not many:
            continue
        if np.isnan(own).any() or np.isnan(table.cells[:, at]).any():
            continue
        some = np.lexsort((table.codes[table.some, at], own[table.some]))
        if (np.diff(table.codes[table.some, at][some]) != 0).sum() >= MAX_STEPS:  # among all rows there are more
            continue
        order = np.lexsort((table.codes[:, at], own))
        numbers, codes = own[order], table.codes[order, at]
        ends = np.flatnonzero(codes[1:] != codes[:-1])
        sizes = np.diff(np.r_[0, ends + 1, len(codes)])
        enough = max(ROWS_PER_STEP, STEP_SHARE * len(codes))
        if not 0 < len(ends) < MAX_STEPS or sizes.min() < enough or (numbers[ends] == numbers[ends + 1]).any():
            continue
        starts = np.r_[0, ends + 1]
        lows, highs = numbers[starts], numbers[np.r_[ends, len(codes) - 1]]
        keys = np.stack([lows, highs], axis=1).ravel()  # halfway between two of them, one value becomes the next
        values = np.repeat(table.cells[order[starts], at], 2)
        kept = np.r_[True, np.diff(keys) > 0]
        text = f"{column.name} -> {table.columns[at].name}"
        yield Lookup(text, at, (source,), tuple(keys[kept].tolist()), tuple(values[kept].tolist()))
        return


def years_of_times(table: Table, done: set[int]) -> Iterator[Relation]:
    """Integers that are full years from a time to one day, or to another time."""
    for at in table.open_targets(done):
        own, column = table.cells[:, at], table.columns[at]
        if column.kind != "integer" or np.nanmin(own) < 0 or np.nanmax(own) > MAX_YEARS or table.different[at] < 5:
            continue
        ends = table.ends(at, DAYS_OF_A_YEAR * NANOSECONDS_A_DAY, 1 + AWAY_OF_A_YEAR, AWAY_OF_A_YEAR)
        found = next((each for source, other in ends if (each := _years_between(table, at, source, other))), None)
        found = found or next((each for source in table.times() if (each := _years(table, at, source))), None)
        if found:
            yield found


def _years_between(table: Table, at: int, source: int, other: int) -> Relation | None:
    own, name = table.cells[:, at], table.columns[at].name
    there = ~np.isnan(own) & ~np.isnan(table.cells[:, source])
    if (np.isnan(own) != np.isnan(table.cells[:, source])).any() or np.isnan(table.cells[there, other]).any():
        return None
    clock, end = table.clock(source), table.clock(other)
    if (full_years(clock.times(table.cells[there, source]), end.times(table.cells[there, other])) != own[there]).any():
        return None
    text = f"{name} = years from {table.columns[source].name} to {table.columns[other].name}"
    return Years(text, at, (source, other), (clock, end))


def _years(table: Table, at: int, source: int) -> Relation | None:
    own, name = table.cells[:, at], table.columns[at].name
    there = ~np.isnan(own) & ~np.isnan(table.cells[:, source])
    if (np.isnan(own) != np.isnan(table.cells[:, source])).any() or not there.any():
        return None
    clock, born = table.clock(source), table.columns[source].name
    turned = table.cells[:, source] * (clock.unit / NANOSECONDS_A_DAY / DAYS_OF_A_YEAR) + own
    if np.nanmax(turned) - np.nanmin(turned) > 1 + AWAY_OF_A_YEAR:
        return None
    begin = clock.times(table.cells[there, source])
    days = begin.to_numpy().astype("datetime64[D]")
    low = _years_later(days, own[there]).max()
    high = _years_later(days, own[there] + 1).min()
    if low >= high:
        return None
    day = int(low.astype("datetime64[ns]").astype(np.int64)) // NANOSECONDS_A_DAY * NANOSECONDS_A_DAY
    found = Years(f"{name} = years from {born} to {low}", at, (source,), (clock,), day)
    return found if (found.apply(table.cells)[there] == own[there]).all() else None


def _years_later(days: np.ndarray, years: np.ndarray) -> np.ndarray:
    months = days.astype("datetime64[M]")
    return (months + 12 * years.astype(np.int64)).astype("datetime64[D]") + (days - months.astype("datetime64[D]"))


def emptiness(table: Table, done: set[int]) -> Iterator[Relation]:
    """Columns that are empty, or are not, by the value of another one or by whether that is empty."""
    holes = np.isnan(table.cells)
    some = holes.mean(axis=0)
    for at in range(len(table.columns)):
        if not 0 < some[at] < 1 or at in done:
            continue
        found = [each for source in range(len(table.columns)) if (each := _empty(table, at, source, holes, done))]
        if found:
            yield max(found, key=lambda each: each[0])[1]


def _empty(table: Table, at: int, source: int, holes: np.ndarray, done: set[int]) -> tuple[float, Relation] | None:
    """The share of rows in which the source says whether the target is empty, and the relation."""
    masks = bool(0 < holes[:, source].mean() < 1)
    if source == at or (
        not masks and (table.different[source] > MAX_EMPTY_VALUES or table.columns[source].kind == "time")
    ):
        return None
    if masks and (holes[:, source] == holes[:, at]).all() and (source > at or source in done):
        return None  # of columns that are empty together, the first one decides that is not worked out from others
    codes, values = (holes[:, source].astype(np.int64), [0.0, 1.0]) if masks else (
        table.codes[:, source], table.values[source].tolist()
    )  # fmt: skip
    rows, share = len(codes), holes[:, at].mean()
    counts = np.bincount(codes, minlength=len(values))
    empties = np.bincount(codes[holes[:, at]], minlength=len(values))
    always: list[float] = []
    never: list[float] = []
    settled = 0
    for value, count, empty in zip(values, counts.tolist(), empties.tolist(), strict=True):
        if empty == count and count * -math.log(share) > EVIDENCE:
            always.append(value)
        elif empty == 0 and count * -math.log(1 - share) > EVIDENCE:
            never.append(value)
        else:
            continue
        settled += count
    if not always:
        return None
    there = table.cells[~holes[:, at], at]
    fill = np.quantile(there, np.linspace(0, 1, FILL), method="nearest") if len(there) else np.zeros(0)
    name, other = table.columns[at].name, table.columns[source].name
    together = masks and len(always) + len(never) == 2
    text = f"{name}: empty where {other} is" if together else f"{name}: empty by {other}"
    settled_share = (settled + (rows if masks and together else 0)) / rows
    return settled_share, Empty(text, at, (source,), tuple(always), tuple(never), masks, tuple(fill.tolist()))
