"""Groups of learned columns that are encoded as other cells, so that a constraint between the columns always holds.

opened <= closed < paid     cells: the first column, and the gaps between columns; no gap is below the smallest one in
training a + b + c = total           cells: a, b and c; the total is their sum a + b + c = 100             cells: for
each column but the last, its share of what the columns before it leave together(city, country)     cell: the number
of a combination that occurs in training
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np

from .codes import row_hashes
from .columns import Column

SUM_TOLERANCE = 1e-9  # how far a sum may be off, as a share of its terms: floats do not add exactly
NONE = float("nan")


class ColumnGroup(ABC):
    """Some learned columns (`places` among all of them) <-> the cells that are encoded in their place.

    Cells are float64, N x columns; NaN means nothing.
    """

    places: tuple[int, ...]
    listed: ClassVar[bool] = False  # is one cell encoded, of which every value is known?

    @property
    @abstractmethod
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        """For each encoded cell: may values lie between those of training? And its number of decimals (None: any)."""

    @abstractmethod
    def inner(self, cells: np.ndarray) -> np.ndarray:
        """Cells of the columns -> the cells that are encoded."""

    @abstractmethod
    def outer(self, inner: np.ndarray) -> np.ndarray:
        """The inverse of `inner`. The constraint holds in the result, whatever comes in."""

    @abstractmethod
    def holds(self, cells: np.ndarray) -> np.ndarray:
        """Does the constraint hold? N bool."""

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """The rows with `to` in the group's column `at`, and the other columns changed so that the constraint holds.

        Rows that leave the range of the training values are left out.
        """
        return cells

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        return {"kind": next(kind for kind, group in GROUPS.items() if group is type(self)), **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class SingleColumn(ColumnGroup):
    """A column without a constraint."""

    places: tuple[int, ...]
    column: Column
    listed = True

    @property
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        return ((self.column.numeric, self.column.cell_decimals),)

    def inner(self, cells: np.ndarray) -> np.ndarray:
        return cells

    def outer(self, inner: np.ndarray) -> np.ndarray:
        return inner

    def holds(self, cells: np.ndarray) -> np.ndarray:
        return np.ones(len(cells), bool)


@dataclass(frozen=True)
class Ordered(ColumnGroup):
    """Columns in ascending order: each is at least (strict: more than) the column before it. Empty cells are skipped.

    Of training rows are: least, the smallest gap to the column before; low and high, the range of each column in
    comparable numbers; middle, the median of the first column.
    """

    places: tuple[int, ...]
    strict: tuple[bool, ...]
    scales: tuple[float, ...]  # cell * scale + offset is a number that can be compared
    offsets: tuple[float, ...]
    decimals: tuple[int | None, ...]
    floats: tuple[str, ...]  # the type in which each column is stored
    least: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    middle: float = 0.0

    def fitted(self, cells: np.ndarray) -> Ordered:
        """With the ranges and gaps of these rows."""
        numbers, last = self._numbers(cells), np.full(len(cells), NONE)
        least = []
        for column in numbers.T:
            gaps = column - last
            least.append(float(np.nanmin(gaps)) if not np.isnan(gaps).all() else 0.0)
            last = np.where(np.isnan(column), last, column)
        low, high = _range(numbers)
        first = numbers[~np.isnan(numbers[:, 0]), 0]
        return replace(
            self, least=tuple(least), low=low, high=high, middle=float(np.median(first)) if len(first) else 0.0
        )

    @property
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        whole = all(places is not None for places in self.decimals)
        gap = max(self.decimals) if whole else None  # type: ignore[type-var]
        return ((True, self.decimals[0]), *[(True, gap)] * (len(self.places) - 1))

    def inner(self, cells: np.ndarray) -> np.ndarray:
        numbers, found = self._numbers(cells), cells.copy()
        last = np.where(np.isnan(numbers[:, 0]), self.middle, numbers[:, 0])
        for at in range(1, len(self.places)):
            gap = numbers[:, at] - last
            found[:, at] = gap if (places := self.coded[at][1]) is None else np.round(gap, places)
            last = np.where(np.isnan(numbers[:, at]), last, numbers[:, at])
        return found

    def outer(self, inner: np.ndarray) -> np.ndarray:
        found, last = inner.copy(), np.full(len(inner), NONE)
        for at, ceiling in enumerate(self._ceilings(~np.isnan(inner))):
            known = ~np.isnan(last)
            wanted = self._number(inner[:, 0], 0) if at == 0 else np.where(known, last, self.middle) + inner[:, at]
            floor = np.where(known, last + self.least[at], self.low[at])
            wanted = np.maximum(np.minimum(np.maximum(wanted, self.low[at]), ceiling), floor)
            found[:, at] = self._cell(wanted, last, at)
            last = np.where(np.isnan(found[:, at]), last, self._number(found[:, at], at))
        return found

    def _ceilings(self, there: np.ndarray) -> list[np.ndarray]:
        """For every column, the largest numbers that leave room for the columns after it."""
        room, found = np.full(len(there), np.inf), []
        for at in reversed(range(len(self.places))):
            ceiling = np.minimum(self.high[at], room)
            found.append(ceiling)
            room = np.where(there[:, at], ceiling - self.least[at], room)
        return found[::-1]

    def holds(self, cells: np.ndarray) -> np.ndarray:
        held, last = np.ones(len(cells), bool), np.full(len(cells), NONE)
        for at, column in enumerate(self._numbers(cells).T):
            held &= ~((column <= last) if self.strict[at] else (column < last))
            last = np.where(np.isnan(column), last, column)
        return held

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """All columns move by the same amount, so that the gaps stay."""
        numbers = self._numbers(cells)
        numbers += (self._number(np.array([to]), at) - numbers[:, at])[:, None]
        shifted = (numbers[_within(numbers, self.low, self.high)] - np.array(self.offsets)) / np.array(self.scales)
        return np.stack([self._stored(column, place) for place, column in enumerate(shifted.T)], axis=1)

    def _numbers(self, cells: np.ndarray) -> np.ndarray:
        return cells * np.array(self.scales) + np.array(self.offsets)

    def _number(self, cells: np.ndarray, at: int) -> np.ndarray:
        return cells * self.scales[at] + self.offsets[at]

    def _stored(self, cells: np.ndarray, at: int) -> np.ndarray:
        """The cells as the column can store them."""
        rounded = cells if (places := self.decimals[at]) is None else np.round(cells, places)
        return rounded.astype(self.floats[at]).astype(np.float64)

    def _cell(self, numbers: np.ndarray, last: np.ndarray, at: int) -> np.ndarray:
        """The cells nearest to these numbers that rounding does not bring below the last one."""
        cells = self._stored((numbers - self.offsets[at]) / self.scales[at], at)
        now, places = self._number(cells, at), self.decimals[at]
        short = (now <= last) if self.strict[at] else (now < last)
        with np.errstate(invalid="ignore"):
            above = np.maximum(cells, last).astype(self.floats[at])
        more = (
            np.nextafter(above, np.array(np.inf, above.dtype)).astype(np.float64)
            if places is None
            else cells + 10.0**-places
        )
        return np.where(short, self._stored(more, at), cells)


@dataclass(frozen=True)
class Sum(ColumnGroup):
    """Columns that add up to `constant` or, where that is None, to the first of `places`.

    A column that is the total is not encoded: it is the sum of the others. Of a constant total the last column is not
    encoded: it is what the others leave. Where no value is below 0 (`shares`), the others are encoded as their share
    of what the columns before them leave.
    """

    places: tuple[int, ...]
    constant: float | None
    decimals: tuple[int | None, ...]  # of each place
    close: float = SUM_TOLERANCE  # how far a sum may be off, as a share of its terms, where columns have no decimals
    shares: bool = False
    low: tuple[float, ...] = ()  # of each column in training
    high: tuple[float, ...] = ()

    def fitted(self, cells: np.ndarray) -> Sum:
        """With the ranges of these rows."""
        low, high = _range(cells)
        shares = self.constant is not None and self.constant >= 0 and min(low) >= 0
        return replace(self, shares=shares, low=low, high=high)

    @property
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        if self.constant is None:
            return tuple((True, places) for places in self.decimals[1:])
        return tuple((True, None if self.shares else places) for places in self.decimals[:-1])

    def inner(self, cells: np.ndarray) -> np.ndarray:
        if self.constant is None:
            return cells[:, 1:]
        if not self.shares:
            return cells[:, :-1]
        rest, found = np.full(len(cells), self.constant), []
        for term in cells.T[:-1]:
            found.append(np.clip(np.divide(term, rest, out=np.zeros(len(cells)), where=rest != 0), 0, 1))
            rest = rest - term
        return np.stack(found, axis=1)

    def outer(self, inner: np.ndarray) -> np.ndarray:
        if self.constant is None:
            return np.concatenate([_rounded(inner.sum(axis=1), self.decimals[0])[:, None], inner], axis=1)
        rest, found = np.full(len(inner), self.constant), []
        for part, places in zip(inner.T, self.decimals, strict=False):
            term = _rounded(np.clip(part, 0, 1) * rest if self.shares else part, places)
            if self.shares and places is not None:
                term = np.where(term > rest, np.floor(rest * 10.0**places) / 10.0**places, term)
            rest = _rounded(rest - term, self.decimals[-1])
            found.append(term)
        return np.stack([*found, rest], axis=1)

    def holds(self, cells: np.ndarray) -> np.ndarray:
        total, terms = (cells[:, 0], cells[:, 1:]) if self.constant is None else (self.constant, cells)
        off, size = np.abs(terms.sum(axis=1) - total), np.abs(terms).sum(axis=1)
        decimals = [places for places in self.decimals if places is not None]
        if len(decimals) < len(self.decimals):
            return off <= self.close * size
        return off < np.maximum(10.0 ** -max(decimals) / 2, np.finfo(float).eps * len(decimals) * size)

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """A total moves with its terms.

        Else the other terms keep their proportions, and the last of them takes what rounding leaves.
        """
        found = cells.copy()
        found[:, at] = to
        if self.constant is None and at > 0:
            found[:, 0] = _rounded(found[:, 1:].sum(axis=1), self.decimals[0])
        else:
            left = to if self.constant is None else self.constant - to
            others = [own for own in range(self.constant is None, len(self.places)) if own != at]
            sizes = cells[:, others].sum(axis=1)
            factor = np.divide(left, sizes, out=np.zeros(len(cells)), where=sizes != 0)
            for own in others[:-1]:
                found[:, own] = _rounded(cells[:, own] * factor, self.decimals[own])
            found[:, others[-1]] = _rounded(left - found[:, others[:-1]].sum(axis=1), self.decimals[others[-1]])
        return found[_within(found, self.low, self.high)]


def _rounded(values: np.ndarray, places: int | None) -> np.ndarray:
    return values if places is None else np.round(values, places)


def _range(numbers: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The range of every column: all least numbers, all largest ones."""
    there = [column[~np.isnan(column)] for column in numbers.T]
    low = tuple(float(each.min()) if len(each) else 0.0 for each in there)
    return low, tuple(float(each.max()) if len(each) else 0.0 for each in there)


def _within(numbers: np.ndarray, low: tuple[float, ...], high: tuple[float, ...]) -> np.ndarray:
    """Are all numbers of a row in range (or empty)? N bool."""
    return (np.isnan(numbers) | ((numbers >= np.array(low)) & (numbers <= np.array(high)))).all(axis=1)


@dataclass(frozen=True)
class Together(ColumnGroup):
    """Columns in combinations that occur in training. combinations: their cells, sorted by the hashes of the rows."""

    places: tuple[int, ...]
    combinations: tuple[tuple[float, ...], ...] = ()
    listed = True

    def fitted(self, cells: np.ndarray) -> Together:
        """With the combinations of these rows."""
        _, first = np.unique(row_hashes(cells), return_index=True)
        return replace(self, combinations=tuple(map(tuple, cells[first].tolist())))

    @property
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        return ((False, None),)

    def inner(self, cells: np.ndarray) -> np.ndarray:
        known, own = row_hashes(np.array(self.combinations)), row_hashes(cells)
        at = np.minimum(np.searchsorted(known, own), len(known) - 1)
        return np.where(known[at] == own, at, NONE)[:, None]

    def outer(self, inner: np.ndarray) -> np.ndarray:
        return np.array(self.combinations)[np.nan_to_num(inner[:, 0]).astype(np.int64)]

    def holds(self, cells: np.ndarray) -> np.ndarray:
        return ~np.isnan(self.inner(cells)[:, 0])

    def describe(self) -> dict[str, Any]:
        rows = [[None if math.isnan(cell) else cell for cell in row] for row in self.combinations]
        return {**super().describe(), "combinations": rows}


GROUPS: dict[str, type[Any]] = {"ordered": Ordered, "sum": Sum, "together": Together}


def group_from(description: dict[str, Any]) -> ColumnGroup:
    """The inverse of ColumnGroup.describe(). Raises KeyError or TypeError for another description."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in description.items()
        if name != "kind"
    }
    if "combinations" in fields:
        fields["combinations"] = tuple(
            tuple(NONE if cell is None else float(cell) for cell in row) for row in fields["combinations"]
        )
    return GROUPS[description["kind"]](**fields)


def all_groups(
    constrained: Sequence[ColumnGroup], columns: Sequence[Column], replaced: Collection[int] = ()
) -> tuple[ColumnGroup, ...]:
    """The constrained groups, and every other learned column by itself, in the order of their first columns.

    replaced: places of columns that are worked out from others, which are in no group.
    """
    taken = {*replaced, *(place for group in constrained for place in group.places)}
    single = [SingleColumn((at,), column) for at, column in enumerate(columns) if at not in taken]
    return tuple(sorted([*constrained, *single], key=lambda group: group.places[0]))
