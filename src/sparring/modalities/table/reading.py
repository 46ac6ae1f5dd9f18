"""Read files as tables."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...data.in_memory import InMemory
from ...errors import UserError

MAX_ROWS = 20_000_000
EMPTY = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A"]  # texts that mean an empty cell


def _text(path: Path) -> pd.DataFrame:
    options: dict[str, Any] = {"na_values": EMPTY, "keep_default_na": False, "skipinitialspace": True}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "error", pd.errors.ParserWarning
        )  # the ends of rows that are longer than the header would be lost
        frame = pd.read_csv(path, sep=_separator(path), low_memory=False, index_col=False, **options)
        floats = [
            name
            for name in frame.columns
            if frame[name].dtype == np.float64 and frame[name].isna().any() and frame[name].notna().any()
        ]
        whole = [name for name in floats if not (frame[name].dropna() % 1).any()]
        if whole:  # perhaps integers: pandas reads columns with empty cells as floats
            again = pd.read_csv(path, sep=_separator(path), usecols=whole, dtype_backend="numpy_nullable", **options)
            frame = frame.assign(
                **{name: again[name] for name in whole if pd.api.types.is_integer_dtype(again[name].dtype)}
            )
    return frame


def _separator(path: Path) -> str:
    """A tab for .tsv; else the one of comma, semicolon, tab and bar that is most frequent in the first line."""
    import gzip

    if ".tsv" in path.suffixes:
        return "\t"
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        first = file.readline(1 << 20)
    return max(",;\t|", key=first.count)


def _refuse_duplicates(path: Path) -> None:
    """Raises UserError where two columns have the same name, which pandas would rename."""
    names = (
        pd.read_csv(path, sep=_separator(path), header=None, nrows=1, dtype=str, keep_default_na=False).iloc[0].tolist()
    )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{path} has two columns named '{twice[0]}'; give each a name of its own")


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _text,
    ".csv.gz": _text,
    ".tsv": _text,
    ".tsv.gz": _text,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".arrow": pd.read_feather,
    ".xlsx": pd.read_excel,
}


def suffix_of(path: Path) -> str | None:
    """The suffix in READERS of this file; None where there is none."""
    return next((suffix for suffix in READERS if path.name.lower().endswith(suffix)), None)


def read_file(path: Path) -> pd.DataFrame:
    """Raises UserError where the file is no whole table."""
    suffix = suffix_of(path)
    assert suffix
    try:
        if READERS[suffix] is _text:
            _refuse_duplicates(path)
        return checked(READERS[suffix](path), str(path))
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8, for example with `iconv -f latin1 -t "
            "utf8`"
        ) from None
    except ImportError as error:
        raise UserError(
            f'reading {path.name} needs {error.name or error}; run: pip install "sparring[table]"'
        ) from None
    except PermissionError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile, pd.errors.ParserWarning) as error:
        raise UserError(f"{path} is not a whole table: {' '.join(str(error).split())[:200]}") from None


def from_polars(frame: Any) -> pd.DataFrame:
    """A polars DataFrame, or another table with `to_pandas`, as a pandas DataFrame.

    Integers stay integers where some are missing.
    """
    kinds = frame.schema.items() if hasattr(frame.schema, "items") else ()
    return frame.to_pandas().astype(
        {name: "Int64" for name, kind in kinds if kind.is_integer() and frame[name].null_count()}
    )


def from_memory(memory: InMemory) -> pd.DataFrame:
    """The table of a Python program. Raises UserError where labels come beside it or there is nothing in it."""
    if memory.labels is not None:
        raise UserError("the labels of a table are one of its columns: put them into it")
    data = memory.data
    return checked(from_polars(data) if hasattr(data, "to_pandas") else data, f"the data in {memory}")


def checked(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """The table with texts as names of columns. Raises UserError where it is too small or too large."""
    frame = frame.rename(columns=str).reset_index(drop=True)
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
    return frame.apply(_plain)


def _plain(values: pd.Series) -> pd.Series:
    """Sparse columns as dense ones, decimals as floats."""
    if isinstance(values.dtype, pd.SparseDtype):
        return values.sparse.to_dense()
    first = next(iter(values.dropna()[:1]), None) if values.dtype == object or "decimal" in str(values.dtype) else None
    return values.astype(np.float64) if isinstance(first, Decimal) else values
