"""The Parquet files of a table, read part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from ....errors import UserError
from ....util.progress import bar
from ..frames import FrameLayout, plain_frame

MAX_CELLS = 50_000_000  # of a table that is read as a whole
BATCH_CELLS = 4_000_000  # that are read at once
FIRST_ROWS = 1000
POSITION = "__position__"  # of a row among all, as a column of frames


def parts_of(path: Path) -> list[Path]:
    """The Parquet files of a table: the file, or those of a folder that holds nothing else; [] for other paths."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".parquet" else []
    found = sorted(each for each in path.iterdir() if not each.name.startswith((".", "_"))) if path.is_dir() else []
    return found if all(each.suffix.lower() == ".parquet" and each.is_file() for each in found) else []


def rows_and_columns(parts: Sequence[Path]) -> tuple[int, list[str]]:
    """How many rows all files have together, and the names of their columns.

    Raises UserError where a file is not whole, or the columns differ.
    """
    rows, names = 0, list[str]()
    for part in parts:
        try:
            about = parquet.read_metadata(part)
            mine = parquet.read_schema(part).names
        except (OSError, pa.ArrowException) as error:
            raise UserError(f"{part} is not a whole Parquet file: {str(error).splitlines()[0][:160]}") from None
        if names and mine != names:
            other = next(iter(set(mine) ^ set(names)), "their order")
            raise UserError(
                f"{part} has other columns than {parts[0].name} ('{other}'); all files of a table have the same"
            )
        names, rows = mine, rows + about.num_rows
    if POSITION in names:
        raise UserError(f"{parts[0]} has a column named '{POSITION}', which is taken for places of rows; rename it")
    return rows, names


def layout_of(parts: Sequence[Path]) -> FrameLayout:
    """What the first rows have beside their values."""
    with parquet.ParquetFile(parts[0]) as file:
        return plain_frame(next(file.iter_batches(FIRST_ROWS)).to_pandas())[1]


def frames(parts: Sequence[Path], what: str) -> Iterator[pd.DataFrame]:
    """All rows as plain tables, many at once, with their positions. what: shown with the progress."""
    rows, names = rows_and_columns(parts)
    start = 0
    with bar(rows, what) as advance:
        for part in parts:
            with parquet.ParquetFile(part) as file:
                for batch in file.iter_batches(max(1, BATCH_CELLS // len(names))):
                    frame, _ = plain_frame(batch.to_pandas())
                    frame[POSITION] = np.arange(start, start + len(frame))
                    start += len(frame)
                    yield frame
                    advance(len(frame))
