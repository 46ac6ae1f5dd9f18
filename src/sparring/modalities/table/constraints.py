"""What holds between columns in every row, kept by re-parameterisation: such columns are coded as others that can say nothing else.

opened <= closed < paid     the first, and the gaps, none below the smallest seen
a + b + c = total           the others, of which the total is the sum
a + b + c = 100             each one's share of what those before it leave
together(city, country)     which of the combinations that were seen
unique(code)                not learned: new ones are made up, as of identifiers
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from .codes import row_hashes
from .columns import Column

EXAMPLES = "'opened <= closed', 'a + b = total', 'a + b + c = 100', 'together(city, country)' or 'unique(code)'"
CALL = re.compile(r"\s*(together|unique)\s*\((.*)\)\s*", re.IGNORECASE)
MARKS = re.compile(r"(`[^`]+`)|(<=|>=|<|>|=|\+)")  # names in backquotes; what stands between names
CLOSE, CLOSE_SINGLE = 1e-9, 1e-5  # how far a sum may be off, as a share of its terms: floats do not add exactly, and short ones less so
NONE = float("nan")


class Part(ABC):
    """Some learned columns (`places` among them) <-> the cells that are coded in their place. Cells: float64, N x columns, NaN: nothing."""

    places: tuple[int, ...]
    listed: ClassVar[bool] = False  # is every value of the one cell that is coded known?

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
class Ordered(Part):
    """Columns of which each is at least (strict: more than) the one before, of those that are there. scales, offsets: to numbers that can be
    compared, cell * scale + offset. floats: how finely each column is stored. least: the smallest gap to the one before; low, high, middle: of
    the numbers that were seen."""

    places: tuple[int, ...]
    strict: tuple[bool, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    decimals: tuple[int | None, ...]
    floats: tuple[str, ...]
    least: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    middle: float = 0.0

    def fitted(self, cells: np.ndarray) -> Ordered:
        numbers, last = self._numbers(cells), np.full(len(cells), NONE)
        least = []
        for column in numbers.T:
            gaps = column - last
            least.append(float(np.nanmin(gaps)) if not np.isnan(gaps).all() else 0.0)
            last = np.where(np.isnan(column), last, column)
        low, high = _ends(numbers)
        first = numbers[~np.isnan(numbers[:, 0]), 0]
        return replace(self, least=tuple(least), low=low, high=high, middle=float(np.median(first)) if len(first) else 0.0)

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
        """Of every column, the most that leaves room for those after it."""
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
        """All by the same: gaps stay."""
        numbers = self._numbers(cells)
        numbers += (self._number(np.array([to]), at) - numbers[:, at])[:, None]
        shifted = (numbers[_within(numbers, self.low, self.high)] - np.array(self.offsets)) / np.array(self.scales)
        return np.stack([self._stored(column, place) for place, column in enumerate(shifted.T)], axis=1)

    def _numbers(self, cells: np.ndarray) -> np.ndarray:
        return cells * np.array(self.scales) + np.array(self.offsets)

    def _number(self, cells: np.ndarray, at: int) -> np.ndarray:
        return cells * self.scales[at] + self.offsets[at]

    def _stored(self, cells: np.ndarray, at: int) -> np.ndarray:
        """As the column can hold them."""
        rounded = cells if (places := self.decimals[at]) is None else np.round(cells, places)
        return rounded.astype(self.floats[at]).astype(np.float64)

    def _cell(self, numbers: np.ndarray, last: np.ndarray, at: int) -> np.ndarray:
        """The cells nearest to these numbers that do not fall below the last one by rounding."""
        cells = self._stored((numbers - self.offsets[at]) / self.scales[at], at)
        now, places = self._number(cells, at), self.decimals[at]
        short = (now <= last) if self.strict[at] else (now < last)
        with np.errstate(invalid="ignore"):
            above = np.maximum(cells, last).astype(self.floats[at])
        more = np.nextafter(above, np.array(np.inf, above.dtype)).astype(np.float64) if places is None else cells + 10.0**-places
        return np.where(short, self._stored(more, at), cells)


@dataclass(frozen=True)
class Sum(Part):
    """Columns that add up: to `constant`, or to the first of `places`, where that is None.

    A total that is a column is not coded: the others are, and it is what they come to. Of a constant the last column is what the others leave,
    and where nothing was below 0 (`shares`) each of them is coded as its share of what those before it leave. close: how far a sum may be off, as a share
    of its terms, where decimals do not settle it. low, high: of each place, as seen.
    """

    places: tuple[int, ...]
    constant: float | None
    decimals: tuple[int | None, ...]  # of each place
    close: float = CLOSE
    shares: bool = False
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def fitted(self, cells: np.ndarray) -> Sum:
        low, high = _ends(cells)
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
        """The total moves with its terms; else the others keep their shares, but for what rounding leaves to the last of them."""
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


def _ends(numbers: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The least and the most of every column, of what is there."""
    there = [column[~np.isnan(column)] for column in numbers.T]
    return tuple(float(each.min()) if len(each) else 0.0 for each in there), tuple(
        float(each.max()) if len(each) else 0.0 for each in there
    )


def _within(numbers: np.ndarray, low: tuple[float, ...], high: tuple[float, ...]) -> np.ndarray:
    return (np.isnan(numbers) | ((numbers >= np.array(low)) & (numbers <= np.array(high)))).all(axis=1)


@dataclass(frozen=True)
class Together(Part):
    """Columns of which only combinations that were seen occur. combinations: their cells, sorted by the rows' hashes."""

    places: tuple[int, ...]
    combinations: tuple[tuple[float, ...], ...] = ()
    listed = True

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
        if pd.api.types.is_float_dtype(frame[name].dtype) or pd.api.types.is_datetime64_any_dtype(frame[name].dtype):
            raise UserError(f"--constraint {text}: column '{name}' is of type {frame[name].dtype}; identifiers are integers or text")
        twice = frame[name][frame[name].notna() & frame[name].duplicated()]
        if len(twice):
            raise UserError(f"--constraint {text} does not hold in the data: {twice.iloc[0]!r} is there more than once")
        found[name] = "identifier"
    return found


def constrained(
    constraints: Sequence[str], columns: Sequence[Column], cells: np.ndarray, train: np.ndarray, table: str
) -> tuple[Part, ...]:
    """The parts that keep these. columns, cells: those that are learned; train: N bool, the rows to learn from. Raises UserError for a constraint
    that cannot be read or does not hold in every row."""
    parts: list[Part] = []
    spread = np.ptp(np.nan_to_num(cells), axis=0)
    for text in constraints:
        if _call(text)[0] == "unique":
            continue
        part = _part(text, columns, spread)
        for place in part.places:
            if any(place in other.places for other in parts):
                raise UserError(f"--constraint {text}: column '{columns[place].name}' is in another one; write a <= b <= c in one")
        own = cells[:, part.places]
        if isinstance(part, Sum) and np.isnan(own).any():
            empty = columns[part.places[int(np.isnan(own).any(axis=0).argmax())]].name
            raise UserError(f"--constraint {text}: column '{empty}' has empty cells, of which no sum can be kept; fill them first")
        fits: Part = part.fitted(own)  # type: ignore[attr-defined]
        broken = np.flatnonzero(~fits.holds(own))
        if len(broken):
            row = ", ".join(f"{columns[at].name} {columns[at].series(cells[broken[:1], at]).iloc[0]}" for at in part.places)
            raise UserError(
                f"--constraint {text} does not hold in {len(broken):,} of {len(cells):,} rows of {table}, such as row {broken[0] + 1:,} ({row}); "
                "mend the data or leave the constraint out"
            )
        parts.append(part.fitted(own[train]))  # type: ignore[attr-defined]
    return tuple(parts)


def _call(text: str) -> tuple[str | None, list[str]]:
    """together(a, b) -> ("together", ["a", "b"])."""
    found = CALL.fullmatch(text)
    return (found[1].lower(), [_bare(name) for name in re.findall(r"`[^`]*`|[^,`]+", found[2]) if name.strip()]) if found else (None, [])


def _bare(name: str) -> str:
    return name.strip().strip("`")


def _part(text: str, columns: Sequence[Column], spread: np.ndarray) -> Part:
    """Not yet fitted. spread: of each column's cells."""
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
    if signs and (set(signs) <= {"<", "<="} or set(signs) <= {">", ">="}):
        if ">" in signs[0]:
            terms, signs = terms[::-1], [sign.replace(">", "<") for sign in signs[::-1]]
        places = tuple(map(place, terms))
        return _ordered(text, places, [columns[at] for at in places], (False, *(sign == "<" for sign in signs)))
    if signs.count("=") == 1 and set(signs) == {"=", "+"} and (signs[0] == "=" or signs[-1] == "="):
        total, others = (terms[-1], terms[:-1]) if signs[-1] == "=" else (terms[0], terms[1:])
        return _sum(text, total, [place(name) for name in others], place, columns, spread)
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
        return Ordered(
            places, strict, ones, (0.0,) * len(columns), tuple(column.decimals for column in columns), tuple(map(_float, columns))
        )
    step = math.gcd(*(column.unit for column in columns), *(column.origin - columns[0].origin for column in columns))
    scales = tuple(float(column.unit // step) for column in columns)
    offsets = tuple(float((column.origin - columns[0].origin) // step) for column in columns)
    return Ordered(places, strict, scales, offsets, (0,) * len(columns), ("float64",) * len(columns))


def _float(column: Column) -> str:
    """How finely a column stores numbers."""
    short = column.dtype.lower()
    return short if short in ("float32", "float16") else "float64"


def _sum(text: str, total: str, terms: list[int], place: Any, columns: Sequence[Column], spread: np.ndarray) -> Sum:
    try:
        constant: float | None = float(total)
    except ValueError:
        constant = None

    def fineness(at: int) -> float:
        decimals = columns[at].decimals
        return math.inf if decimals is None else decimals

    terms.sort(key=lambda at: (fineness(at), spread[at]))  # the rest is the finest, and the widest
    places = tuple(terms) if constant is not None else (place(total), *terms)
    wrong = next((columns[at] for at in places if columns[at].kind not in ("integer", "float")), None)
    if wrong or len(terms) < 2:
        why = f"'{wrong.name}' is of type {wrong.kind}, and only numbers add up" if wrong else "a sum has two columns or more"
        raise UserError(f"--constraint {text}: {why}")
    if constant is None and fineness(places[0]) < fineness(terms[-1]):
        raise UserError(
            f"--constraint {text}: '{total}' is always rounder than '{columns[terms[-1]].name}', which the sums of new terms are not; leave it out"
        )
    close = CLOSE_SINGLE if any(_float(columns[at]) != "float64" for at in places) else CLOSE
    return Sum(places, constant, tuple(columns[at].decimals for at in places), close)
