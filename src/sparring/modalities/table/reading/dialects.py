"""How a text file holds a table: its encoding, what stands between cells, whether the first line names the columns."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from ....errors import UserError
from ....util import text_encodings
from ....util.text_encodings import BOMS, SAMPLE_BYTES
from ..text_formats.missing import is_missing_number
from ..text_formats.numbers import TEXT

SEPARATORS = (",", ";", "\t", "|", "^", "\x01")
MIN_ROWS_LOOKED_AT, CELLS_LOOKED_AT = 50, 30_000  # to tell a header from values: fewer rows of wide tables
SAMPLE_LINES = 300  # from which separator and header are guessed
CHUNK = 1 << 22  # bytes read at a time
MAX_ABOVE = 40  # lines above the header
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
MIN_AGAIN = 10  # rows in which the texts of a first line must occur again, so that it names nothing


@dataclass(frozen=True)
class Dialect:
    """How a text file holds a table. New files are written in UTF-8, else in the same way.

    encoding: Python's name of it, without a mark at the beginning. bom: is there one? above: lines before the first row
    of the table. names: of the columns. header: do they stand in the file? extra: does every line end with a separator?
    """

    encoding: str = "utf-8"
    bom: bool = False
    separator: str = ","
    header: bool = True
    above: int = 0
    names: tuple[str, ...] = ()
    extra: bool = False
    notes: tuple[str, ...] = ()
    quote: str = '"'  # around cells
    unnamed: tuple[str, ...] = ()  # columns whose name in the file is empty

    @property
    def decimal(self) -> str | None:
        """The decimal mark that goes with the separator, for numbers that fit two readings."""
        return {";": ",", ",": "."}.get(self.separator)

    def describe(self) -> dict[str, Any]:
        """For codec.json: what matters to new files."""
        unnamed = {"unnamed": list(self.unnamed)} if self.unnamed else {}
        return {"separator": self.separator, "header": self.header, "bom": self.bom, **unnamed}


def dialect_from(description: dict[str, Any]) -> dict[str, Any]:
    """What `Dialect.describe` said. Raises ValueError for another description."""
    known = {"separator": str, "header": bool, "bom": bool, "unnamed": list}
    if any(not isinstance(value, known.get(name, ())) for name, value in description.items()):
        raise ValueError("no dialect of text files")
    return dict(description)


@contextmanager
def opened(path: Path, dialect: Dialect) -> Iterator[IO[str]]:
    """The text of a file, behind the mark at its beginning, with its line ends as they are."""
    with _bytes(path) as raw, io.TextIOWrapper(raw, dialect.encoding, newline="") as file:
        if dialect.bom:
            file.read(1)
        yield file


def dialect_of(path: Path, encoding: str | None = None) -> Dialect:
    """Look at a file. encoding: as a person says. Raises UserError where it is no text."""
    found = _encoding(path, encoding)
    with opened(path, found) as file:
        lines = list(islice(file, SAMPLE_LINES))
    if not any(line.strip() for line in lines):
        raise UserError(f"{path} is not a whole table: it holds no cells")
    told = re.fullmatch(r'"?sep=(.)"?\s*', lines[0])
    if told:
        found = replace(found, above=1)
        lines = lines[1:]
    separator = told[1] if told else _separator(lines, "\t" if ".tsv" in path.suffixes else None)
    quote = _quote(lines, separator)
    every = _rows(lines, separator, quote)
    above, extra = _above(every)
    rows = every[above:]
    if above:
        left_out = f"{above} {'line' if above == 1 else 'lines'} above the header, '{lines[0].strip()[:40]}'"
        found = replace(found, notes=(*found.notes, f"Left out: {left_out}."))
    first = [cell.strip() for cell in rows[0][1]]
    header = _has_header(first, [row for _, row in rows[1:]])
    unnamed = tuple(f"Unnamed: {at}" for at, name in enumerate(first) if not name) if header else ()
    if header:
        names = tuple(name or f"Unnamed: {at}" for at, name in enumerate(first))
    elif above and _names_fewer(every[above - 1][1], first):
        raise UserError(
            f"{path} line {every[above - 1][0] + found.above + 1} names {len(every[above - 1][1])} columns, and the "
            f"lines below have {len(first)} cells: put cells that hold a '{separator}' in quotes, numbers too"
        )
    else:
        names = tuple(f"column {at}" for at in range(1, len(first) + 1 - extra))
        why = f"The first line, '{', '.join(first)[:40]}', holds values and no names"
        note = (
            f"{why}: columns are called column 1 to column {len(names)}; put a line of names above it to change that."
        )
        found = replace(found, notes=(*found.notes, note))
    start = rows[0][0] if not header else rows[1][0] if len(rows) > 1 else rows[0][0] + 1
    form = {"separator": separator, "quote": quote, "header": header, "extra": extra, "unnamed": unnamed}
    return replace(found, above=found.above + start, names=names, **form)  # type: ignore[arg-type]


@contextmanager
def _bytes(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as file:
        yield file  # type: ignore[misc]


def _encoding(path: Path, told: str | None) -> Dialect:
    with _bytes(path) as file:
        head = file.read(SAMPLE_BYTES)
        mark = next(((bom, name) for bom, name in BOMS if head.startswith(bom)), None)
        if mark and told is None:
            return Dialect(mark[1], bom=True)
        if told is not None:
            name = text_encodings.named(told)
            return Dialect(name, bom=mark is not None and told.lower().startswith("utf"))
        if wide := text_encodings.without_mark(head):
            return Dialect(wide, notes=(f"Read as {wide.upper()} text.",))
        if b"\x00" in head:
            raise UserError(f"{path} is not a whole table: it holds bytes that are no text")
        decoder = codecs.getincrementaldecoder("utf-8")()
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(CHUNK)
            decoder.decode(b"", final=True)
            return Dialect()
        except UnicodeDecodeError:
            return _legacy(path, head, chunk)


def _legacy(path: Path, head: bytes, chunk: bytes) -> Dialect:
    """The encoding of a text from before UTF-8, guessed from its letters."""
    sample = chunk if any(byte > 127 for byte in chunk) else head
    encoding = text_encodings.guessed(sample)
    try:
        with _bytes(path) as file:
            decoder = codecs.getincrementaldecoder(encoding)()
            while part := file.read(CHUNK):
                decoder.decode(part)
    except UnicodeDecodeError:
        encoding = "latin-1"
    return Dialect(encoding, notes=(text_encodings.guess_told(encoding, sample.decode(encoding, "replace")),))


def _separator(lines: list[str], told: str | None) -> str:
    """The separator with which most lines have as many cells as the first ones."""
    if told:
        return told
    scores = {}
    for separator in SEPARATORS:
        counts = [len(row) for _, row in _rows(lines, separator)]
        usual, often = Counter(counts).most_common(1)[0]
        scores[separator] = (usual > 1, often / len(counts) + (usual in counts[:1]), usual)
    return max(SEPARATORS, key=lambda each: scores[each])


def _quote(lines: list[str], separator: str) -> str:
    """The quotes around cells: single ones where all cells of the first line are in them."""
    cells = [cell.strip() for cell in lines[0].split(separator)]
    single = all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
    return "'" if single and not any('"' in line for line in lines) else '"'


def _names_fewer(above: list[str], first: list[str]) -> bool:
    """Does the line above one of values look like a header with too few names?"""
    return len(first) / 2 < len(above) < len(first) and all(above) and not any(map(_is_value, above))


def _rows(lines: list[str], separator: str, quote: str = '"') -> list[tuple[int, list[str]]]:
    """The rows of lines that are not empty, each with the number of its line, from 0."""
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True)
    rows, start = [], 0
    try:
        for row in reader:
            if row and any(row[1:] + row[:1]):
                rows.append((start, row))
            start = reader.line_num
    except csv.Error:
        pass  # a cell that goes on behind the sample
    return rows or [(0, [""])]


def _above(rows: list[tuple[int, list[str]]]) -> tuple[int, bool]:
    """How many rows stand above the table, and does every line below the header end with a separator?"""
    usual = Counter(len(row) for _, row in rows[1:] or rows).most_common(1)[0][0]
    full = [row for _, row in rows if len(row) == usual]
    ends = usual > 1 and not any(row[-1] for row in full[1:] or full)
    titles = _titles([row for _, row in rows], usual)
    for at, (_, row) in enumerate(rows[:MAX_ABOVE]):
        if at < titles:
            continue
        if len(row) == usual:
            return at, False
        if ends and len(row) == usual - 1:
            return at, True
    return 0, False


def _titles(rows: list[list[str]], usual: int) -> int:
    """How many rows above the header are titles, which spreadsheets fill up with empty cells."""
    count = next((at for at, row in enumerate(rows[:MAX_ABOVE]) if any(row[1:])), 0)
    alone = sum(not any(row[1:]) for row in rows)
    return count if usual > 1 and alone == count and any(row[0] for row in rows[:count]) else 0


def _has_header(first: list[str], rows: list[list[str]]) -> bool:
    """Does the first line hold names? It holds values if they are like those below."""
    rows = rows[: max(MIN_ROWS_LOOKED_AT, CELLS_LOOKED_AT // max(1, len(first)))]
    columns = [
        [row[at] for row in rows if at < len(row) and not is_missing_number(row[at])] for at in range(len(first))
    ]
    valued = [at for at, cells in enumerate(columns) if cells and sum(map(_is_value, cells)) >= 0.9 * len(cells)]
    if valued:
        if all(_letters(first[at]) not in {"", *map(_letters, columns[at])} for at in valued):
            return True  # such as t0 above 3.5
        if not all(_is_value(first[at]) or is_missing_number(first[at]) for at in valued):
            return True
        if not any(_is_value(first[at]) for at in valued):
            return True
        numbers = [first[at] for at in valued if first[at].isdigit()]
        steps = {int(other) - int(one) for one, other in zip(numbers, numbers[1:], strict=False)}
        return len(numbers) == len(valued) > 1 and steps == {1}  # years, or other numbers in turn
    if len(rows) < MIN_AGAIN:
        return True
    return not all(cell in cells for cell, cells in zip(first, columns, strict=True))


def _letters(cell: str) -> str:
    return "".join(filter(str.isalpha, cell))


def _is_value(cell: str) -> bool:
    cell = cell.strip()
    return bool(TEXT.fullmatch(cell) or DATE.fullmatch(cell))
