"""A table larger than memory: its cells lie in files, and its codec rests on a sample that all rows are held against.

Two passes over Parquet files. The first takes a sample (see `sample`), of which a table is made as of any other. The
second writes the cells of all rows. Rows that the sample did not foresee join it, and the second pass begins again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ....data.source import Split
from ....errors import UserError
from ....util import files
from ....util.versions import versions
from ..frames import layout_from
from ..options import TableOptions
from ..reading.dispatch import Table
from ..source import TableSource
from .parquet_parts import MAX_CELLS, POSITION, frames, layout_of, rows_and_columns
from .row_files import CELL, RowFile, RowWriter
from .sample import Unforeseen, divided, first_sample, is_held, joined

ROUNDS = 5
SAMPLE, FACTS = "sample.parquet", "facts.json"
SPLITS_KEPT: tuple[Split, ...] = ("train", "test")


def is_large(parts: Sequence[Path]) -> bool:
    """Whether the table is not read as a whole."""
    rows, names = rows_and_columns(parts)
    return rows * len(names) > MAX_CELLS


class LargeTable(TableSource):
    """A table of which the cells are read from files when they are asked for."""

    def __init__(self, name: str, options: TableOptions, folder: Path):
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        self._files = {split: RowFile(folder / split, facts[split], facts["columns"]) for split in SPLITS_KEPT}
        frame, held = divided(pd.read_parquet(folder / SAMPLE), facts["train"] + facts["test"])
        super().__init__(frame, name, **_asked(frame, facts["layout"], options), held=held)
        self._cells = {split: cells[:0] for split, cells in self._cells.items()}
        self.content_hash = hashlib.sha256(f"{self.content_hash} {facts['hash']}".encode()).hexdigest()
        self.report.duplicates = 0
        self.notes += (
            f"Types, values and relations were found in {len(frame):,} rows, and all rows were held against them; "
            "equal rows were not counted.",
        )

    def count(self, split: Split = "train") -> int:
        return self._files[split].count if split in self._files else 0

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        if split not in self._files:
            return super().values(indices, split)
        return self._files[split].rows(np.asarray(indices, dtype=np.int64))


def open_large(parts: Sequence[Path], name: str, options: TableOptions) -> LargeTable:
    """Raises UserError where the files are no table to learn from, or the disk has no room for its cells."""
    stamps = [[str(part.resolve()), part.stat().st_size, part.stat().st_mtime_ns] for part in parts]
    about = json.dumps([versions(), stamps, options.model_dump()], sort_keys=True, default=str)
    folder = files.cache_folder("tables") / hashlib.sha256(about.encode()).hexdigest()[:32]
    if not (folder / FACTS).is_file():
        _build(parts, name, options, folder)
    return LargeTable(name, options, folder)


def _asked(frame: pd.DataFrame, layout: dict[str, Any], options: TableOptions) -> dict[str, Any]:
    return {
        "table": Table(frame, layout=layout_from(layout)),
        "types": options.types,
        "constraints": options.constraints,
        "ignored_relations": options.ignored_relations,
    }


def _build(parts: Sequence[Path], name: str, options: TableOptions, folder: Path) -> None:
    rows, names = rows_and_columns(parts)
    needed, free = rows * len(names) * CELL.itemsize, shutil.disk_usage(folder.parent).free
    if needed > free:
        raise UserError(
            f"the cells of {name} take up to {needed >> 20:,} MB, and {folder.parent} has room for {free >> 20:,} MB; "
            "set SPARRING_CACHE to a folder on a larger disk"
        )
    aside = files.temporary_path(folder)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        layout = layout_of(parts).describe()
        sample = first_sample(frames(parts, "Reading the table for a sample"), rows)
        for number in range(1, ROUNDS + 1):
            sample.to_parquet(aside / SAMPLE)
            frame, held = divided(pd.read_parquet(aside / SAMPLE), rows)  # as it will be read again
            source = TableSource(frame, name, **_asked(frame, layout, options), held=held)
            unforeseen = Unforeseen(source, frame, last=number == ROUNDS)
            facts = _write_cells(parts, rows, source, unforeseen, aside)
            if not unforeseen.rows:
                break
            sample = joined([sample, *unforeseen.rows])
        else:
            raise UserError(
                f"{name} holds rows that no sample foresees ({_shown(unforeseen.rows[0])}); give --type for their "
                "columns, or switch relations off with --ignore-relation"
            )
        files.write_json(aside / FACTS, {**facts, "layout": layout})
        files.replace_folder(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_cells(
    parts: Sequence[Path], rows: int, source: TableSource, unforeseen: Unforeseen, folder: Path
) -> dict[str, Any]:
    """Write the cells of all rows by split. Returns the facts of the files."""
    writers = {split: RowWriter(folder / split) for split in SPLITS_KEPT}
    try:
        for batch in frames(parts, "Reading the table"):
            held = is_held(batch[POSITION].to_numpy(), rows)
            cells = source.codec.cells(batch)
            unforeseen.look(batch, cells, held)
            writers["train"].write(cells[~held])
            writers["test"].write(cells[held])
    finally:
        for writer in writers.values():
            writer.close()
    total = " ".join(writer.hash.hexdigest() for writer in writers.values())
    counts: dict[str, Any] = {split: writer.count for split, writer in writers.items()}
    return {**counts, "columns": source.shape[0], "hash": total}


def _shown(rows: pd.DataFrame) -> str:
    return f"row {int(rows[POSITION].iloc[0]) + 1:,} is one"
