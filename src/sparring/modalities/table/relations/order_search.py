"""Find columns in order, columns with a constant total, and groups of columns of which exactly one is set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..column_groups import ColumnGroup, Sum, Together
from .constraints import ordered
from .lookup_search import EVIDENCE, NEAR, PROBES, Table
from .relation import AtLeast, Linear, Relation
from .times import NANO, NANOSECONDS_A_DAY
from .times import UNITS as TIME_UNITS

MIN_CROSSING = 0.05  # share of pairs of rows in which columns that were unrelated would be out of order
MIN_CROSSING_NEAR = 0.2  # the same, for orders that nearly hold
MIN_CROSSED_ROWS = 16  # the same, as a number of rows: by chance none is with a probability of exp(-16)
MIN_ORDERED_VALUES = 3
MAX_ONE_HOT = 200
MIN_TOTAL_VALUES = 5
MAX_TOTALLED = 60  # columns in which constant totals are looked for: the first ones
CLOSE = 1e-9
STRAIGHT = 0.999  # correlation from which a number may count the time
UNITS = {f"{name}s": unit for unit, name in TIME_UNITS.items() if unit >= NANO}  # in which spans are told


@dataclass(frozen=True)
class FoundGroup:
    """A group that keeps a relation, with its text."""

    text: str
    group: ColumnGroup


def spans(table: Table, done: set[int]) -> Iterator[Relation]:
    """Numbers that are the time between two times, in days, hours, minutes or seconds, perhaps rounded down."""
    for at in table.open_targets(done):
        column = table.columns[at]
        if column.kind not in ("integer", "float") or table.different[at] < MIN_ORDERED_VALUES:
            continue
        ends = {pair for unit in UNITS.values() for pair in table.ends(at, unit, 1.0001, 1.0001)}
        ordered_ends = sorted(ends, key=lambda pair: (pair[1], pair[0]))
        found = next((each for start, end in ordered_ends for each in _span(table, at, start, end)), None)
        if found:
            yield found


def _span(table: Table, at: int, start: int, end: int) -> Iterator[Relation]:
    columns, own = table.columns, table.cells[:, at]
    if (np.isnan(table.cells[:, (start, end)]).any(axis=1) != np.isnan(own)).any():
        return
    for name, unit in UNITS.items():
        factors = (columns[end].unit / unit, -columns[start].unit / unit)
        constant = (columns[end].origin - columns[start].origin) / unit
        for down in (False, True):
            text = (
                f"{columns[at].name} = {columns[end].name} - {columns[start].name} in {name}{', rounded down' * down}"
            )
            found = Linear(text, at, (end, start), factors, constant, columns[at].cell_decimals, down)
            with np.errstate(invalid="ignore"):
                off = np.abs(found.apply(table.cells) - own) > 1e-6 * np.maximum(1, np.abs(own))
            if not off.any():
                yield found
                return


def counts_of_times(table: Table, done: set[int]) -> Iterator[Relation]:
    """Numbers that count seconds, days or parts of seconds from a fixed time on, such as 1970, to a time."""
    for at in table.open_targets(done):
        column = table.columns[at]
        if column.kind not in ("integer", "float") or table.different[at] < MIN_TOTAL_VALUES:
            continue
        found = next((each for source in table.times() if (each := _count_of_time(table, at, source))), None)
        if found:
            yield found


def _count_of_time(table: Table, at: int, source: int) -> Relation | None:
    own, clock, column = table.cells[:, at], table.columns[source], table.columns[at]
    alike = table.correlation[at, source]
    if (np.isnan(own) != np.isnan(table.cells[:, source])).any() or abs(alike) < STRAIGHT:
        return None
    for name, unit in (*UNITS.items(), ("milliseconds", NANO // 1000), ("microseconds", NANO // 1_000_000)):
        factor = math.copysign(clock.unit / unit, alike)
        away = own - table.cells[:, source] * factor
        if np.nanmax(away) - np.nanmin(away) > 1e-6 * max(1.0, float(np.nanmax(np.abs(own))) * 1e-6):
            continue
        constant = float(np.round(np.nanmedian(away), 6))
        where = np.datetime64(round((clock.origin - math.copysign(constant, alike * constant) * unit) / NANO), "s")
        end = str(where).replace("T", " ").removesuffix(" 00:00:00")
        text = f"{column.name} = " + (
            f"{clock.name} in {name} since {end}" if alike > 0 else f"{name} from {clock.name} to {end}"
        )
        found = Linear(text, at, (source,), (factor,), constant, column.cell_decimals)
        if np.nanmax(np.abs(found.apply(table.cells) - own)) == 0:
            return found
    return None


def same_times(table: Table, done: set[int]) -> Iterator[Relation]:
    """Times that are another time plus the same span in every row, or the day of it."""
    made: set[int] = set()
    for at in table.open_targets(done):
        column = table.columns[at]
        if column.kind != "time":
            continue
        for source in table.times():
            if source == at or source in made or table.columns[source].unit > column.unit:
                continue
            found = _same_time(table, at, source)
            if found:
                made.add(at)
                yield found
                break


def _same_time(table: Table, at: int, source: int) -> Relation | None:
    column, other = table.columns[at], table.columns[source]
    factor, constant = other.unit / column.unit, (other.origin - column.origin) / column.unit
    own, made = table.cells[:, at], table.cells[:, source] * factor + constant
    if (np.isnan(own) != np.isnan(made)).any() or table.different[at] < MIN_TOTAL_VALUES:
        return None
    span = float(np.nanmedian(own - made))
    if np.nanmax(np.abs(own - made - span)) < 1e-6:
        text = f"{column.name} = {other.name}" + (f" + {span * column.unit / NANOSECONDS_A_DAY:g} days" if span else "")
        return Linear(text, at, (source,), (factor,), constant + span, 0)
    found = Linear(f"{column.name} = day of {other.name}", at, (source,), (factor,), constant, 0, True)
    for rows in (table.some[:PROBES], slice(None)):
        away = np.abs(found.apply(table.cells[rows]) - own[rows])
        if np.nanmax(away, initial=0) > 0:
            return None
    return found


def one_hot(table: Table, done: set[int]) -> Iterator[FoundGroup]:
    """Columns of 0 and 1 (or false and true), of which exactly one is 1 in every row."""
    binary = [at for at in table.open_targets(done) if _is_binary(table, at)][:MAX_ONE_HOT]
    ones = {at: table.cells[:, at] == 1 for at in binary}
    left = list(binary)
    while left:
        stem = table.columns[left[0]].name.rpartition("_")[0]
        order = sorted(left[1:], key=lambda at: (not stem or not table.columns[at].name.startswith(stem), at))
        members, covered = [left[0]], ones[left[0]].copy()
        for at in order:
            if covered.all():
                break
            if not (covered & ones[at]).any():
                members.append(at)
                covered |= ones[at]
        if covered.all() and len(members) >= 2 and all(table.unlikely(at, len(covered) // 2) for at in members[:2]):
            members.sort()
            names = ", ".join(table.columns[at].name for at in members)
            yield FoundGroup(f"exactly one of {names}", Together(tuple(members)))
            left = [at for at in left if at not in members]
        else:
            left = left[1:]


def at_most_one(table: Table, done: set[int]) -> Iterator[FoundGroup]:
    """Columns of 0 and 1 (or false and true), of which never two are 1 in a row, which would be unlikely by chance."""
    left = [at for at in table.open_targets(done) if _is_binary(table, at)][:MAX_ONE_HOT]
    ones, rows = {at: table.cells[:, at] == 1 for at in left}, len(table.cells)
    while left:
        members, covered = [left[0]], ones[left[0]].copy()
        for at in left[1:]:
            by_chance = covered.sum() * ones[at].sum() / rows  # rows in which both would be 1
            if by_chance > EVIDENCE and not (covered & ones[at]).any():
                members.append(at)
                covered |= ones[at]
        if len(members) > 1:
            names = ", ".join(table.columns[at].name for at in members)
            yield FoundGroup(f"at most one of {names}", Together(tuple(members)))
        left = [at for at in left[1:] if at not in members]


def _is_binary(table: Table, at: int) -> bool:
    cells = table.cells[:, at]
    if table.columns[at].kind == "boolean" or table.columns[at].kind in ("integer", "float"):
        return bool(np.isin(cells, (0, 1)).all()) and table.different[at] == 2
    return False


def constant_totals(table: Table, done: set[int]) -> Iterator[FoundGroup]:
    """Neighbouring number columns with the same sum in every row."""
    numbers = [
        at for at, column in enumerate(table.columns)
        if column.kind in ("integer", "float") and table.different[at] >= MIN_TOTAL_VALUES
        and not np.isnan(table.cells[:, at]).any()
    ][:MAX_TOTALLED]  # fmt: skip
    cells = np.column_stack([np.zeros(len(table.cells)), table.cells[:, numbers]])
    running, sizes = np.cumsum(cells, axis=1), np.cumsum(np.abs(cells), axis=1)
    start = 0
    while start < len(numbers):
        for end in range(len(numbers), start + 1, -1):
            members = numbers[start:end]
            totals = running[:, end] - running[:, start]
            size = float((sizes[:, end] - sizes[:, start]).max())
            if np.ptp(totals) > max(CLOSE * size, 1e-12) or {*members} & (done | table.taken):
                continue
            total = float(np.round(np.median(totals), 9))
            text = f"{' + '.join(table.columns[at].name for at in members)} = {total:g}"
            decimals = tuple(table.columns[at].decimals for at in members)
            yield FoundGroup(text, Sum(tuple(members), total, decimals))
            start = end - 1
            break
        start += 1


def orders(table: Table, done: set[int]) -> list[tuple[int, int]]:
    """Pairs of places whose columns are in order in every row, and would not be by chance."""
    found = []
    for of_times in (True, False):
        places = [
            at
            for at, column in enumerate(table.columns)
            if at not in done | table.taken
            and column.numeric
            and (column.kind == "time") == of_times
            and table.different[at] >= MIN_ORDERED_VALUES
        ]
        numbers = np.stack([_nanoseconds(table, at) for at in places], axis=1) if places else np.zeros((0, 0))
        for first in range(len(places)):
            for second in range(len(places)):
                if first != second and _in_order(table, places, numbers, first, second):
                    found.append((places[first], places[second]))
    return found


def _in_order(table: Table, places: list[int], numbers: np.ndarray, first: int, second: int) -> bool:
    a, b = numbers[:, first], numbers[:, second]
    with np.errstate(invalid="ignore"):
        if (a[table.some] > b[table.some]).mean() > 1 - NEAR:
            return False
    crossing = _crossing(a[table.some], b[table.some])
    if crossing < MIN_CROSSING:
        return False
    with np.errstate(invalid="ignore"):
        broken = float((a > b).mean())
    both = ~np.isnan(a) & ~np.isnan(b)
    if broken > 1 - NEAR or (broken == 0 and (a == b)[both].all()) or crossing * both.sum() < MIN_CROSSED_ROWS:
        return False
    if broken:
        if crossing >= MIN_CROSSING_NEAR:
            text = f"{table.columns[places[first]].name} <= {table.columns[places[second]].name}"
            table.near[text] = 1 - broken
        return False
    return True


def _crossing(a: np.ndarray, b: np.ndarray) -> float:
    """The share of pairs of rows in which a of the one is above b of the other."""
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = np.sort(a[both]), b[both]
    return 1 - float(np.searchsorted(a, b, side="right").mean()) / len(a) if len(a) > 1 else 0.0


def chains(table: Table, pairs: Sequence[tuple[int, int]]) -> list[FoundGroup]:
    """The pairs in groups of columns that are all in order, each column in one group."""
    known, used, found = set(pairs), set(), []
    middle = {at: float(np.nanmean(_nanoseconds(table, at))) for pair in pairs for at in pair}
    for at in sorted(middle, key=lambda each: middle[each]):
        if at in used:
            continue
        chain = [at]
        for other in sorted(middle, key=lambda each: middle[each]):
            if other not in used and other not in chain and all((each, other) in known for each in chain):
                chain.append(other)
        if len(chain) > 1:
            used |= set(chain)
            found.append(_chain(table, chain))
    return found


def _chain(table: Table, places: list[int]) -> FoundGroup:
    columns = [table.columns[at] for at in places]
    text = " <= ".join(column.name for column in columns)
    return FoundGroup(text, ordered(text, tuple(places), columns, (False,) * len(places)))


def at_least(table: Table, pairs: Sequence[tuple[int, int]]) -> Iterator[Relation]:
    """The same orders kept afterwards, by raising the second column."""
    for first, second in pairs:
        low, high = table.columns[first], table.columns[second]
        text = f"{low.name} <= {high.name}"
        scale = low.unit / high.unit if low.kind == "time" else 1.0
        offset = (low.origin - high.origin) / high.unit if low.kind == "time" else 0.0
        yield AtLeast(text, second, (first,), scale, offset, high.cell_decimals)


def _nanoseconds(table: Table, at: int) -> np.ndarray:
    """Comparable numbers of a column: of times, nanoseconds since the earliest origin."""
    column = table.columns[at]
    if column.kind != "time":
        return table.cells[:, at]
    first = min(each.origin for each in table.columns if each.kind == "time")
    return np.round((table.cells[:, at] * column.unit + float(column.origin - first)) / 1000) * 1000
