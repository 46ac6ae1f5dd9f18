"""Tables that hold texts: which column is the text, which the label, which the split."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ...data.class_names import class_name
from ...data.label_tables import LABEL_COLUMNS, SPLIT
from ...data.splits import split_of
from ...errors import UserError
from ...util.json_lines import objects
from .decode import decoded, unpacked

CSV, JSON_LINES, PARQUET = (".csv", ".csv.gz", ".tsv", ".tsv.gz"), (".jsonl", ".ndjson"), (".parquet",)
SUFFIXES = (*CSV, *JSON_LINES, *PARQUET)
SEPARATORS = (",", "\t", ";", "|")
TEXT_NAMES = ("text", "texts", "sentence", "caption", "utterance", "prompt", "content", "message", "review", "comment")
LABEL_NAMES = (*LABEL_COLUMNS, "intent", "sentiment", "topic", "language")
HEAD_BYTES, HEAD_ROWS = 1 << 18, 1000  # by which a table of texts is told from others
MIN_WORDS, MIN_DISTINCT = 3, 0.5  # mean words of letters in free text; share of its values that differ
MAX_DIGITS = 0.3  # share of words with digits in them; dates and addresses have more
MAX_LABEL = 60  # characters of a label
NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?\s*%?\s*", re.IGNORECASE)
EASTERN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # letters that are written without spaces: three are about a word
WORD = re.compile(f"[{EASTERN}]{{1,3}}|[^\\s{EASTERN}]+")

Columns = dict[str, list[str | None]]


@dataclass(frozen=True)
class TextTable:
    """The columns of a table that matter. labels, splits: None where there is no such column."""

    texts: list[str | None]
    column: str
    labels: list[str | None] | None = None
    label_column: str | None = None
    splits: list[str | None] | None = None
    notes: list[str] = field(default_factory=list)


def is_table(name: str) -> bool:
    """Whether a file of this name is a table."""
    return name.lower().endswith(SUFFIXES)


def read(path: Path, encoding: str | None = None) -> Columns:
    """All columns of a table as texts; None where a cell is empty. Raises UserError where it is no whole table."""
    name = path.name.lower()
    if name.endswith(PARQUET):
        return _parquet(path)
    text = decoded(unpacked(path.read_bytes(), str(path)), str(path), encoding)
    if name.endswith(JSON_LINES):
        return of_records(objects(text, str(path), 'write one object a line, such as {"text": "..."}'))
    return _csv(text, str(path), name)


def head(path: Path) -> Columns | None:
    """The first rows of a table; None where it cannot be read, which is said when it is opened."""
    name = path.name.lower()
    try:
        if name.endswith(PARQUET):
            return _parquet(path, HEAD_ROWS)
        with open(path, "rb") as file:
            data = file.read(HEAD_BYTES)
        if data.startswith(b"\x1f\x8b"):
            data = zlib.decompressobj(wbits=31).decompress(data, HEAD_BYTES)
        lines = data.decode("utf-8-sig", "ignore").split("\n")
        text = "\n".join(lines[:-1] if len(data) >= HEAD_BYTES and len(lines) > 1 else lines)
        if name.endswith(JSON_LINES):
            rows = [json.loads(line) for line in text.split("\n")[:HEAD_ROWS] if line.strip()]
            return of_records(rows) if all(isinstance(row, dict) for row in rows) else None
        return _csv(text, str(path), name, HEAD_ROWS)
    except (UserError, OSError, ValueError, KeyError, ImportError, RecursionError, csv.Error, zlib.error):
        return None


def holds_texts(columns: Columns) -> bool:
    """Whether a table is texts beyond doubt: one column of free text, and beside it labels and splits at most."""
    free = [name for name, values in columns.items() if _is_free_text(values)]
    if len(free) != 1:
        return False
    others = {
        name: values
        for name, values in columns.items()
        if name not in free and not _is_index(name, values) and not (name.lower() == SPLIT and _are_splits(values))
    }
    one = len(others) <= 1 or all(name.lower() in LABEL_NAMES for name in others)
    return one and all(map(_is_label, others.values()))


def choose(columns: Columns, path: str, text_column: str | None, labels: str) -> TextTable:
    """The columns that are asked for, or stand out. Raises UserError where none does, or one is not there."""
    column = text_column or _text_column(columns, path)
    if column not in columns:
        raise UserError(f"{path} has no column '{column}': it has {', '.join(columns)}.")
    others = {name: values for name, values in columns.items() if name != column}
    splits = next((values for name, values in others.items() if name.lower() == SPLIT and _are_splits(values)), None)
    label = _label_column(others, path, labels)
    notes = [f"Texts are those of the column '{column}' (--recipe table learns rows of all columns)."]
    if label is not None and label not in columns:
        raise UserError(f"{path} has no column '{label}' to take labels from: it has {', '.join(columns)}.")
    unused = [name for name, values in others.items() if name != label and values is not splits]
    if unused:
        notes.append(f"Other columns are not used: {', '.join(unused[:8])}{' ...' if len(unused) > 8 else ''}.")
    return TextTable(columns[column], column, columns[label] if label else None, label, splits, notes)


def split_name(value: str | None) -> Any:
    """The split that a cell names; None for others."""
    return split_of(value) if value else None


def _text_column(columns: Columns, path: str) -> str:
    free = [name for name, values in columns.items() if _is_free_text(values)]
    named = [name for word in TEXT_NAMES for name in columns if name.lower() == word]
    if len(free) == 1 and not named:
        return free[0]
    if named and (not free or named[0] in free):
        return named[0]
    if len(columns) == 1:
        return next(iter(columns))
    raise UserError(f"{path} has the columns {', '.join(columns)}: say with --text-column which one holds the texts.")


def _label_column(others: Columns, path: str, labels: str) -> str | None:
    if labels == "none":
        return None
    if labels == "filename":
        raise UserError(f"{path} is a table, whose texts have no files: name the column of the labels with --labels.")
    if labels != "auto":
        return labels
    named = [name for word in LABEL_NAMES for name in others if name.lower() == word]
    like = [name for name, values in others.items() if _is_label(values) and name.lower() != SPLIT]
    return named[0] if named else like[0] if len(like) == 1 else None


def _full(values: Sequence[str | None]) -> list[str]:
    return [value for value in values if value is not None and value.strip()]


def _is_free_text(values: Sequence[str | None]) -> bool:
    some = _full(values[:HEAD_ROWS])
    words = [word for value in some for word in WORD.findall(value)]
    with_digits = sum(any(character.isdigit() for character in word) for word in words)
    of_letters = sum(any(character.isalpha() for character in word) for word in words)
    if not some or with_digits > MAX_DIGITS * len(words):
        return False
    return of_letters - with_digits >= MIN_WORDS * len(some) and len(set(some)) >= MIN_DISTINCT * len(some)


def _is_label(values: Sequence[str | None]) -> bool:
    """Few short values that come again, and no measured numbers."""
    some = _full(values[:HEAD_ROWS])
    if not some or max(map(len, some)) > MAX_LABEL or any("." in value and NUMBER.fullmatch(value) for value in some):
        return False
    return len(set(some)) <= max(2, len(some) / 4)


def _is_index(name: str, values: Sequence[str | None]) -> bool:
    """Numbers of rows, or identifiers, that nobody learns."""
    some = _full(values[:HEAD_ROWS])
    return name.lower() in ("", "id", "index", "unnamed: 0", "idx") and len(set(some)) == len(some)


def _are_splits(values: Sequence[str | None]) -> bool:
    return bool(_full(values)) and all(split_of(value) for value in set(_full(values)))


def _csv(text: str, where: str, name: str, most: int | None = None) -> Columns:
    separator = "\t" if ".tsv" in name else _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = next(reader, [])
        names = [cell.strip() or f"column {number + 1}" for number, cell in enumerate(header)]
        twice = [each for each, count in Counter(names).items() if count > 1]
        if not names or twice:
            raise UserError(f"{where} has {f'two columns named {twice[0]!r}' if twice else 'no header'}: mend it.")
        columns: Columns = {each: [] for each in names}
        for row in islice(reader, most):
            if not row:
                continue
            if len(row) > len(names):
                raise UserError(
                    f"{where}, line {reader.line_num:,}, has {len(row)} cells, and there are {len(names)} columns: put "
                    f"cells that hold a '{separator}' in quotes."
                )
            for each, cell in zip(names, [*row, *[""] * (len(names) - len(row))], strict=True):
                columns[each].append(cell or None)
    except csv.Error as error:
        raise UserError(f"{where}, line {reader.line_num:,}, is not CSV ({error}): mend it.") from None
    return columns


def _separator(text: str) -> str:
    """The one that parts the first lines into most columns, equally many in each; a comma where none does."""
    lines = [line.replace("\r", "") for line in islice(text.split("\n"), 20) if line.strip()]
    counts = {each: {len(row) for row in csv.reader(lines, delimiter=each)} for each in SEPARATORS}
    equal = [each for each, found in counts.items() if len(found) == 1 and max(found) > 1]
    return max(equal, key=lambda each: max(counts[each]), default=",")


def of_records(rows: Sequence[dict[str, Any]]) -> Columns:
    """The columns of rows; a cell is None where a row lacks it."""
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return {name: [_cell(row.get(name)) for row in rows] for name in names}


def _cell(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float | None):
        return class_name(value)
    try:
        return json.dumps(value)
    except TypeError:  # bytes, as of a picture
        return None


def _parquet(path: Path, most: int | None = None) -> Columns:
    try:
        import pyarrow.parquet
    except ImportError:
        raise UserError(f'Reading {path.name} needs pyarrow: pip install "sparring[table]".') from None
    try:
        file = pyarrow.parquet.ParquetFile(path)
        batches = file.iter_batches(batch_size=most or 65_536)
        return of_records([row for batch in islice(batches, 1 if most else None) for row in batch.to_pylist()])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is not a whole table ({str(error).splitlines()[0]}): write it again.") from None
