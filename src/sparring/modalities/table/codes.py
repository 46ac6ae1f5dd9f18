"""How the cells of one column become numbers that networks learn, and come back.

A cell is a float64: a number, the position of a category, a time in the unit of its column, or NaN where there is
nothing. A code has up to two parts. The first is a one-hot vector of *choices*: a category, a frequent single value
such as 0, nothing, or "some number". The second, for "some number", is the *normal score*: the normal quantile of the
rank of the cell among the training cells. So this part is N(0, 1) whatever the distribution of the column, and
numbers come back through the same ranks, within the range of training. Equal values are spread over their ranks by a
hash of their row (dequantisation: Uria et al. 2013, arXiv:1306.0186); else real rows would be known by their
rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from ...util.random import mixed
from .values import MAX_EXACT_INTEGER

MAX_ONE_HOT = 128  # choices in one one-hot vector; more are two digits of the rank by frequency, each one-hot
MAX_CHOICES = 20  # different numbers of a column up to which each can be a choice
MIN_ROWS_PER_CHOICE = 10  # mean number of rows from which each of them is one
MIN_CHOICE_SHARE = 0.05  # of the rows, from which a single number is a choice of its own
MIN_RANK = 1e-4  # ranks nearer to 0 or 1 are moved to this: normal scores beyond 3.7 teach nothing
NUMBERS_BETWEEN = 64  # numbers tried between two that a condition names
MAX_STEPS = 1000  # different numbers that are kept one by one
QUANTILES = 1001  # kept of a column with more
QUANTILES_WIDE, MANY_COLUMNS = 201, 200  # the same, where there are more columns than this
MAX_DIGITS, MIN_SHORT = 4, 30  # significant digits of measurements, and different numbers with no more of them
MIN_ON_GRID = 16  # different numbers from which it is no chance that all are multiples of a step from the smallest


@dataclass(frozen=True)
class Code:
    """The code of one column.

    Other numbers, which are not choices, are known by `values` and `upto`. These are either (stepped) the numbers
    that occur and the share of numbers up to each, or (not stepped) evenly spaced quantiles and their shares, between
    which numbers are interpolated.

    Where the cell with number `by` has the value of one of the strata, the other numbers are those of that stratum's
    code (see `strata`), which has the same choices.
    """

    choices: np.ndarray  # cells (NaN: nothing), most frequent first
    shares: np.ndarray  # how often each choice occurs
    some_number: int | None  # the place among the choices that stands for all other numbers; None without these
    values: np.ndarray
    upto: np.ndarray
    stepped: bool
    decimals: int | None  # of interpolated numbers; None: they are not rounded
    steps: int = 1  # of the last decimal: interpolated numbers are whole multiples of them away from the smallest one
    digits: int | None = None  # significant ones of interpolated numbers; None: as many as the decimals allow
    by: int | None = None
    strata: tuple[tuple[float, Code], ...] = ()

    @property
    def one_hot(self) -> tuple[int, ...]:
        """Widths of the one-hot vectors; () where there is nothing to choose."""
        count = len(self.choices)
        if count <= 1:
            return ()
        return (count,) if count <= MAX_ONE_HOT else (-(-count // (base := _base(count))), base)

    @property
    def scored(self) -> bool:
        """Is there a normal score?"""
        return self.some_number is not None

    @property
    def width(self) -> int:
        """Of an encoded cell."""
        return sum(self.one_hot) + self.scored

    def of(self, value: float) -> Code:
        """The code where the cell by which it is split has this value."""
        return next((code for own, code in self.strata if own == value), self)

    def ranked(self, numbers: np.ndarray) -> Code:
        """The same choices, with the ranks of these numbers."""
        values, counts = np.unique(numbers, return_counts=True)
        stepped = _is_stepped(values, counts)
        upto = counts.cumsum() / counts.sum() if stepped else np.linspace(0, 1, min(QUANTILES, max(2, len(numbers))))
        return replace(self, values=values if stepped else np.quantile(numbers, upto), upto=upto, stepped=stepped)

    def encode(self, cells: np.ndarray, spread: np.ndarray, by: np.ndarray | None = None) -> np.ndarray:
        """N cells -> N x width float32.

        spread: N values in (0, 1): the place of each cell among the ranks of equal cells. by: the cells by which the
        code is split.
        """
        if by is not None and self.strata:
            found = replace(self, strata=()).encode(cells, spread)
            for value, code in self.strata:
                found[by == value] = code.encode(cells[by == value], spread[by == value])
            return found
        place = self.place(cells)
        found = np.zeros((len(cells), self.width), np.float32)
        start, rows = 0, np.arange(len(cells))
        for width, digit in zip(self.one_hot, self._digits(place), strict=True):
            found[rows, start + digit] = 1
            start += width
        if self.scored:
            numbers = place == self.some_number
            found[numbers, start] = ndtri(self._share(cells[numbers], spread[numbers]))
        return found

    def decode(self, coded: np.ndarray, by: np.ndarray | None = None) -> np.ndarray:
        """N x width -> N cells. by: the cells by which the code is split."""
        if by is not None and self.strata:
            cells = replace(self, strata=()).decode(coded)
            for value, code in self.strata:
                cells[by == value] = code.decode(coded[by == value])
            return cells
        start, place = 0, np.zeros(len(coded), np.int64)
        for width in self.one_hot:
            place = place * width + coded[:, start : start + width].argmax(axis=1)
            start += width
        place = np.minimum(place, len(self.choices) - 1)
        cells = self.choices[place]
        if self.scored:
            numbers = place == self.some_number
            cells = np.where(numbers, self._number(ndtr(coded[:, start].astype(np.float64))), cells)
        return cells

    def seen(self, near: Sequence[float] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Cells that can come out, and about how often each does.

        Of interpolated numbers these are some, more of them around those of `near`.
        """
        if self.some_number is None:
            return self.choices, self.shares
        others = np.arange(len(self.choices)) != self.some_number
        if self.stepped:
            values, shares = self.values, np.diff(self.upto, prepend=0.0)
        else:
            low, high = self.values[0], self.values[-1]
            ends = [low, *sorted(value for value in near if low < value < high), high]
            lines = [np.linspace(one, other, NUMBERS_BETWEEN) for one, other in pairwise(ends)]
            values = np.concatenate([self.values, *lines])
            values = np.unique(self._on_grid(values))
            between = (values[1:] + values[:-1]) / 2
            borders = np.concatenate([[0.0], self._share(between, np.full(len(between), 0.5)), [1.0]])
            shares = np.maximum(np.diff(borders), 1e-9)
        return np.concatenate([self.choices[others], values]), np.concatenate(
            [self.shares[others], shares * self.shares[self.some_number]]
        )

    def place(self, cells: np.ndarray) -> np.ndarray:
        """The choice of each cell. An unknown cell is some number, or else the most frequent choice."""
        if len(self.choices) == 1:
            return np.zeros(len(cells), np.int64)
        order, ordered, known = self._sorted
        at = np.minimum(np.searchsorted(ordered[:known], cells), max(0, known - 1))
        other = 0 if self.some_number is None else self.some_number
        hit = (ordered[at] == cells) if known else np.zeros(len(cells), bool)
        place = np.where(hit, order[at], other)
        empty = np.flatnonzero(np.isnan(self.choices) & (np.arange(len(self.choices)) != self.some_number))
        return np.where(np.isnan(cells), empty[0] if len(empty) else other, place)

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray, int]:
        """The places of the choices in ascending order with NaN last, the choices so, and how many are not NaN."""
        order = np.argsort(self.choices)
        return order, self.choices[order], len(order) - int(np.isnan(self.choices).sum())

    @cached_property
    def _borders(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The different values, and the shares below and up to each."""
        values, first = np.unique(self.values, return_index=True)
        last = np.searchsorted(self.values, values, side="right") - 1
        return values, self.upto[first], self.upto[last]

    def _digits(self, place: np.ndarray) -> tuple[np.ndarray, ...]:
        widths = self.one_hot
        return () if not widths else (place,) if len(widths) == 1 else (place // widths[1], place % widths[1])

    def _share(self, numbers: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """The rank of each number as a share, in (0, 1)."""
        if self.stepped:
            at = np.minimum(np.searchsorted(self.values, numbers), len(self.values) - 1)
            lower = np.where(at > 0, self.upto[at - 1], 0.0)
            share = lower + spread * (self.upto[at] - lower)
        else:
            grain = 0.0 if self.decimals is None else self.steps * 10.0**-self.decimals
            values, below, upto = self._borders
            share = np.interp(numbers + (spread - 0.5) * grain, values, (below + upto) / 2)
            at = np.minimum(np.searchsorted(values, numbers), len(values) - 1)
            tied = (values[at] == numbers) & (below[at] < upto[at])  # is several quantiles, and spread over all of them
            share = np.where(tied, below[at] + spread * (upto[at] - below[at]), share)
        return np.clip(
            np.where(np.isnan(share), 0.5, share), MIN_RANK, 1 - MIN_RANK
        )  # an empty cell in a column without empty cells in training

    def _number(self, share: np.ndarray) -> np.ndarray:
        if self.stepped:
            return self.values[np.minimum(np.searchsorted(self.upto, share), len(self.values) - 1)]
        return self._on_grid(np.interp(share, self.upto, self.values))

    def _on_grid(self, numbers: np.ndarray) -> np.ndarray:
        """Interpolated numbers, rounded as those of training are."""
        if self.decimals is None:
            return numbers
        low, high, size = self.values[0], self.values[-1], self.steps * 10.0**-self.decimals
        if self.digits is not None:
            numbers = significant(numbers, self.digits)
        whole = numbers if self.steps == 1 else low + np.round((numbers - low) / size) * size
        return np.clip(np.round(whole, self.decimals), low, high)

    def describe(self) -> dict[str, Any]:
        """For codec.json. Floats keep their value in text."""
        choices = [None if np.isnan(choice) else choice for choice in self.choices.tolist()]
        arrays = {
            "choices": choices,
            "shares": self.shares.tolist(),
            "values": self.values.tolist(),
            **({"upto": self.upto.tolist()} if self.stepped else {}),
        }
        strata = [{"value": value, "code": code.describe()} for value, code in self.strata]
        split = {"by": self.by, "strata": strata} if strata else {}
        rounding = {"decimals": self.decimals, **({"steps": self.steps} if self.steps > 1 else {})}
        rounding |= {"digits": self.digits} if self.digits is not None else {}
        return {**arrays, "some_number": self.some_number, "stepped": self.stepped, **rounding, **split}


def code_from(description: dict[str, Any]) -> Code:
    """The inverse of Code.describe(). Raises KeyError, TypeError or ValueError for another description."""
    choices, shares, values = (np.array(description[key], np.float64) for key in ("choices", "shares", "values"))
    stepped = bool(description["stepped"])
    upto = np.array(description["upto"], np.float64) if stepped else np.linspace(0, 1, len(values))
    some_number, decimals = (
        None if description[key] is None else int(description[key]) for key in ("some_number", "decimals")
    )
    strata = tuple((float(each["value"]), code_from(each["code"])) for each in description.get("strata", ()))
    by = int(description["by"]) if strata else None
    steps, digits = int(description.get("steps", 1)), description.get("digits")
    found = Code(choices, shares, some_number, values, upto, stepped, decimals, steps, digits, by, strata)
    if not (
        1 <= len(choices) == len(shares)
        and len(values) == len(upto)
        and (some_number is None or 0 <= some_number < len(choices) and len(values))
    ):
        raise ValueError("its arrays do not belong together")
    return found


def fit_code(
    cells: np.ndarray,
    numeric: bool,
    decimals: int | None,
    nullable: bool = False,
    listed: bool = True,
    quantiles: int = QUANTILES,
) -> Code:
    """The code for the training cells of a column.

    Args:
        cells: of the training rows, N.
        numeric: may values come out that lie between those of training?
        decimals: to which these are rounded; None: they are not.
        nullable: has the column empty cells, if perhaps not among these?
        listed: may numbers be choices?
        quantiles: how many are kept of a column with many different numbers.
    """
    empty = np.isnan(cells)
    values, counts = np.unique(cells[~empty], return_counts=True)
    few = (
        not numeric
        or len(values) <= 1
        or (len(values) <= MAX_CHOICES and counts.sum() >= MIN_ROWS_PER_CHOICE * len(values))
    )
    single = np.ones(len(values), bool) if few else counts >= MIN_CHOICE_SHARE * len(cells)
    if not listed:
        single = np.zeros(len(values), bool)
    rest, rest_counts = values[~single], counts[~single]
    choices, frequency = list(values[single]), list(counts[single])
    if len(rest):
        choices, frequency = [*choices, np.nan], [*frequency, rest_counts.sum()]
    if empty.any() or nullable or not choices:
        choices, frequency = [*choices, np.nan], [*frequency, empty.sum()]
    order = np.argsort(-np.array(frequency), kind="stable")
    some_number = int(np.flatnonzero(order == int(single.sum()))[0]) if len(rest) else None
    ordered, shares = np.array(choices, np.float64)[order], np.array(frequency, np.float64)[order] / len(cells)
    stepped = _is_stepped(rest, rest_counts)
    if not len(rest) or stepped:
        return Code(
            ordered, shares, some_number, rest, rest_counts.cumsum() / max(1, rest_counts.sum()), True, decimals
        )
    upto = np.linspace(0, 1, quantiles)
    kept = np.quantile(np.repeat(rest, rest_counts), upto)
    return Code(
        ordered, shares, some_number, kept, upto, False, decimals, _steps(rest, decimals), _digits(rest, decimals)
    )


def significant(numbers: np.ndarray, digits: int) -> np.ndarray:
    """Numbers with so many significant digits."""
    size = 10.0 ** (digits - 1 - np.floor(np.log10(np.maximum(np.abs(numbers), 1e-300))))
    return np.round(numbers * size) / size


def _digits(values: np.ndarray, decimals: int | None) -> int | None:
    """How many significant digits different numbers have, where large ones have fewer decimals than small ones."""
    if decimals is None or decimals < 2 or len(values) < MIN_SHORT:
        return None
    for digits in range(2, MAX_DIGITS + 1):
        if np.allclose(significant(values, digits), values, rtol=1e-9, atol=0):
            fine = np.abs(values) >= 10.0 ** (digits - decimals)  # of which decimals alone would keep more digits
            return digits if fine.mean() > 0.5 else None
    return None


def _steps(values: np.ndarray, decimals: int | None) -> int:
    """How many units of the last decimal all of these different numbers lie apart: 15 of minutes, 7 of Mondays."""
    if decimals is None or len(values) < MIN_ON_GRID:
        return 1
    units = np.round((values - values[0]) * 10.0**decimals)
    if units[-1] >= MAX_EXACT_INTEGER:
        return 1
    return max(1, int(np.gcd.reduce(units.astype(np.int64))))


def _is_stepped(values: np.ndarray, counts: np.ndarray) -> bool:
    """Are numbers kept one by one?"""
    return bool(len(values) <= MAX_STEPS and counts.sum() >= MIN_ROWS_PER_CHOICE * len(values))


def row_hashes(cells: np.ndarray) -> np.ndarray:
    """N x columns cells -> N uint64. Equal rows have equal hashes."""
    bits = (np.where(np.isnan(cells), np.nan, cells) + 0.0).view(np.uint64)
    row = np.zeros(len(cells), np.uint64)
    for column in range(cells.shape[1]):
        row = mixed(row ^ bits[:, column])
    return row


def spreads(cells: np.ndarray) -> np.ndarray:
    """N x columns cells -> as many values in (0, 1), from the hash of each row."""
    numbers = np.arange(1, cells.shape[1] + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed(row_hashes(cells)[:, None] + numbers) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _base(count: int) -> int:
    """The base in which the rank of a choice has two digits."""
    return math.isqrt(count - 1) + 1
