"""Rows to files and databases, a part at a time: any number of them in bounded memory."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError
from ...util.files import atomic_write, write_bytes
from .codec import TableCodec
from .plots import preview

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet would run
MOST_OF_EXCEL = 1_048_575  # rows below the header
Frames = Iterable[pd.DataFrame]


def write(values: np.ndarray, labels: Any, out: Path, grid: bool, codec: TableCodec, seed: int = 0) -> list[Path]:
    """As write_parts, of rows that are all there. grid: histograms."""
    return write_parts([values], Path(out) / "rows.png" if grid and not Path(out).suffix else Path(out), codec, seed)


def write_parts(parts: Iterable[np.ndarray], out: Path, codec: TableCodec, seed: int = 0) -> list[Path]:
    """.csv, .csv.gz, .parquet, .jsonl, .xlsx, or .png (histograms); a name without a suffix becomes a folder with rows.csv and rows.png.

    Texts that a spreadsheet would run as formulas get an apostrophe before them in .csv and .xlsx. Returns the paths; raises UserError for
    another suffix. seed: of identifiers and texts, which are made up.
    """
    if out.is_dir() or "." not in out.name:
        kept: list[np.ndarray] = []
        paths = write_parts(_kept(parts, kept), out / "rows.csv", codec, seed)
        return paths + write_parts(kept, out / "rows.png", codec, seed)
    suffix = next((suffix for suffix in WRITERS if out.name.lower().endswith(suffix)), None)
    if suffix is None and out.suffix.lower() != ".png":
        raise UserError(
            f"Rows cannot be written as {out.suffix} ({out}): use {', '.join(WRITERS)}, .png, or a folder's name without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    if suffix is None:
        sheet = io.BytesIO()
        preview(np.concatenate(list(parts)), 0, codec).save(sheet, "PNG")
        write_bytes(out, sheet.getvalue())
        return [out]
    with atomic_write(out) as path:
        WRITERS[suffix](_frames(parts, codec, seed), path, codec.frame(codec.example[None]))
    return [out]


def write_frame(frame: pd.DataFrame, out: Path) -> None:
    """One whole table to a file with one of the suffixes of WRITERS."""
    suffix = next(suffix for suffix in WRITERS if out.name.lower().endswith(suffix))
    with atomic_write(out) as path:
        WRITERS[suffix]([frame], path, frame)


def write_sql(parts: Iterable[np.ndarray], url: str, table: str, codec: TableCodec, seed: int = 0) -> None:
    """Append to a table of a database that SQLAlchemy can open; it is made where there is none."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for frame in _frames(parts, codec, seed):
            frame.to_sql(table, connection, if_exists="append", index=False)


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts that a spreadsheet would run as a formula, with an apostrophe before them."""
    found = frame.copy()
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name]):
            found[name] = frame[name].astype(object).map(_defused, na_action="ignore")
    return found


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _kept(parts: Iterable[np.ndarray], kept: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The parts, of which the first are kept for the histograms."""
    for part in parts:
        if len(kept) < 1000:
            kept.append(part)
        yield part


def _frames(parts: Iterable[np.ndarray], codec: TableCodec, seed: int) -> Iterator[pd.DataFrame]:
    first = 0
    for part in parts:
        yield codec.frame(part, first, seed)
        first += len(part)


def _csv(frames: Frames, path: Path, full: pd.DataFrame) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _to_csv(frames, file)


def _csv_gz(frames: Frames, path: Path, full: pd.DataFrame) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed,
        io.TextIOWrapper(packed, "utf-8", newline="") as file,
    ):
        _to_csv(frames, file)


def _to_csv(frames: Frames, file: Any) -> None:
    for number, frame in enumerate(frames):
        defused(frame).to_csv(file, index=False, header=number == 0, lineterminator="\n")


def _jsonl(frames: Frames, path: Path, full: pd.DataFrame) -> None:
    with path.open("w", encoding="utf-8") as file:
        for frame in frames:
            file.write(frame.to_json(orient="records", lines=True, date_format="iso", force_ascii=False).rstrip("\n") + "\n")


def _parquet(frames: Frames, path: Path, full: pd.DataFrame) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UserError('writing Parquet needs pyarrow; run: pip install "sparring[table]"') from None
    schema = pyarrow.Schema.from_pandas(full, preserve_index=False)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for frame in frames:
            writer.write_table(pyarrow.Table.from_pandas(frame, schema, preserve_index=False))


def _xlsx(frames: Frames, path: Path, full: pd.DataFrame) -> None:
    whole = defused(pd.concat(list(frames), ignore_index=True))
    if len(whole) > MOST_OF_EXCEL:
        raise UserError(f"a sheet of Excel holds {MOST_OF_EXCEL:,} rows; write .csv or .parquet")
    for name in whole.columns:
        if isinstance(whole[name].dtype, pd.DatetimeTZDtype):  # which Excel does not know
            whole[name] = whole[name].map(lambda time: time.isoformat(), na_action="ignore")
    try:
        whole.to_excel(path, index=False, engine="openpyxl")
    except ImportError:
        raise UserError('writing Excel files needs openpyxl; run: pip install "sparring[table]"') from None


# A table in parts, where it goes, and rows with something in every column, which tell the types.
WRITERS: dict[str, Callable[[Frames, Path, pd.DataFrame], None]] = {
    ".csv": _csv,
    ".csv.gz": _csv_gz,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".xlsx": _xlsx,
}
