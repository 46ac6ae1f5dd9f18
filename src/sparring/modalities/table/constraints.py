"""What holds between columns in every row, kept by re-parameterisation: such columns are coded as others that can say nothing else.

opened <= closed < paid     the first, and the gaps, none below the smallest seen
a + b + c = total, = 100    the total, and each one's share of what those before it leave
together(city, country)     which of the combinations that were seen
unique(code)                not learned: new ones are made up, as of identifiers
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from .codes import row_hashes
from .columns import Column

EXAMPLES = "'opened <= closed', 'a + b = total', 'a + b + c = 100', 'together(city, country)' or 'unique(code)'"
CALL = re.compile(r"\s*(together|unique)\s*\((.*)\)\s*", re.IGNORECASE)
MARKS = re.compile(r"(`[^`]+`)|(<=|>=|<|>|=|\+)")  # names in backquotes; what stands between names
CLOSE = 1e-9  # how far a sum may be off, as a share of its terms: floats do not add exactly
NONE = float("nan")


class Part(ABC):
    """Some learned columns (`places` among them) <-> the cells that are coded in their place. Cells: float64, N x columns, NaN: nothing."""

    places: tuple[int, ...]

    @property
    @abstractmethod
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        """Of each cell that is coded: can values lie between those seen, and how many decimals has it (None: any)?"""

    @abstractmethod
    def inner(self, cells: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def outer(self, inner: np.ndarray) -> np.ndarray:
        """The inverse of `inner`; whatever comes in, the constraint holds in what comes out."""

    @abstractmethod
    def holds(self, cells: np.ndarray) -> np.ndarray:
        """N bool."""

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """Rows whose column `at` (of its own) is `to`, the others changed as little as the constraint asks; those that can be."""
        return cells

    def describe(self) -> dict[str, Any]:
        return {"kind": next(kind for kind, part in PARTS.items() if part is type(self)), **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class Free(Part):
    """A column of no constraint."""

    places: tuple[int, ...]
    column: Column

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
class Ordered(Part):
    """Columns of which each is at least (strict: more than) the one before, of those that are there. scales, offsets: to numbers that can be
    compared, cell * scale + offset. least: the smallest gap to the one before; low, high, middle: of the numbers that were seen."""

    places: tuple[int, ...]
    strict: tuple[bool, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    decimals: tuple[int | None, ...]
    least: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    middle: float = 0.0

    def fitted(self, cells: np.ndarray) -> Ordered:
        numbers, last = self._numbers(cells), np.full(len(cells), NONE)
        least, low, high = [], [], []
        for column in numbers.T:
            there, gaps = column[~np.isnan(column)], column - last
            gaps = gaps[~np.isnan(gaps)]
            least.append(float(gaps.min()) if len(gaps) else 0.0)
            low.append(float(there.min()) if len(there) else 0.0)
            high.append(float(there.max()) if len(there) else 0.0)
            last = np.where(np.isnan(column), last, column)
        first = numbers[~np.isnan(numbers[:, 0]), 0]
        middle = float(np.median(first)) if len(first) else 0.0
        return replace(self, least=tuple(least), low=tuple(low), high=tuple(high), middle=middle)

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
        found = inner.copy()
        last, known = self._number(inner[:, 0], 0), ~np.isnan(inner[:, 0])
        last = np.where(known, last, self.middle)
        for at in range(1, len(self.places)):
            wanted = np.clip(last + inner[:, at], self.low[at], self.high[at])
            floor = np.where(known, last + self.least[at], -np.inf)
            found[:, at] = self._cell(np.maximum(wanted, floor), last, known, at)
            there = ~np.isnan(found[:, at])
            last, known = np.where(there, self._number(found[:, at], at), last), known | there
        return found

    def holds(self, cells: np.ndarray) -> np.ndarray:
        held, last = np.ones(len(cells), bool), np.full(len(cells), NONE)
        for at, column in enumerate(self._numbers(cells).T):
            held &= ~((column <= last) if self.strict[at] else (column < last))
            last = np.where(np.isnan(column), last, column)
        return held

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """All by the same: gaps stay."""
        numbers = self._numbers(cells)
        numbers += (self._number(np.array([to]), at) - numbers[:, at])[:, None]
        seen = (np.isnan(numbers) | ((numbers >= np.array(self.low)) & (numbers <= np.array(self.high)))).all(axis=1)
        shifted = (numbers[seen] - np.array(self.offsets)) / np.array(self.scales)
        return np.stack([self._rounded(column, place) for place, column in enumerate(shifted.T)], axis=1)

    def _numbers(self, cells: np.ndarray) -> np.ndarray:
        return cells * np.array(self.scales) + np.array(self.offsets)

    def _number(self, cells: np.ndarray, at: int) -> np.ndarray:
        return cells * self.scales[at] + self.offsets[at]

    def _rounded(self, cells: np.ndarray, at: int) -> np.ndarray:
        return cells if (places := self.decimals[at]) is None else np.round(cells, places)

    def _cell(self, numbers: np.ndarray, last: np.ndarray, known: np.ndarray, at: int) -> np.ndarray:
        """The cells nearest to these numbers that do not fall below the last one by rounding."""
        cells = self._rounded((numbers - self.offsets[at]) / self.scales[at], at)
        now = self._number(cells, at)
        short = known & ((now <= last) if self.strict[at] else (now < last))
        places = self.decimals[at]
        more = np.nextafter(np.maximum(cells, last), np.inf) if places is None else np.round(cells + 10.0**-places, places)
        return np.where(short, more, cells)


@dataclass(frozen=True)
class Sum(Part):
    """Columns that add up: to `constant`, or to the first of `places`, where that is None. The last of them is what the others leave.
    shares: none was below 0, so each is coded as its share of what is left."""

    places: tuple[int, ...]
    constant: float | None
    decimals: tuple[int | None, ...]  # of each place
    shares: bool = True

    def fitted(self, cells: np.ndarray) -> Sum:
        return replace(self, shares=bool((cells >= 0).all()) and (self.constant or 0) >= 0)

    @property
    def coded(self) -> tuple[tuple[bool, int | None], ...]:
        terms = self.decimals[len(self.decimals) - self._terms :][:-1]
        total = () if self.constant is not None else ((True, self.decimals[0]),)
        return (*total, *((True, None if self.shares else places) for places in terms))

    @property
    def _terms(self) -> int:
        return len(self.places) - (self.constant is None)

    def _split(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Totals and terms."""
        if self.constant is None:
            return cells[:, 0], cells[:, 1:]
        return np.full(len(cells), self.constant), cells

    def inner(self, cells: np.ndarray) -> np.ndarray:
        rest, terms = self._split(cells)
        found = [] if self.constant is not None else [rest]
        for term in terms.T[:-1]:
            share = np.divide(term, rest, out=np.where(np.isnan(term), NONE, 0.0), where=rest != 0)
            found.append(np.clip(share, 0, 1) if self.shares else term)
            rest = rest - term
        return np.stack(found, axis=1) if found else np.empty((len(cells), 0))

    def outer(self, inner: np.ndarray) -> np.ndarray:
        total = inner[:, 0] if self.constant is None else np.full(len(inner), self.constant)
        rest, found = total, []
        for number, part in enumerate(inner.T[self.constant is None :]):
            places = self.decimals[len(self.decimals) - self._terms + number]
            term = np.clip(part, 0, 1) * rest if self.shares else part
            if places is not None:
                term = np.round(term, places)
                term = np.where(self.shares & (term > rest), np.floor(rest * 10.0**places) / 10.0**places, term)
            rest = rest - term
            rest = rest if self.decimals[-1] is None else np.round(rest, self.decimals[-1])
            found.append(term)
        return np.stack(([total] if self.constant is None else []) + [*found, rest], axis=1)

    def holds(self, cells: np.ndarray) -> np.ndarray:
        total, terms = self._split(cells)
        return np.abs(terms.sum(axis=1) - total) <= CLOSE * np.maximum(1.0, np.abs(terms).sum(axis=1))

    def moved(self, cells: np.ndarray, at: int, to: float) -> np.ndarray:
        """The others keep their shares."""
        total, terms = (side.copy() for side in self._split(cells))
        own = at - (self.constant is None)
        if own < 0:
            terms = terms * np.divide(to, total, out=np.zeros(len(total)), where=total != 0)[:, None]
            total = np.full(len(total), to)
        else:
            left = total - terms[:, own]
            factor = np.divide(total - to, left, out=np.zeros(len(total)), where=left != 0)
            terms = terms * factor[:, None]
            terms[:, own] = to
        whole = np.concatenate([total[:, None], terms], axis=1) if self.constant is None else terms
        rounded = self.outer(self.inner(whole))
        rounded[:, at] = to  # where that breaks the sum, `holds` says so
        return rounded


@dataclass(frozen=True)
class Together(Part):
    """Columns of which only combinations that were seen occur. combinations: their cells, sorted by the rows' hashes."""

    places: tuple[int, ...]
    combinations: tuple[tuple[float, ...], ...] = ()

    def fitted(self, cells: np.ndarray) -> Together:
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


PARTS: dict[str, type[Any]] = {"ordered": Ordered, "sum": Sum, "together": Together}


def part_from(description: dict[str, Any]) -> Part:
    """The inverse of Part.describe(). Raises KeyError or TypeError for what is none."""
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in description.items() if name != "kind"}
    if "combinations" in fields:
        fields["combinations"] = tuple(tuple(NONE if cell is None else float(cell) for cell in row) for row in fields["combinations"])
    return PARTS[description["kind"]](**fields)


def all_parts(constrained: Sequence[Part], columns: Sequence[Column]) -> tuple[Part, ...]:
    """Those, and every other learned column by itself, in the order of their first columns."""
    taken = {place for part in constrained for place in part.places}
    free = [Free((at,), column) for at, column in enumerate(columns) if at not in taken]
    return tuple(sorted([*constrained, *free], key=lambda part: part.places[0]))


def unique_columns(constraints: Sequence[str], frame: pd.DataFrame) -> dict[str, str]:
    """{"code": "identifier"} for every unique(code). Raises UserError where the table has a value twice."""
    found = {}
    for text in constraints:
        kind, names = _call(text)
        if kind != "unique":
            continue
        if len(names) != 1:
            raise UserError(f"--constraint {text}: one column is unique by itself; with others beside it, name one that is")
        name = names[0]
        if name not in frame.columns:
            raise UserError(f"--constraint {text}: there is no column '{name}'; {nearest(name, list(frame.columns))}")
        twice = frame[name][frame[name].notna() & frame[name].duplicated()]
        if len(twice):
            raise UserError(f"--constraint {text} does not hold in the data: {twice.iloc[0]!r} is there more than once")
        found[name] = "identifier"
    return found


def constrained(constraints: Sequence[str], columns: Sequence[Column], cells: np.ndarray, table: str) -> tuple[Part, ...]:
    """The parts that keep these. columns, cells: those that are learned. Raises UserError for one that cannot be read or does not hold."""
    parts: list[Part] = []
    for text in constraints:
        if _call(text)[0] == "unique":
            continue
        part = _part(text, columns)
        for place in part.places:
            if any(place in other.places for other in parts):
                raise UserError(f"--constraint {text}: column '{columns[place].name}' is in another one; write a <= b <= c in one")
        own = cells[:, part.places]
        if isinstance(part, Sum) and np.isnan(own).any():
            empty = columns[part.places[int(np.isnan(own).any(axis=0).argmax())]].name
            raise UserError(f"--constraint {text}: column '{empty}' has empty cells, of which no sum can be kept; fill them first")
        fitted: Part = part.fitted(own)  # type: ignore[attr-defined]
        broken = np.flatnonzero(~fitted.holds(own))
        if len(broken):
            row = ", ".join(f"{columns[at].name} {columns[at].series(cells[broken[:1], at]).iloc[0]}" for at in part.places)
            raise UserError(
                f"--constraint {text} does not hold in {len(broken):,} of {len(cells):,} rows of {table}, such as row {broken[0] + 1:,} ({row}); "
                "mend the data or leave the constraint out"
            )
        parts.append(fitted)
    return tuple(parts)


def _call(text: str) -> tuple[str | None, list[str]]:
    """together(a, b) -> ("together", ["a", "b"])."""
    found = CALL.fullmatch(text)
    return (found[1].lower(), [_bare(name) for name in found[2].split(",")]) if found else (None, [])


def _bare(name: str) -> str:
    return name.strip().strip("`")


def _part(text: str, columns: Sequence[Column]) -> Part:
    """Not yet fitted."""
    names = [column.name for column in columns]

    def place(name: str) -> int:
        if name not in names:
            raise UserError(f"--constraint {text}: there is no learned column '{name}'; {nearest(name, names)}")
        return names.index(name)

    kind, called = _call(text)
    if kind == "together":
        if len(called) < 2 or len(set(called)) < len(called):
            raise UserError(f"--constraint {text}: name two columns or more, for example together(city, country)")
        return Together(tuple(map(place, called)))
    terms, signs = _read(text)
    if signs and set(signs) <= {"<", "<="} or set(signs) <= {">", ">="} and signs:
        if ">" in signs[0]:
            terms, signs = terms[::-1], [sign.replace(">", "<") for sign in signs[::-1]]
        places = tuple(map(place, terms))
        return _ordered(text, places, [columns[at] for at in places], (False, *(sign == "<" for sign in signs)))
    if signs.count("=") == 1 and set(signs) == {"=", "+"} and (signs[0] == "=" or signs[-1] == "="):
        total, others = (terms[-1], terms[:-1]) if signs[-1] == "=" else (terms[0], terms[1:])
        return _sum(text, total, [place(name) for name in others], place, columns)
    raise UserError(f"--constraint {text} cannot be read; write for example {EXAMPLES}")


def _read(text: str) -> tuple[list[str], list[str]]:
    """ "a + b = c" -> (["a", "b", "c"], ["+", "="])."""
    terms, signs = [""], []
    for piece in MARKS.split(text):
        if piece is None:
            continue
        if MARKS.fullmatch(piece) and not piece.startswith("`"):
            signs.append(piece)
            terms.append("")
        else:
            terms[-1] += piece
    terms = [_bare(term) for term in terms]
    if not all(terms) or len(set(terms)) < len(terms):
        raise UserError(f"--constraint {text} cannot be read; write for example {EXAMPLES}")
    return terms, signs


def _ordered(text: str, places: tuple[int, ...], columns: Sequence[Column], strict: tuple[bool, ...]) -> Ordered:
    wrong = next((column for column in columns if not column.numeric or (column.kind == "time") != (columns[0].kind == "time")), None)
    if wrong:
        raise UserError(
            f"--constraint {text}: '{wrong.name}' is of type {wrong.kind} and cannot be compared with the others; numbers and times can"
        )
    if columns[0].kind != "time":
        ones = (1.0,) * len(columns)
        return Ordered(places, strict, ones, (0.0,) * len(columns), tuple(column.decimals for column in columns))
    step = math.gcd(*(column.unit for column in columns), *(column.origin - columns[0].origin for column in columns))
    scales = tuple(float(column.unit // step) for column in columns)
    offsets = tuple(float((column.origin - columns[0].origin) // step) for column in columns)
    return Ordered(places, strict, scales, offsets, (0,) * len(columns))


def _sum(text: str, total: str, terms: list[int], place: Any, columns: Sequence[Column]) -> Sum:
    try:
        constant: float | None = float(total)
    except ValueError:
        constant = None
    terms.sort(key=lambda at: (math.inf if columns[at].decimals is None else columns[at].decimals, at))  # the rest needs most decimals
    places = tuple(terms) if constant is not None else (place(total), *terms)
    wrong = next((columns[at] for at in places if columns[at].kind not in ("integer", "float")), None)
    if wrong or len(terms) < 2:
        why = f"'{wrong.name}' is of type {wrong.kind}, and only numbers add up" if wrong else "a sum has two columns or more"
        raise UserError(f"--constraint {text}: {why}")
    return Sum(places, constant, tuple(columns[at].decimals for at in places))
