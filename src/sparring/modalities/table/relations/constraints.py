"""Constraints between the columns of a table, read from texts (see `column_groups` for how they are kept).

opened <= closed < paid     each column is at least (more than) the one before
a + b + c = total           columns, or columns and a number, that add up
together(city, country)     only combinations that occur in the data
unique(code)                every value once: the column is not learned, and new values are invented as for identifiers
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ....errors import UserError, nearest
from ..column_groups import SUM_TOLERANCE, ColumnGroup, Ordered, Sum, Together
from ..columns import Column

EXAMPLES = "'opened <= closed', 'a + b = total', 'a + b + c = 100', 'together(city, country)' or 'unique(code)'"
CALL = re.compile(r"\s*(together|unique)\s*\((.*)\)\s*", re.IGNORECASE)
MARKS = re.compile(r"(`[^`]+`)|(<=|>=|<|>|=|\+)")  # names in backquotes; signs between names
SUM_TOLERANCE_SINGLE = 1e-5  # of columns of float32, which add less exactly


def unique_columns(constraints: Sequence[str], frame: pd.DataFrame) -> dict[str, str]:
    """{"code": "identifier"} for every unique(code). Raises UserError where a value occurs twice."""
    found = {}
    for text in constraints:
        kind, names = _call(text)
        if kind != "unique":
            continue
        if len(names) != 1:
            raise UserError(
                f"--constraint {text}: one column is unique by itself; with others beside it, name one that is"
            )
        name = names[0]
        if name not in frame.columns:
            raise UserError(f"--constraint {text}: there is no column '{name}'; {nearest(name, list(frame.columns))}")
        if pd.api.types.is_float_dtype(frame[name].dtype) or pd.api.types.is_datetime64_any_dtype(frame[name].dtype):
            raise UserError(
                f"--constraint {text}: column '{name}' is of type {frame[name].dtype}; identifiers are integers or text"
            )
        twice = frame[name][frame[name].notna() & frame[name].duplicated()]
        if len(twice):
            raise UserError(f"--constraint {text} does not hold in the data: {twice.iloc[0]!r} is there more than once")
        found[name] = "identifier"
    return found


def constrained_groups(
    constraints: Sequence[str], columns: Sequence[Column], cells: np.ndarray, train: np.ndarray, table: str
) -> tuple[ColumnGroup, ...]:
    """The groups of columns that keep these constraints.

    Args:
        constraints: as a person writes them.
        columns: that are learned.
        cells: of these columns, N x columns.
        train: the rows to learn from, N bool.
        table: its name, for messages.

    Raises:
        UserError: a constraint cannot be read or does not hold in every row.
    """
    groups: list[ColumnGroup] = []
    spread = np.ptp(np.nan_to_num(cells), axis=0)
    for text in constraints:
        if _call(text)[0] == "unique":
            continue
        group = _group(text, columns, spread)
        for place in group.places:
            if any(place in other.places for other in groups):
                raise UserError(
                    f"--constraint {text}: column '{columns[place].name}' is in another one; write a <= b <= c in one"
                )
        own = cells[:, group.places]
        if isinstance(group, Sum) and np.isnan(own).any():
            empty = columns[group.places[int(np.isnan(own).any(axis=0).argmax())]].name
            raise UserError(
                f"--constraint {text}: column '{empty}' has empty cells, of which no sum can be kept; fill them first"
            )
        fits: ColumnGroup = group.fitted(own)  # type: ignore[attr-defined]
        broken = np.flatnonzero(~fits.holds(own))
        if len(broken):
            row = ", ".join(
                f"{columns[at].name} {columns[at].series(cells[broken[:1], at]).iloc[0]}" for at in group.places
            )
            raise UserError(
                f"--constraint {text} does not hold in {len(broken):,} of {len(cells):,} rows of {table}, such as "
                f"row {broken[0] + 1:,} "
                f"({row}); mend the data or leave the constraint out"
            )
        groups.append(group.fitted(own[train]))  # type: ignore[attr-defined]
    return tuple(groups)


def _call(text: str) -> tuple[str | None, list[str]]:
    """together(a, b) -> ("together", ["a", "b"])."""
    found = CALL.fullmatch(text)
    return (
        (found[1].lower(), [_bare(name) for name in re.findall(r"`[^`]*`|[^,`]+", found[2]) if name.strip()])
        if found
        else (None, [])
    )


def _bare(name: str) -> str:
    return name.strip().strip("`")


def _group(text: str, columns: Sequence[Column], spread: np.ndarray) -> ColumnGroup:
    """The group for a constraint, not yet fitted. spread: the range of the cells of each column."""
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
        return ordered(text, places, [columns[at] for at in places], (False, *(sign == "<" for sign in signs)))
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


def ordered(text: str, places: tuple[int, ...], columns: Sequence[Column], strict: tuple[bool, ...]) -> Ordered:
    """The group of these columns in ascending order. Raises UserError where they cannot be compared."""
    wrong = next(
        (column for column in columns if not column.numeric or (column.kind == "time") != (columns[0].kind == "time")),
        None,
    )
    if wrong:
        raise UserError(
            f"--constraint {text}: '{wrong.name}' is of type {wrong.kind} and cannot be compared with the others; "
            "numbers and times can"
        )
    if columns[0].kind != "time":
        ones = (1.0,) * len(columns)
        return Ordered(
            places,
            strict,
            ones,
            (0.0,) * len(columns),
            tuple(column.decimals for column in columns),
            tuple(map(_float, columns)),
        )
    step = math.gcd(*(column.unit for column in columns), *(column.origin - columns[0].origin for column in columns))
    scales = tuple(float(column.unit // step) for column in columns)
    offsets = tuple(float((column.origin - columns[0].origin) // step) for column in columns)
    return Ordered(places, strict, scales, offsets, (0,) * len(columns), ("float64",) * len(columns))


def _float(column: Column) -> str:
    """The floating point type in which a column stores numbers."""
    short = column.dtype.lower()
    return short if short in ("float32", "float16") else "float64"


def _sum(
    text: str, total: str, terms: list[int], place: Callable[[str], int], columns: Sequence[Column], spread: np.ndarray
) -> Sum:
    """terms: places of the columns that are added. place: from the name of a column."""
    try:
        constant: float | None = float(total)
    except ValueError:
        constant = None

    def fineness(at: int) -> float:
        decimals = columns[at].decimals
        return math.inf if decimals is None else decimals

    terms.sort(
        key=lambda at: (fineness(at), spread[at])
    )  # the last takes what the others leave: the finest, and the widest
    places = tuple(terms) if constant is not None else (place(total), *terms)
    wrong = next((columns[at] for at in places if columns[at].kind not in ("integer", "float")), None)
    if wrong or len(terms) < 2:
        why = (
            f"'{wrong.name}' is of type {wrong.kind}, and only numbers add up"
            if wrong
            else "a sum has two columns or more"
        )
        raise UserError(f"--constraint {text}: {why}")
    if constant is None and fineness(places[0]) < fineness(terms[-1]):
        raise UserError(
            f"--constraint {text}: '{total}' has fewer decimals than '{columns[terms[-1]].name}', so it cannot hold "
            "the sums of new "
            "values; leave the constraint out"
        )
    close = SUM_TOLERANCE_SINGLE if any(_float(columns[at]) != "float64" for at in places) else SUM_TOLERANCE
    return Sum(places, constant, tuple(columns[at].decimals for at in places), close)
