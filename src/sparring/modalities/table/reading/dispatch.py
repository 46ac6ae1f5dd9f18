"""Read files as tables."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ....data.in_memory import InMemory
from ....errors import UserError
from ....util.json_lines import objects
from ....util.text_encodings import decoded
from ..frames import FrameLayout, plain_frame
from ..text_formats.text_columns import TextColumn
from .excel import read_excel
from .text_files import read_text_file

MAX_ROWS = 20_000_000
TEXT_FILES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
JSON_LINES = (".jsonl", ".ndjson")
READERS = (*TEXT_FILES, *JSON_LINES, ".parquet", ".feather", ".arrow", ".xlsx")


class Table(NamedTuple):
    """A table as it was read.

    texts: how a text file writes its columns; None for tables whose columns have types. dialect: of a text file, as
    TableCodec keeps it. notes: what was guessed or left out, for people. layout: what a DataFrame had beside values.
    """

    frame: pd.DataFrame
    texts: Mapping[str, TextColumn] | None = None
    dialect: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    layout: FrameLayout = FrameLayout()


def suffix_of(path: Path) -> str | None:
    """The suffix in READERS of this file; None where there is none. A folder is one of Parquet files."""
    if path.is_dir():
        return ".parquet"
    return next((suffix for suffix in READERS if path.name.lower().endswith(suffix)), None)


def read_file(path: Path, encoding: str | None = None, sheet: str | None = None) -> Table:
    """Read a table. encoding, sheet: of a text file and an Excel file, as a person says.

    Raises UserError where the file is no whole table.
    """
    suffix = suffix_of(path)
    assert suffix
    if encoding is not None and suffix not in TEXT_FILES + JSON_LINES:
        raise UserError(f"--encoding is for text files, and {path.name} is none; leave it out")
    if sheet is not None and suffix != ".xlsx":
        raise UserError(f"--sheet is for Excel files, and {path.name} is none; leave it out")
    try:
        return _read(path, suffix, encoding, sheet)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not {error.encoding} text (byte {error.start}); say its --encoding, or save it as UTF-8"
        ) from None
    except ImportError as error:
        raise UserError(
            f'reading {path.name} needs {error.name or error}; run: pip install "sparring[table]"'
        ) from None
    except PermissionError:
        raise
    except (OSError, ValueError, KeyError, EOFError, csv.Error, zlib.error, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is not a whole table: {' '.join(str(error).split())[:200]}") from None


def _read(path: Path, suffix: str, encoding: str | None, sheet: str | None) -> Table:
    if suffix in TEXT_FILES:
        text = read_text_file(path, encoding)
        return Table(checked(text.frame, str(path)), text.texts, text.dialect.describe(), text.notes)
    if suffix in JSON_LINES:
        content, notes = decoded(path.read_bytes(), encoding)
        rows = objects(content, str(path), 'write one row a line, such as {"age": 31}')
        return table_of(rows, str(path))._replace(notes=notes)
    if suffix == ".xlsx":
        frame, notes = read_excel(path, sheet)
        return table_of(frame, str(path))._replace(notes=notes)
    return table_of(pd.read_parquet(path) if suffix == ".parquet" else pd.read_feather(path), str(path))


def from_memory(memory: InMemory) -> Table:
    """The table of a Python program. Raises UserError where labels come beside it or there is nothing in it."""
    if memory.labels is not None:
        raise UserError("the labels of a table are one of its columns: put them into it")
    return table_of(memory.data, f"the data in {memory}")


def table_of(data: Any, where: str) -> Table:
    """A DataFrame of pandas or polars, or another table that knows `to_pandas`. Raises UserError as `checked` does."""
    frame, layout = plain_frame(data)
    return Table(checked(frame, where), layout=layout)


def checked(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """The table. Raises UserError where it is too small or too large."""
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise UserError(f"{where} has two columns named '{twice[0]}'; give each a name of its own")
    if not len(frame.columns) or len(frame) < 2:
        raise UserError(
            f"{where} has {len(frame)} rows and {len(frame.columns)} columns; at least two rows are needed to learn "
            "from"
        )
    if len(frame) > MAX_ROWS:
        raise UserError(f"{where} has {len(frame):,} rows, more than {MAX_ROWS:,}; give a sample of it")
    return frame
