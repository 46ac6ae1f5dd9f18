"""Read CSV files and their kin: every cell as text, then plain numbers and truths with types.

Odd lines are refused by number, or left out and told.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from ....errors import UserError
from ..text_formats.missing import is_missing_number
from ..text_formats.text_columns import TextColumn, typed
from .dialects import Dialect, dialect_of, opened

ROWS_AT_ONCE = 500_000
MAX_BELOW = 8  # lines below a table
TOTAL = re.compile(
    r"(grand )?totals?|sums?|gesamt|summe|insgesamt|totale?|total g\w+n\w+ral|\u5408\u8ba1|\u603b\u8ba1", re.IGNORECASE
)


@dataclass(frozen=True)
class TextTable:
    """The table of a text file."""

    frame: pd.DataFrame
    texts: Mapping[str, TextColumn]
    dialect: Dialect
    notes: tuple[str, ...]


def read_text_file(path: Path, encoding: str | None = None) -> TextTable:
    """Read a .csv or .tsv file, plain or packed. encoding: as a person says.

    Raises UserError where it is no whole table.
    """
    dialect = dialect_of(path, encoding)
    names = dialect.names
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise UserError(f"{path} has two columns named '{name}'; give each a name of its own")
    notes = [*dialect.notes, *_lines_checked(path, dialect)]
    frame = _cells(path, dialect)
    frame, dropped = _without_odd_rows(frame)
    columns = {name: typed(frame[name], dialect.decimal) for name in names}
    made = pd.DataFrame({name: values for name, (values, _) in columns.items()})
    return TextTable(made, {name: about for name, (_, about) in columns.items()}, dialect, (*notes, *dropped))


@contextmanager
def _table(path: Path, dialect: Dialect) -> Iterator[IO[str]]:
    """The text of the rows, behind the header."""
    with opened(path, dialect) as file:
        for _ in range(dialect.above):
            next(file, "")
        yield file


def _cells(path: Path, dialect: Dialect) -> pd.DataFrame:
    with _table(path, dialect) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # the lines are checked already
        parts = pd.read_csv(
            file,
            sep=dialect.separator,
            quotechar=dialect.quote,
            header=None,
            names=list(range(len(dialect.names))),
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
            index_col=False,
            chunksize=ROWS_AT_ONCE,
        )
        frames = list(parts)
    frame = (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=range(len(dialect.names)), dtype=str)
    )
    return frame.set_axis(list(dialect.names), axis=1).fillna("")


def _lines_checked(path: Path, dialect: Dialect) -> list[str]:
    """Notes on lines with too few cells. Raises UserError for a line with too many."""
    width, short, first = len(dialect.names), 0, 0
    with _table(path, dialect) as file:
        reader = csv.reader(file, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=True)
        at = dialect.above + 1
        for row in reader:
            cells = len(row)
            if cells > width and any(row[width:]):
                raise UserError(
                    f"{path} line {at:,} has {cells} cells, and there are {width} columns: it is not a whole table; "
                    f"put cells that hold a '{dialect.separator}' in quotes, or mend the line"
                )
            if 0 < cells < width and any(row) and not (cells == 1 and row[0].startswith("#")):
                short, first = short + 1, first or at
            at = dialect.above + 1 + reader.line_num
    if not short:
        return []
    lines = "line has" if short == 1 else "lines have"
    return [f"{short:,} {lines} fewer than {width} cells, line {first:,} first: the rest is taken as empty."]


def _without_odd_rows(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Without comments, headers that come again and a line of totals, and with notes on them."""
    notes = []
    if len(frame.columns) > 1:
        for what, find in ODD_ROWS.items():
            those = find(frame)
            if those.any():
                lines = what if those.sum() > 1 else what.replace("s", "", 1)
                notes.append(f"Left out: {those.sum():,} {lines}, '{frame.iloc[:, 0][those].iloc[0][:40]}' first.")
                frame = frame[~those]
    again = _are_header(frame)
    if again.any():
        notes.append(
            f"Left out: the header, which comes again in {again.sum():,} {'row' if again.sum() == 1 else 'rows'}."
        )
        frame = frame[~again]
    if len(frame) > 2 and _is_total(frame):
        notes.append(f"Left out: the last row, '{', '.join(frame.iloc[-1])[:60]}', which is a total.")
        frame = frame.iloc[:-1]
    return frame.reset_index(drop=True), notes


def _among(frame: pd.DataFrame, some: pd.Series, fit: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.Series:
    """Those of some rows all of whose cells fit. These are few, so that the cells of all others need no look."""
    if not some.any():
        return some
    return some & fit(frame[some]).all(axis=1).reindex(frame.index, fill_value=False)


def _are_header(frame: pd.DataFrame) -> np.ndarray:
    names = pd.Series(frame.columns, index=frame.columns)
    return _among(frame, frame.iloc[:, 0] == names.iloc[0], lambda rows: rows == names).to_numpy(bool)


def _alone(frame: pd.DataFrame) -> pd.Series:
    """Rows with nothing behind the first cell."""
    return _among(frame, frame.iloc[:, 1] == "", lambda rows: rows.iloc[:, 1:] == "")


def _are_empty(frame: pd.DataFrame) -> pd.Series:
    return (frame.iloc[:, 0] == "") & _alone(frame)


def _are_comments(frame: pd.DataFrame) -> pd.Series:
    return _alone(frame) & frame.iloc[:, 0].str.startswith("#")


def _are_rules(frame: pd.DataFrame) -> pd.Series:
    """Rows of dashes, as between the header and the rows of a table that was made to be looked at."""
    some = frame[frame.iloc[:, 0].str.fullmatch(r"[-+=:| ]*").to_numpy(bool)]
    joined = some.agg("".join, axis=1) if len(some) else pd.Series(dtype=str)
    return joined.str.fullmatch(r"[-+=:| ]*--[-+=:| ]*").reindex(frame.index, fill_value=False).astype(bool)


def _are_below(frame: pd.DataFrame) -> pd.Series:
    """Rows at the end that have several words in their first cell and nothing else: sources, and counts of rows."""
    alone = _alone(frame) & (len(frame.columns) > 2)
    words = alone & frame.iloc[:, 0].str.strip().str.contains(r"\s", regex=True)
    last = words[::-1].cummin()[::-1]
    return last & (alone.sum() == last.sum()) & (last.sum() <= MAX_BELOW)


ODD_ROWS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "empty lines": _are_empty,
    "comments": _are_comments,
    "lines between rows": _are_rules,
    "lines below the table": _are_below,
}


def _is_total(frame: pd.DataFrame) -> bool:
    """Does the last row say that it is a total, and is it one: half empty, or the sum of a column?"""
    last = frame.iloc[-1]
    named = [name for name in frame.columns if TOTAL.fullmatch(last[name].strip().rstrip(":"))]
    if not named or (frame[named[0]].iloc[:-1] == last[named[0]]).any():
        return False
    empty = sum(is_missing_number(cell) for cell in last)
    if len(frame.columns) > 2 and 2 * (empty + len(named)) >= len(frame.columns):
        return True
    for name in frame.columns.difference(named):
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.notna().all() and np.isclose(numbers.iloc[:-1].sum(), numbers.iloc[-1]):
            return True
    return False
