"""Write rows to files and databases, a part at a time, so that the memory is bounded."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError
from ...util.files import atomic_write, write_bytes
from ...util.spreadsheets import defused, excel_text
from .codec import TableCodec
from .plots import histograms

MAX_EXCEL_ROWS = 1_048_575  # below the header
MAX_PLOTTED_PARTS = 1000  # whose rows the histograms show
Frames = Iterable[pd.DataFrame]


@dataclass(frozen=True)
class Style:
    """How a table is written.

    full: one row without empty cells, which tells the types. texts: a table -> its columns as text files have them, and
    the names of columns that no spreadsheet takes for formulas. separator, header, bom, unnamed: see `dialects`.
    """

    full: pd.DataFrame
    texts: Callable[[pd.DataFrame], tuple[pd.DataFrame, frozenset[str]]] = lambda frame: (frame, frozenset())
    separator: str = ","
    header: bool = True
    bom: bool = False
    unnamed: Sequence[str] = ()


def write(values: np.ndarray, out: Path, grid: bool, codec: TableCodec, seed: int = 0) -> list[Path]:
    """Write all rows as `write_stream` does. grid: only histograms go into a folder."""
    return write_stream([values], Path(out) / "rows.png" if grid and not Path(out).suffix else Path(out), codec, seed)


def write_stream(
    parts: Iterable[np.ndarray], out: Path, codec: TableCodec, seed: int = 0, first: int = 0
) -> list[Path]:
    """Write rows that come in parts to .csv, .csv.gz, .tsv, .parquet, .jsonl, .xlsx or .png (histograms).

    A name without a suffix becomes a folder with rows.csv and rows.png. In .csv and .xlsx an apostrophe is put before
    texts that a spreadsheet would run as formulas. seed: of invented identifiers and texts. first: number of the first
    row, where these are a part of a larger table. Returns the paths. Raises UserError for another suffix.
    """
    if out.is_dir() or "." not in out.name:
        kept: list[np.ndarray] = []
        paths = write_stream(_kept(parts, kept), out / "rows.csv", codec, seed, first)
        return paths + write_stream(kept, out / "rows.png", codec, seed)
    suffix = next((suffix for suffix in WRITERS if out.name.lower().endswith(suffix)), None)
    if suffix is None and out.suffix.lower() != ".png":
        raise UserError(
            f"Rows cannot be written as {out.suffix} ({out}): use {', '.join(WRITERS)}, .png, or the name of a "
            "folder, without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    if suffix is None:
        sheet = io.BytesIO()
        histograms(np.concatenate(list(parts)), codec).save(sheet, "PNG")
        write_bytes(out, sheet.getvalue())
        return [out]
    with atomic_write(out) as path:
        WRITERS[suffix](_frames(parts, codec, seed, first), path, style_of(codec))
    return [out]


def write_frame(frame: pd.DataFrame, out: Path, style: Style | None = None) -> None:
    """Write one table to a file with one of the suffixes of WRITERS."""
    suffix = next(suffix for suffix in WRITERS if out.name.lower().endswith(suffix))
    with atomic_write(out) as path:
        WRITERS[suffix]([frame], path, style or Style(frame))


def style_of(codec: TableCodec) -> Style:
    """How the tables of a codec are written: as the one that was learned from."""
    return Style(codec.frame(codec.example[None]), codec.texts, **codec.dialect)


def write_sql(parts: Iterable[np.ndarray], url: str, table: str, codec: TableCodec, seed: int = 0) -> None:
    """Append rows to a table of a database that SQLAlchemy can open. The table is created where there is none."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for frame in _frames(parts, codec, seed):
            frame.to_sql(table, connection, if_exists="append", index=False)


def defused_frame(frame: pd.DataFrame, harmless: frozenset[str] = frozenset()) -> pd.DataFrame:
    """With an apostrophe before texts and names of columns that a spreadsheet would run as a formula.

    harmless: Columns whose texts stay as they are.
    """
    found = frame.copy()
    for name in frame.columns:
        typed = pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_datetime64_any_dtype(frame[name])
        if not typed and name not in harmless:
            found[name] = frame[name].astype(object).map(defused, na_action="ignore")
    return found.set_axis(found.columns.map(defused), axis=1)


def _kept(parts: Iterable[np.ndarray], kept: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The parts; the first ones are appended to `kept` too."""
    for part in parts:
        if len(kept) < MAX_PLOTTED_PARTS:
            kept.append(part)
        yield part


def _frames(parts: Iterable[np.ndarray], codec: TableCodec, seed: int, first: int = 0) -> Iterator[pd.DataFrame]:
    for part in parts:
        yield codec.frame(part, first, seed)
        first += len(part)


def _csv(frames: Frames, path: Path, style: Style) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _to_csv(frames, file, style)


def _csv_gz(frames: Frames, path: Path, style: Style) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed,
        io.TextIOWrapper(packed, "utf-8", newline="") as file,
    ):
        _to_csv(frames, file, style)


def _tsv(frames: Frames, path: Path, style: Style) -> None:
    _csv(frames, path, replace(style, separator="\t"))


def _to_csv(frames: Frames, file: Any, style: Style) -> None:
    file.write("\ufeff" if style.bom else "")
    for number, frame in enumerate(frames):
        texts = defused_frame(*style.texts(frame)).rename(columns=dict.fromkeys(style.unnamed, ""))
        header = style.header and number == 0
        texts.to_csv(file, index=False, header=header, sep=style.separator, lineterminator="\n")


def _jsonl(frames: Frames, path: Path, style: Style) -> None:
    with path.open("w", encoding="utf-8") as file:
        for frame in frames:
            # As objects, because pandas before 3 writes whole numbers of a column with gaps as 20.0.
            plain = frame.astype({name: object for name in frame if frame[name].dtype.kind in "iu"})
            text = plain.to_json(orient="records", lines=True, date_format="iso", force_ascii=False)
            file.write(text.rstrip("\n") + "\n")


def _parquet(frames: Frames, path: Path, style: Style) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UserError('writing Parquet needs pyarrow; run: pip install "sparring[table]"') from None
    schema = pyarrow.Schema.from_pandas(style.full, preserve_index=False)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for frame in frames:
            writer.write_table(pyarrow.Table.from_pandas(frame, schema, preserve_index=False))


def _xlsx(frames: Frames, path: Path, style: Style) -> None:
    whole = defused_frame(pd.concat(list(frames), ignore_index=True))
    if len(whole) > MAX_EXCEL_ROWS:
        raise UserError(f"a sheet of Excel holds {MAX_EXCEL_ROWS:,} rows; write .csv or .parquet")
    for name in whole.columns:
        if isinstance(whole[name].dtype, pd.DatetimeTZDtype):  # Excel knows no time zones
            whole[name] = whole[name].map(lambda time: time.isoformat(), na_action="ignore")
    for name in whole.select_dtypes(object):
        whole[name] = whole[name].map(excel_text, na_action="ignore")
    try:
        whole.set_axis(whole.columns.map(excel_text), axis=1).to_excel(path, index=False, engine="openpyxl")
    except ImportError:
        raise UserError('writing Excel files needs openpyxl; run: pip install "sparring[table]"') from None


# Each takes a table in parts, the path and the style.
WRITERS: dict[str, Callable[[Frames, Path, Style], None]] = {
    ".csv": _csv,
    ".csv.gz": _csv_gz,
    ".tsv": _tsv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".xlsx": _xlsx,
}
