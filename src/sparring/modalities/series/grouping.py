"""What tells the series of a table apart, and what orders their steps: found by what columns do, then by their names.

A table in which times occur again holds several series. The column (or the pair of columns) that tells them apart is
the one within which every time occurs once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...errors import UserError
from .clocks import ROUGH, SMOOTH, jumps_between, rises_evenly, roughness, smooth_along
from .key_names import KEY, MAX_REPEATED, MIN_LENGTH, ORDER, refuse_unclear_keys
from .number_table import NumberTable

MIN_NAMED_LENGTH = 2  # steps of a series, on average, where a name or restarts tell them apart
MIN_BLOCKS = 5  # of rows, from which a column that comes in blocks is taken to tell series apart
MAX_GAP, MAX_GAP_SHARE = 3, 0.2  # times between two steps of a series: number, and share of the series
MAX_PAIRED = 12  # columns of which pairs are tried
MAX_TRIED = 200_000  # rows in which times within a column are counted
ROW, ALL = "\0row", "\0all"  # columns that are added for a while
MAX_GAP_ROWS = 50_000  # rows in which gaps are measured


class Grouping(NamedTuple):
    """keys: the columns that tell series apart; () for one series, or where these begin wherever `order` restarts.

    Where it restarts and there is a key, series begin wherever the key changes too.
    """

    keys: tuple[str, ...] = ()
    order: str | None = None
    restarts: bool = False
    reason: str = ""  # for the keys, in a note
    doubt: str = ""  # a sentence about another reading


def find_grouping(table: NumberTable, keys: Sequence[str], order: str | None, taken: Sequence[str]) -> Grouping:
    """Find the keys and the order of a table.

    Args:
        table: a row for each step.
        keys: the columns that tell series apart, as a person says; () to find them.
        order: the column that orders the steps, as a person says; None to find it.
        taken: columns that a person gave another role.

    Raises:
        UserError: times occur again, and nothing tells series apart.
    """
    search, frame = _Search(table, taken), table.frame
    if keys:
        groups = series_numbers(frame, keys, None, False)
        return Grouping(tuple(keys), order or search.order_within(groups, keys), reason="as asked")
    if order is not None:
        return search.by_time(order) or Grouping((), order)
    for name in search.orders:
        if found := search.by_time(name):
            return found
    named = search.named_keys()
    if search.times:
        refuse_unclear_keys(frame, search.names, search.times[0])
    if search.times and not named:
        often = len(frame) / frame[search.times[0]].nunique()
        raise UserError(
            f"each time in column '{search.times[0]}' occurs {often:.3g} times on average, and no column tells series "
            f"apart; say which one does with --type COLUMN=series, or that there is one series with "
            f"{table.said_as_order(search.times[0])}"
        )
    if named:
        groups = series_numbers(frame, named[:1], None, False)
        return Grouping((named[0],), search.order_within(groups, named[:1]), reason="by its name")
    search.refuse_single_steps()
    return search.by_even_numbers() or search.by_counting() or search.by_even_rows() or search.by_blocks()


def series_numbers(frame: pd.DataFrame, keys: Sequence[str], order: str | None, restarts: bool) -> np.ndarray:
    """The number of the series of each row; -1 where its key is empty."""
    if restarts:
        assert order is not None
        starts = _starts(_numbers(frame[order]))
        for key in keys:
            starts[_changes(frame[key]) + 1] = True
        return np.cumsum(starts) - 1
    if not keys:
        return np.zeros(len(frame), np.int64)
    if len(keys) == 1:
        return pd.factorize(frame[keys[0]])[0]
    return frame.groupby(list(keys), sort=False).ngroup().to_numpy()


class _Search:
    """The columns of a table by what they could be.

    times: columns of times that change along series. numbers: full columns of numbers. counted: those of them
    named like counts. calendar: the parts of one time. orders: what is tried for the order of the steps, the likeliest
    first.
    """

    def __init__(self, table: NumberTable, taken: Sequence[str]):
        self.frame, self.rows = table.frame, len(table.frame)
        frame = table.frame
        self.names = [str(name) for name in frame.columns if name not in taken]
        self.every_time = table.times
        self.times = [name for name in self.names if name in self.every_time]
        self.numbers = [name for name in self.names if name not in self.times and _is_full_number(frame[name])]
        counted = [name for name in self.numbers if ORDER.search(name)]
        self.counted = counted
        parts = next((each for each in ([*self.times[:1], *counted], counted) if self._is_calendar(each)), [])
        self.calendar = parts  # the parts of one time
        named = self.named_keys()
        self.times = [
            name for name in self.times if name not in parts and not any(self._belongs(name, key) for key in named)
        ]
        self.orders = [*self.times, *([] if parts else counted)]

    def _belongs(self, time: str, key: str) -> bool:
        """Is a time the same along each series, such as a date of birth?"""
        return len(self.frame[[time, key]].drop_duplicates()) == self.frame[key].nunique()

    def _is_calendar(self, names: Sequence[str]) -> bool:
        """Are these the parts of one time, such as year and month, or day and hour, by which the rows are sorted?"""
        if len(names) < 2 or self.frame[names[0]].nunique() > (1 - MAX_REPEATED) * self.rows:
            return False
        parts = self.frame[list(names)].to_numpy(np.float64)
        changed = np.diff(parts, axis=0)
        first = (changed != 0).argmax(axis=1)
        return bool((changed[np.arange(len(changed)), first] > 0).all())

    def candidates(self, order: str | None = None) -> list[str]:
        """Columns that could tell series apart: full, without fractions, with several rows for each value."""
        return [
            name
            for name in self.names
            if name != order
            and name not in self.every_time
            and (name not in self.counted or KEY.search(name))
            and not pd.api.types.is_float_dtype(self.frame[name].dtype)
            and self.frame[name].notna().all()
            and 2 <= self.frame[name].nunique() <= self.rows / (MIN_NAMED_LENGTH if KEY.search(name) else MIN_LENGTH)
        ]

    def named_keys(self, order: str | None = None) -> list[str]:
        """Candidates named like keys. Of numbers the last word counts: `store_sales` is no store."""
        found = []
        for name in self.candidates(order):
            number = name in self.numbers
            if (match := KEY.search(name)) and (not number or not match.group(3) or name.lower().endswith("id")):
                found.append(name)
        return found

    def by_time(self, order: str) -> Grouping | None:
        """The series that a column of times tells of; None where it does not order the steps of any."""
        values = _numbers(self.frame[order])
        ranks = np.unique(values, return_inverse=True)[1]
        if 1 - (int(ranks.max()) + 1) / self.rows <= MAX_REPEATED:
            return self._by_single_times(order, values)
        candidates = self.candidates(order)
        repeats = {name: self._repeats((name,), ranks) for name in candidates}
        if valid := [name for name in candidates if repeats[name] <= MAX_REPEATED]:
            best = min(
                valid,
                key=lambda name: (not KEY.search(name), repeats[name] > 0, self.frame[name].nunique()),
            )
            others = [name for name in valid if name != best and not self._same(best, name)]
            doubt = f"'{others[0]}' would tell series apart as well (--type {others[0]}=series)." if others else ""
            return Grouping((best,), order, reason=f"within which each '{order}' occurs once", doubt=doubt)
        for pair in combinations(candidates[:MAX_PAIRED], 2):
            if self._repeats(pair, ranks) <= MAX_REPEATED:
                return Grouping(pair, order, reason=f"within which each '{order}' occurs once")
        return self._by_restarts(order, values)

    def _by_restarts(self, order: str, values: np.ndarray) -> Grouping | None:
        """Series that begin wherever times start again.

        Raises UserError where a column that should tell them apart does not.
        """
        starts = _starts(values)
        count, back = int(starts.sum()), np.flatnonzero(starts)[1:] - 1
        if not 2 <= count <= self.rows / MIN_NAMED_LENGTH:
            return None
        refuse_unclear_keys(self.frame, self.names, order)
        if named := self.named_keys(order):
            return Grouping((named[0],), order, reason="by its name")
        for name in self.names:
            changes = _changes(self.frame[name])
            if np.array_equal(changes, back) and self.frame[name].nunique() == count:
                return Grouping((name,), order, reason=f"'{order}' starts again where it changes")
            run = self.rows / (len(changes) + 1)
            if count > MIN_BLOCKS and run >= MIN_LENGTH and len(changes) > len(back) and np.isin(back, changes).all():
                return Grouping((name,), order, True, reason=f"'{order}' starts again only where it changes")
        return Grouping((), order, True) if count <= self.rows / MIN_LENGTH else None

    def _by_single_times(self, order: str, values: np.ndarray) -> Grouping | None:
        """One series, or several, where no time occurs again.

        What tells these apart comes in blocks, or times rise evenly or numbers follow one another within it only.
        """
        back, one = np.flatnonzero(np.diff(values) < 0), np.zeros(self.rows, np.int64)
        candidates = self.candidates(order)
        if len(back):
            for name in candidates:
                changes = _changes(self.frame[name])
                if len(changes) + 1 == self.frame[name].nunique() and np.isin(back, changes).all():
                    return Grouping((name,), order, reason=f"'{order}' goes back only where it changes")
        for name in [] if rises_evenly(values, one) else candidates:
            if rises_evenly(values, series_numbers(self.frame, (name,), None, False)):
                return Grouping((name,), order, reason=f"within which '{order}' rises evenly")
        for name in self.named_keys(order):
            if order in self.times or _rises(values, series_numbers(self.frame, (name,), None, False)):
                return Grouping((name,), order, reason="by its name")
        if order not in self.times and not _rises(values, one):
            return None
        many = [name for name in candidates if self.frame[name].nunique() >= MIN_BLOCKS]
        for name in [] if self._roughness(order, ALL) <= ROUGH else many:
            if self._roughness(order, name) < SMOOTH:
                return Grouping((name,), order, reason="within which numbers follow one another")
        for name in many:
            if jumps_between(values, pd.factorize(self.frame[name])[0]):
                return Grouping((name,), order, reason=f"between which lie the longest steps of '{order}'")
        doubt = f"If '{many[0]}' tells series apart say --type {many[0]}=series." if many else ""
        return Grouping((), order, doubt=doubt)

    def _roughness(self, order: str, key: str) -> float:
        """See `clocks.roughness`: of all other numbers. ROW is the order of the rows, ALL the key of all of them."""
        return roughness(self.frame.assign(**{ROW: np.arange(self.rows), ALL: 0}), self._others(order, key), order, key)

    def _others(self, *names: str) -> list[str]:
        """The columns of numbers that are neither times nor these; they may have empty cells."""
        numeric = pd.api.types.is_numeric_dtype
        return [
            name
            for name in self.names
            if name not in names and name not in self.every_time and numeric(self.frame[name].dtype)
        ]

    def _repeats(self, keys: Sequence[str], ranks: np.ndarray) -> float:
        """The share of rows that repeat a time within these keys; 1 where these cannot be keys.

        ranks: of the times. A column of numbers may tell rows apart by chance. Where most times occur again, the steps
        of its groups then do not follow one another closely, as those of series do.
        """
        groups = series_numbers(self.frame, keys, None, False).astype(np.int64)
        count, times = int(groups.max()) + 1, int(ranks.max()) + 1
        if not 2 <= count <= self.rows / (MIN_NAMED_LENGTH if KEY.search(keys[0]) else MIN_LENGTH):
            return 1.0
        tried = ranks % -(-self.rows // MAX_TRIED) == 0
        pairs = groups[tried] * times + ranks[tried]
        share = 1 - len(np.unique(pairs)) / len(pairs)
        if KEY.search(keys[0]) or float(np.median(np.bincount(ranks))) < 2:
            return share
        some = groups < max(1, count * MAX_GAP_ROWS // self.rows)
        order = np.lexsort((ranks[some], groups[some]))
        gaps = np.diff(ranks[some][order])[np.diff(groups[some][order]) == 0]
        return share if not len(gaps) or np.median(gaps) <= max(MAX_GAP, MAX_GAP_SHARE * count) else 1.0

    def _same(self, one: str, other: str) -> bool:
        """Do two columns tell the same rows apart?"""
        pairs = self.frame[[one, other]].drop_duplicates()
        return len(pairs) == self.frame[one].nunique() == self.frame[other].nunique()

    def order_within(self, groups: np.ndarray, keys: Sequence[str]) -> str | None:
        """The first column of times; or one named like a count, or counting, that rises along each series."""
        if times := [name for name in self.times if name not in keys]:
            return times[0]
        rest = [name for name in self.numbers if name not in keys]
        named = [name for name in rest if name in self.counted and _rises(_numbers(self.frame[name]), groups)]
        counting = [name for name in rest if not named and rises_evenly(_numbers(self.frame[name]), groups)]
        return next(iter([*named, *counting]), None)

    def refuse_single_steps(self) -> None:
        """Raises UserError where each row is a series of its own: all at one time, each with another name."""
        same = [name for name in (*self.times, *self.counted) if self.frame[name].nunique() == 1]
        named = [name for name in self.names if name not in self.numbers and self.frame[name].is_unique]
        if same and named:
            raise UserError(
                f"each value of '{named[0]}' occurs in one row, and '{same[0]}' is the same in all: series of one step "
                "are rows of a table (--recipe table)"
            )

    def by_even_numbers(self) -> Grouping | None:
        """Numbers that are evenly spaced within the values of another column, whatever the order of the rows.

        Raises UserError where two columns may change places.
        """
        found: dict[str, list[str]] = {}
        for order in self.numbers:
            values = _numbers(self.frame[order])
            for key in [] if order in self.calendar else self.candidates(order):
                if self.frame[key].nunique() * self.frame[order].nunique() < self.rows:
                    continue
                if rises_evenly(values, series_numbers(self.frame, (key,), None, False)):
                    found.setdefault(order, []).append(key)
        for order, keys in found.items():
            key = min(keys, key=lambda name: (not KEY.search(name), self.frame[name].nunique()))
            if key not in found or order not in found[key]:
                return Grouping((key,), order, reason=f"within which '{order}' rises evenly")
            smooth = smooth_along(self.frame, self._others(key, order), key, order)
            if smooth is None:
                first, last = sorted((key, order), key=self.names.index)
                raise UserError(
                    f"'{first}' and '{last}' could each tell series apart or order their steps; say which does what, "
                    f"for example with --type {first}=series --type {last}=order"
                )
            key, order = (key, order) if smooth == order else (order, key)
            return Grouping((key,), order, reason=f"along '{order}' numbers follow one another")
        return None

    def by_counting(self) -> Grouping | None:
        """A column that counts steps, whatever its name: over all rows, or from 0 or 1 at the start of each series."""
        changing = [name for name in self.names if self.frame[name].nunique() > 1]
        for name in self.numbers if len(changing) > 1 else []:
            if name in self.calendar:
                continue
            values = _numbers(self.frame[name])
            starts = _starts(values)
            groups = np.cumsum(starts) - 1
            if int(groups[-1]) + 1 > self.rows / MIN_LENGTH or not _step(values, groups):
                continue
            if groups[-1] == 0:
                return Grouping((), name)
            if set(np.unique(values[starts])) in ({0.0}, {1.0}) and values[1] - values[0] == 1:
                for key in self.candidates(name):
                    changes = _changes(self.frame[key])
                    if np.array_equal(changes, np.flatnonzero(starts)[1:] - 1):
                        return Grouping((key,), name, reason=f"'{name}' starts again where it changes")
                return Grouping((), name, True)
        return None

    def by_even_rows(self) -> Grouping | None:
        """A number that counts the steps of one series whose rows do not stand in its order."""
        for name in self.numbers:
            values = _numbers(self.frame[name])
            if len(np.unique(values)) < self.rows or not rises_evenly(values, np.zeros(self.rows, np.int64)):
                continue
            if (np.diff(values) < 0).all():
                return Grouping((), doubt=f"'{name}' falls from row to row: if it orders them say --type {name}=order.")
            if self._roughness(name, ALL) < SMOOTH and self._roughness(ROW, ALL) > ROUGH:
                return Grouping((), name)
        return None

    def by_blocks(self) -> Grouping:
        """A column whose every value stands in one block of rows, the finest one. Few blocks leave a doubt."""
        blocks = [
            name for name in self.candidates() if len(_changes(self.frame[name])) + 1 == self.frame[name].nunique()
        ]
        if not blocks:
            return Grouping()
        finest = max(blocks, key=lambda name: self.frame[name].nunique())
        count = self.frame[finest].nunique()
        grows = finest in self.numbers and self.frame[finest].is_monotonic_increasing
        if count >= MIN_BLOCKS and not grows:
            return Grouping((finest,), reason="each of its values stands in one block of rows")
        return Grouping(
            doubt=f"'{finest}' stands in {count:,} blocks of rows: if it tells series apart say --type {finest}=series."
        )


def _numbers(values: pd.Series) -> np.ndarray:
    return values.to_numpy(np.float64, na_value=np.nan)


def _is_full_number(values: pd.Series) -> bool:
    types = pd.api.types
    number = types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype)
    return number and bool(values.notna().all())


def _starts(values: np.ndarray) -> np.ndarray:
    """Is each number the first one, or no larger than the one before?"""
    return np.r_[True, np.diff(values) <= 0]


def _changes(values: pd.Series) -> np.ndarray:
    """The rows after which another value follows."""
    return np.flatnonzero(np.diff(pd.factorize(values)[0]))


def _inside(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """By how much numbers grow from row to row of each series."""
    rows = np.argsort(groups, kind="stable")
    return np.diff(values[rows])[np.diff(groups[rows]) == 0]


def _rises(values: np.ndarray, groups: np.ndarray) -> bool:
    """Do numbers rise along each series, but for a few; or are they evenly spaced counts in whatever order of rows?"""
    steps = _inside(values, groups)
    if not len(steps) or (groups == groups[0]).all() and len(np.unique(np.diff(np.unique(values)))) == 1:
        return len(steps) > 0
    return float((steps < 0).mean()) <= MAX_REPEATED and float((steps > 0).mean()) > 0.5


def _step(values: np.ndarray, groups: np.ndarray) -> bool:
    """Do numbers rise along each series by one step, always the same?"""
    steps = _inside(values, groups)
    return len(steps) > 0 and steps[0] > 0 and bool(np.allclose(steps, steps[0], rtol=1e-6, atol=0))
