"""A table, opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ...data.in_memory import InMemory
from ...data.options import OpenContext
from ...data.source import SPLITS, ScanReport, Split, TabularSource
from ...data.splits import hold_out
from ...errors import UserError, nearest
from ...util.files import without_password
from ...util.random import mixed
from .codec import TableCodec
from .codes import MANY_COLUMNS, QUANTILES, QUANTILES_WIDE, Code, fit_code, row_hashes
from .column_groups import ColumnGroup, all_groups
from .column_notes import note
from .columns import DROP, Column, find
from .identifiers.linked import linked
from .options import TableOptions
from .reading import databases
from .reading import dispatch as reading
from .relations.constraints import constrained_groups, unique_columns
from .relations.relation import Lookup, Relation
from .relations.search import Relations, find_relations
from .strata import stratified

MAX_TYPES_SHOWN = 40  # columns whose types are printed
MAX_WIDTH = 20_000  # numbers of an encoded row
ONE_COLUMN = " (it was read as one column: cells are told apart by , ; | ^ or tabs)"
SMALL_TABLE = 1000  # training rows below which another recipe suits


class TableSource(TabularSource):
    """Values are cells: float64, N x learned columns (see `codes`). fields: all columns of the table, in order."""

    modality, unit = "table", "rows"
    classes = ()
    table: reading.Table | None = None  # as it was read, where the context asks to keep it
    suffix = ""  # of the file that it was read from

    def __init__(
        self,
        frame: pd.DataFrame,
        name: str,
        types: dict[str, str] | None = None,
        like: TableCodec | None = None,
        constraints: Sequence[str] = (),
        ignored_relations: Sequence[str] = (),
        table: reading.Table | None = None,
        held: np.ndarray | None = None,
    ):
        """held: which rows are held out for scoring, N bool; None: chosen by content."""
        self.name = name
        table = table or reading.Table(frame)
        if like is None:
            frame, types = _without_dropped(frame, types or {})
            types |= unique_columns(constraints, frame)
        self.fields: tuple[Column, ...] = find(frame, types, table.texts) if like is None else like.columns
        if like is None:
            self.fields, ignored_relations = linked(self.fields, frame, ignored_relations)
        learned = [column for column in self.fields if column.learned]
        if not learned:
            raise UserError(
                f"{name} has no column to learn from: all are identifiers or text; say with --type COLUMN=category "
                "which are not" + ONE_COLUMN * (len(self.fields) == 1)
            )
        self.shape, self.numeric = (len(learned),), tuple(column.numeric for column in learned)
        if like is None:
            cells = np.stack([column.cells(frame[column.name]) for column in learned], axis=1)
        else:
            cells = like.cells(frame)
        hashes = row_hashes(cells)
        self._chosen = "chosen by content, " if held is None else ""
        held = held_out(hashes) if held is None else held
        if like is None:
            asked = constrained_groups(constraints, learned, cells, ~held, name)
            found = find_relations(learned, cells, ~held, asked, ignored_relations)
            kept, related = (*asked, *found.groups), found.applied
        else:
            kept, related, found = like.constrained, like.relations, Relations()
        order = np.argsort(hashes, kind="stable")  # by content, whatever the order of the file
        self._cells: dict[Split, np.ndarray] = {
            "train": cells[order[~held[order]]],
            "test": cells[order[held[order]]],
            "validation": cells[:0],
        }
        self.content_hash = self._hash([*kept, *related])
        duplicates = len(hashes) - len(np.unique(hashes))
        self.report = ScanReport(counts={split: self.count(split) for split in SPLITS}, duplicates=duplicates)
        self.recipe = "table-small" if self.count("train") < SMALL_TABLE else None
        replaced = {each.target for each in related if each.replaces}
        codes = self._codes(all_groups(kept, learned, replaced), cells, related)
        self.codec = TableCodec(
            self.fields, codes, kept, related, dict(table.dialect or {}), table.layout.of(frame.columns)
        )
        width = self.codec.shape[0]
        if not 0 < width <= MAX_WIDTH:
            why = "leave columns out" if width else "every column holds one value only"
            raise UserError(f"{name} is {width:,} numbers a row wide when encoded; {why}")
        self.notes = (*table.notes, *self._notes(constraints), *found.notes)

    def _hash(self, kept: Sequence[ColumnGroup | Relation]) -> str:
        described = [column.describe() for column in self.fields] + [group.describe() for group in kept]
        about = json.dumps(described, sort_keys=True, default=str).encode()
        return hashlib.sha256(about + b"".join(self._cells[split].tobytes() for split in SPLITS)).hexdigest()

    def _notes(self, constraints: Sequence[str]) -> tuple[str, ...]:
        shown = [column.about() for column in self.fields[:MAX_TYPES_SHOWN]]
        more = f"; and {len(self.fields) - MAX_TYPES_SHOWN} more" if len(self.fields) > MAX_TYPES_SHOWN else ""
        apart = self.count("test")
        return (
            f"{self.count('train') + apart:,} rows of {len(self.fields)} columns: {'; '.join(shown)}{more}. "
            "Change a type with --type COLUMN=TYPE.",
            f"A row is {self.codec.shape[0]:,} numbers wide when encoded.",
            f"{apart:,} rows are held out for scoring, {self._chosen}and never trained on.",
            *([f"Holds in every row: {'; '.join(constraints)}."] if constraints else []),
            *(said for column in self.fields if (said := note(column))),
        )

    def _codes(self, groups: Sequence[ColumnGroup], cells: np.ndarray, related: Sequence[Relation]) -> tuple[Code, ...]:
        """The codes of the encoded cells of all groups. cells: of all rows."""
        kinds = [kind for group in groups for kind in group.coded]
        train, every = (
            np.concatenate([group.inner(rows[:, list(group.places)]) for group in groups], axis=1)
            for rows in (self._cells["train"], cells)
        )
        nullable = np.isnan(every).any(axis=0)
        kept = QUANTILES if len(kinds) <= MANY_COLUMNS else QUANTILES_WIDE
        codes = [fit_code(train[:, at], *kind, bool(nullable[at]), quantiles=kept) for at, kind in enumerate(kinds)]
        return tuple(stratified(codes, train, [numeric for numeric, _ in kinds], _together(groups, related)))

    def count(self, split: Split = "train") -> int:
        return len(self._cells[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._cells[split][np.asarray(indices, dtype=np.int64)]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} is a table: its columns are all learned, and none is a label")


def _together(groups: Sequence[ColumnGroup], related: Sequence[Relation]) -> dict[int, list[tuple[float, ...]]]:
    """For encoded cells by which another column is worked out, the values with which that has one value."""
    places = [group.places[0] if len(group.places) == 1 else None for group in groups for _ in group.coded]
    found: dict[int, list[tuple[float, ...]]] = {}
    for each in related:
        if isinstance(each, Lookup) and each.clock is None and each.shift is None and each.sources[0] in places:
            keys, values = np.array(each.keys), np.array(each.values)
            same = [tuple(keys[values == value].tolist()) for value in np.unique(values)]
            found.setdefault(places.index(each.sources[0]), []).extend(same)
    return found


def _without_dropped(frame: pd.DataFrame, types: dict[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table without the columns of type "drop", and the types of the others."""
    dropped = [name for name, kind in types.items() if kind == DROP]
    for name in dropped:
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, [str(column) for column in frame.columns])}")
    if len(dropped) == len(frame.columns):
        raise UserError("every column is dropped; leave one at least")
    return frame.drop(columns=dropped), {name: kind for name, kind in types.items() if kind != DROP}


def held_out(hashes: np.ndarray) -> np.ndarray:
    """Which rows are held out, N bool. Equal rows are different people, and may be in different splits."""
    numbered = _numbered(hashes)
    held = np.zeros(len(hashes), bool)
    held[hold_out([row.tobytes() for row in numbered], [None] * len(numbered))] = True
    return held


def _numbered(hashes: np.ndarray) -> np.ndarray:
    """Hashes of each row together with the number of equal rows before it."""
    order = np.argsort(hashes, kind="stable")
    first = np.r_[True, hashes[order][1:] != hashes[order][:-1]]
    starts = np.maximum.accumulate(np.where(first, np.arange(len(hashes)), 0))
    count = np.empty(len(hashes), np.uint64)
    count[order] = (np.arange(len(hashes)) - starts).astype(np.uint64)
    return mixed(mixed(count + np.uint64(1)) ^ hashes)


def open_path(path: Path, options: TableOptions, context: OpenContext) -> TableSource:
    """Raises UserError where the file is no table to learn from."""
    refuse_labels(path, options)
    if (url := databases.url_of(path)) is not None:
        return open_url(url, options, context)
    suffix = reading.suffix_of(path)
    assert suffix
    table = reading.read_file(path, options.encoding, options.sheet)
    source = from_table(table, path.name.removesuffix(suffix), options, context)
    source.suffix = suffix
    return source


def open_url(url: str, options: TableOptions, context: OpenContext) -> TableSource:
    """Raises UserError where the database has no such table to learn from."""
    refuse_labels(url, options)
    place, _, what = url.partition("#")
    name = what if what.isidentifier() else Path(place).stem
    return from_table(reading.table_of(databases.read_url(url), without_password(place)), name, options, context)


def from_table(table: reading.Table, name: str, options: TableOptions, context: OpenContext) -> TableSource:
    """The source of a table that was read."""
    asked = (options.types, context.like, options.constraints, options.ignored_relations)
    source = TableSource(table.frame, name, *asked, table)
    if context.keep_rows:
        source.table = table
    return source


def refuse_labels(where: object, options: TableOptions) -> None:
    """Raises UserError where somebody asks for labels."""
    if options.labels not in ("auto", "none"):
        raise UserError(
            f"{where} is a table: all its columns are learned; ask for values when generating, with --where "
            f'"{options.labels}=..."'
        )


def is_plain(path: Path) -> bool:
    """Does a Parquet file hold values alone, without encoded items such as pictures?"""
    try:
        import pyarrow.parquet as parquet
        import pyarrow.types as types

        schema = parquet.read_schema(path)
    except (ImportError, OSError, ValueError):
        return False
    return not any(
        types.is_binary(each.type) or types.is_large_binary(each.type) or types.is_struct(each.type) for each in schema
    )


def open_in_memory(memory: InMemory, options: TableOptions, context: OpenContext) -> TableSource:
    """The rows of a pandas or polars DataFrame, or of another table that knows `to_pandas`."""
    refuse_labels(f"the data in {memory}", options)
    return from_table(reading.from_memory(memory), memory.name, options, context)
