"""Conditions on rows, such as "income = '>50K' and age > 60". They are parsed; nothing in them is executed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from .codec import TableCodec
from .columns import Column
from .text_formats import NumberFormat

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*'|\"[^\"]*\")"
    r"|(?P<sign><=|>=|!=|<>|==|=|<|>)"
    r"|(?P<mark>[(),])"
    r"|(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w-]))"
    r"|(?P<word>`[^`]+`|[^\s'\"<>=!(),]+))"
)
SIGNS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "=": np.equal,
    "==": np.equal,
    "!=": np.not_equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
EXAMPLE = "for example \"income = '>50K' and age > 60\""


@dataclass(frozen=True)
class Condition:
    """A condition on the cells of one column. holds: N cells -> N bool."""

    place: int  # among the learned columns
    column: Column
    holds: Callable[[np.ndarray], np.ndarray]
    asked: tuple[float, ...] = ()  # the cells that the condition names


@dataclass(frozen=True)
class Where:
    """Conditions that must all hold."""

    text: str
    conditions: tuple[Condition, ...]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """N x learned columns cells -> N bool."""
        held = np.ones(len(values), bool)
        for condition in self.conditions:
            held &= condition.holds(values[:, condition.place])
        return held


def parse(text: str, codec: TableCodec) -> Where:
    """Parse comparisons joined by `and`: = != < <= > >=, in (a, b), is null, is not null, between a and b.

    Raises UserError, which names what cannot be read.
    """
    tokens = _tokens(text)
    conditions = []
    while True:
        conditions.append(_comparison(tokens, codec, text))
        if not tokens:
            return Where(text, tuple(conditions))
        if tokens.pop(0)[1].lower() != "and":
            raise UserError(f"--where {text}: conditions are joined by `and`; {EXAMPLE}")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = TOKEN.match(text, at)
        if not found:
            raise UserError(f"--where {text}: '{text[at:].strip()[:20]}' cannot be read; {EXAMPLE}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        at = found.end()
    if not tokens:
        raise UserError(f"--where is empty; {EXAMPLE}")
    return tokens


def _comparison(tokens: list[tuple[str, str]], codec: TableCodec, text: str) -> Condition:
    name = _name(tokens, text)
    names = [column.name for column in codec.learned]
    if name not in names:
        others = [column.name for column in codec.columns if not column.learned]
        why = (
            f"'{name}' is invented, not learned, so no value can be asked for"
            if name in others
            else f"there is no column '{name}'; {nearest(name, names)}"
        )
        raise UserError(f"--where {text}: {why}")
    place = names.index(name)
    column = codec.learned[place]
    sign = _next(tokens, text).lower()
    if sign == "is":
        wanted = _next(tokens, text).lower()
        no = wanted == "not"
        if (wanted if not no else _next(tokens, text).lower()) != "null":
            raise UserError(f"--where {text}: `is` is followed by null or not null")
        return Condition(place, column, (lambda cells: ~np.isnan(cells)) if no else np.isnan)
    if sign == "in":
        wanted_cells = [_cell(value, column, text) for value in _list(tokens, text)]
        return Condition(place, column, lambda cells: np.isin(cells, wanted_cells), tuple(wanted_cells))
    if sign == "between":
        low = _compared(place, column, ">=", _next(tokens, text), text)
        if _next(tokens, text).lower() != "and":
            raise UserError(f"--where {text}: between is followed by two values that are joined by and")
        high = _compared(place, column, "<=", _next(tokens, text), text)
        return Condition(place, column, lambda cells: low.holds(cells) & high.holds(cells), low.asked + high.asked)
    if sign not in SIGNS:
        raise UserError(
            f"--where {text}: a column is followed by one of {', '.join(SIGNS)}, in, between, is; not by '{sign}'"
        )
    return _compared(place, column, sign, _next(tokens, text), text)


def _compared(place: int, column: Column, sign: str, value: str, text: str) -> Condition:
    """A comparison with one value. Raises UserError where the column has no order and the sign asks for one."""
    asks_order = SIGNS[sign] not in (np.equal, np.not_equal)
    if asks_order and _of_numbers(column):
        return _ordered_numbers(place, column, SIGNS[sign], value, text)
    if asks_order and not column.numeric and not column.ordered:
        raise UserError(f"--where {text}: '{column.name}' is of type {column.kind} and has no order; use = or in")
    cell = _cell(value, column, text)
    compare = SIGNS[sign]
    return Condition(place, column, lambda cells: compare(cells, cell) & ~np.isnan(cells), (cell,))


def _of_numbers(column: Column) -> bool:
    """Is this a column of categories that are numbers, such as zip codes?"""
    return bool(column.categories) and all(type(each) in (int, float) for each in column.categories)


def _ordered_numbers(place: int, column: Column, compare: Any, value: str, text: str) -> Condition:
    """A comparison of categories that are numbers."""
    try:
        number = float(value)
    except ValueError:
        raise UserError(f"--where {text}: '{value}' is no number, and column '{column.name}' holds numbers") from None
    fits = compare(np.array(column.categories, np.float64), number)
    return Condition(place, column, lambda cells: np.isin(cells, np.flatnonzero(fits)))


def _name(tokens: list[tuple[str, str]], text: str) -> str:
    """The name of a column: one or several words, or in quotes."""
    kind, name = tokens.pop(0) if tokens else ("", "")
    if kind == "text" or name.startswith("`"):
        return name[1:-1].replace("''", "'")
    while tokens and tokens[0][0] in ("word", "number") and tokens[0][1].lower() not in ("is", "in", "between", "and"):
        name += " " + tokens.pop(0)[1]
    if kind not in ("word", "number"):
        raise UserError(f"--where {text}: a condition begins with the name of a column; {EXAMPLE}")
    return name


def _next(tokens: list[tuple[str, str]], text: str) -> str:
    if not tokens:
        raise UserError(f"--where {text}: something is missing at the end; {EXAMPLE}")
    kind, value = tokens.pop(0)
    return value[1:-1].replace("''", "'") if kind == "text" else value


def _list(tokens: list[tuple[str, str]], text: str) -> list[str]:
    values = []
    if _next(tokens, text) != "(":
        raise UserError(f"--where {text}: `in` is followed by a list such as ('a', 'b')")
    while True:
        values.append(_next(tokens, text))
        mark = _next(tokens, text)
        if mark == ")":
            return values
        if mark != ",":
            raise UserError(f"--where {text}: the values of a list are separated by commas")


def _cell(value: str, column: Column, text: str) -> float:
    """The cell of a value in a condition. Raises UserError for a value that the column cannot have."""
    if column.categories:
        names = [str(category) for category in column.categories]
        found = [
            place
            for place, name in enumerate(names)
            if name == value or (column.kind == "boolean" and name.lower() == value.lower())
        ]
        if not found:
            raise UserError(
                f"--where {text}: column '{column.name}' has no value '{value}'; {nearest(value, names[:50])}"
            )
        return float(found[0])
    cell = np.nan
    if column.kind != "time":
        cell = NumberFormat().number(value)
    if np.isnan(cell):
        cell = column.cells(pd.Series([value], dtype=object))[0]
    if np.isnan(cell) and column.kind == "time":
        cell = replace(column, text_format=None).cells(pd.Series([value], dtype=object))[0]
    if np.isnan(cell):
        raise UserError(f"--where {text}: '{value}' is not of type {column.kind}, which column '{column.name}' is")
    return float(cell)
