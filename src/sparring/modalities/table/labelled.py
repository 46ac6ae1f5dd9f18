"""Rows of a table in classes, as classifiers of a target column learn from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from ...errors import UserError, nearest
from ...metrics.efficacy import target_column
from ..labelled import Labelled
from .codes import row_hashes
from .export import WRITERS, Style, write_frame
from .source import TableSource, held_out

MARK = "synthetic"  # the column that says of each row whether it was generated
MAX_CLASSES = 100
UNWRITTEN = {".feather": ".parquet", ".arrow": ".parquet", ".ndjson": ".jsonl", ".tsv.gz": ".tsv"}


class LabelledRows(Labelled):
    """Values are cells: float64, N x learned columns, the target among them.

    place: of the target among the learned columns. numeric: for each learned column, are its cells numbers? Rows
    without a value of the target are left out. Raises UserError where the target cannot be classes.
    """

    task = "table"
    source: TableSource

    def __init__(self, source: TableSource, target: str | None):
        table = source.table
        assert table is not None, "opened with keep_rows"
        codec = source.codec
        self.source, self.codec, self._table = source, codec, table
        cells = codec.cells(table.frame)
        self.numeric = source.numeric
        self.place = _place(source, target, cells)
        column = codec.learned[self.place]
        self.target = column.name
        known = ~np.isnan(cells[:, self.place])
        self._rows = np.flatnonzero(known)
        self._cells = cells[known]
        numbers = self._cells[:, self.place].astype(np.int64)
        present = np.unique(numbers)
        _check_classes(column.name, present)
        self._categories = present
        self.classes = tuple(str(column.categories[number]) for number in present)
        self.labels = np.searchsorted(present, numbers)
        self.splits = np.where(held_out(row_hashes(cells))[known], "test", "train")
        left = int((~known).sum())
        guessed = "" if target else " (the last column with 2 to 20 categories; another one with --target)"
        self.notes = (
            f"Target: {self.target}, {len(self.classes)} classes{guessed}.",
            *([f"{left:,} rows without a value of {self.target} are not used."] if left else []),
        )

    @property
    def inputs(self) -> list[int]:
        """Places of the columns from which the target is told."""
        return [at for at in range(len(self.numeric)) if at != self.place]

    def values(self, positions: np.ndarray) -> np.ndarray:
        return self._cells[positions]

    def blind(self, positions: np.ndarray) -> np.ndarray:
        found = self._cells[positions].copy()
        found[:, self.place] = np.nan
        return found

    @property
    def groups(self) -> np.ndarray:
        """Equal rows are different people."""
        return np.arange(len(self.labels))

    def encoded(self, codec: Any, values: np.ndarray) -> Tensor:
        same = codec.columns == self.codec.columns
        return codec.encode(values if same else codec.cells(self.codec.frame(values)))

    def features(self, values: np.ndarray) -> np.ndarray:
        return self.codec.encode(values).numpy()

    def part(self, train: np.ndarray, held: np.ndarray) -> TableSource:
        rows = self._rows[np.concatenate([train, held])]
        names = [column.name for column in self.source.fields]
        frame = self._table.frame.iloc[rows][names].reset_index(drop=True)
        table = self._table._replace(frame=frame, notes=())
        apart = np.arange(len(rows)) >= len(train)
        return TableSource(frame, self.source.name, like=self.codec, table=table, held=apart)

    def check(self, gan: Any) -> None:
        names, own = ([column.name for column in codec.columns] for codec in (gan.codec, self.codec))
        if missing := [name for name in own if name not in names]:
            raise UserError(f"the run makes no column '{missing[0]}': it was trained on another table")
        for number in range(len(self.classes)):
            self.draw(gan, number, range(1), 0)

    def draw(self, gan: Any, number: int, indices: range, seed: int) -> np.ndarray:
        name, value = (text.replace("'", "''") for text in (self.target, self.classes[number]))
        made = gan.at(indices, seed, where=f"'{name}' = '{value}'")
        if gan.codec.columns != self.codec.columns:
            made = self.codec.cells(gan.codec.frame(made))
        made[:, self.place] = self._categories[number]
        return made

    def write(self, out: Path, test: np.ndarray, generated: np.ndarray, labels: np.ndarray, seed: int) -> Path:
        """One file like the one that came: its rows, then the generated ones, told apart by one more column."""
        codec, frame = self.codec, self._table.frame
        real = codec.frame(codec.cells(frame))
        for column in codec.columns:
            if not column.learned:  # what is invented for new rows
                real[column.name] = frame[column.name].to_numpy()
        made = codec.frame(generated, len(real), seed)
        whole = pd.concat([real, made], ignore_index=True)
        mark = next(name for name in (MARK, *(f"{MARK}_{at}" for at in range(2, 100))) if name not in whole.columns)
        marked = np.arange(len(whole)) >= len(real)

        def texts(shown: pd.DataFrame) -> tuple[pd.DataFrame, frozenset[str]]:
            written, harmless = codec.texts(shown)
            return written.assign(**{mark: np.where(shown[mark], "yes", "no")}), harmless

        path = out / f"data{self._suffix()}"
        style = Style(codec.frame(codec.example[None]).assign(**{mark: True}), texts, **codec.dialect)
        write_frame(whole.assign(**{mark: marked}), path, style)
        return path

    def _suffix(self) -> str:
        """That of the file which the table came from, where such files are written; else .csv."""
        found = self.source.suffix or ".csv"
        found = UNWRITTEN.get(found, found)
        return found if found in WRITERS else ".csv"


def _place(source: TableSource, target: str | None, cells: np.ndarray) -> int:
    """The place of the target among the learned columns. Raises UserError where it holds no classes."""
    learned = source.codec.learned
    names = [column.name for column in source.fields]
    if target is not None and target not in names:
        raise UserError(f"there is no column '{target}' in {source.name}; {nearest(target, names)}")
    kind = next((column.kind for column in source.fields if column.name == target), "")
    if kind and not any(column.name == target for column in learned):
        raise UserError(
            f"column '{target}' is of type {kind} and not learned: choose another --target, or read it as classes "
            f"with --type {target}=category"
        )
    place = target_column(cells, source.numeric) if target is None else [each.name for each in learned].index(target)
    if place is None:
        raise UserError(f"every column of {source.name} holds one value only, so there is no target to tell")
    if source.numeric[place] and target is None:
        raise UserError(
            f"{source.name} has no column with 2 to 20 categories that could be a target; name it: --target"
        )
    if source.numeric[place]:
        raise UserError(
            f"column '{target}' holds numbers, and augment tells classes apart: choose a column of categories with "
            f"--target, or read it as classes with --type {target}=category"
        )
    return place


def _check_classes(name: str, present: np.ndarray) -> None:
    if len(present) < 2:
        raise UserError(
            f"column '{name}' holds one class only, and two are needed to tell apart; choose another --target"
        )
    if len(present) > MAX_CLASSES:
        raise UserError(
            f"column '{name}' holds {len(present):,} classes, more than {MAX_CLASSES}: choose another --target"
        )
