"""How rows of cells become tensors and come back: every column by its own code (see `codes`), one after the other.

Columns of a constraint are encoded as other cells, with which the constraint holds (see `column_groups`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from ...errors import UserError
from .codes import MANY_COLUMNS, Code, code_from, spreads
from .column_groups import ColumnGroup, all_groups, group_from
from .columns import Column, column_from
from .frames import FrameLayout, layout_from
from .identifiers.linked import new_frame
from .reading.dialects import dialect_from
from .relations.relation import Relation, relation_from

FORMAT = 4  # of the description of a codec
MAX_KNOWN = 50_000_000  # numbers of encoded rows that are kept


@dataclass(frozen=True)
class TableCodec:
    """float64 N x learned columns of cells <-> float32 N x width.

    columns: of the table, in order. codes: of the cells that are encoded (see `inner`). constrained: the groups of
    columns with constraints. relations: by which columns are worked out from others, in this order.
    dialect: how a text file holds the table (see `dialects`), where it came from one. original: what a DataFrame had
    beside its values.
    """

    columns: tuple[Column, ...]
    codes: tuple[Code, ...]
    constrained: tuple[ColumnGroup, ...] = ()
    relations: tuple[Relation, ...] = ()
    dialect: dict[str, Any] = field(default_factory=dict)  # of a text file: see `dialects`
    original: FrameLayout = FrameLayout()
    input: ClassVar[None] = None

    @cached_property
    def learned(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.learned)

    @cached_property
    def groups(self) -> tuple[ColumnGroup, ...]:
        """Groups of all learned columns that are not worked out from others, in the order in which they are encoded."""
        return all_groups(self.constrained, self.learned, self.replaced)

    @property
    def replaced(self) -> set[int]:
        """Places of the learned columns that are worked out from others."""
        return {each.target for each in self.relations if each.replaces}

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """The places of the cells of each group among all encoded cells."""
        ends = np.cumsum([len(group.coded) for group in self.groups]).tolist()
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))

    def inner(self, values: np.ndarray) -> np.ndarray:
        """Cells of the learned columns -> the cells that are encoded."""
        if not self.constrained and not self.replaced:
            return values
        return np.concatenate([group.inner(values[:, list(group.places)]) for group in self.groups], axis=1)

    def outer(self, inner: np.ndarray) -> np.ndarray:
        """The inverse of `inner`. Every constraint and relation holds in the result."""
        values = np.full((len(inner), len(self.learned)), np.nan)
        for group, cells in zip(self.groups, self.slices, strict=True):
            values[:, list(group.places)] = group.outer(inner[:, cells])
        return self.related(values)

    def related(self, values: np.ndarray) -> np.ndarray:
        """Cells of the learned columns, changed where relations say so."""
        values = values.copy() if self.relations else values
        for relation in self.relations:
            values[:, relation.target] = relation.apply(values)
        return values

    @property
    def example(self) -> np.ndarray:
        """One cell of each learned column; it is empty only where all cells of the column are."""
        ends = [np.concatenate([code.choices, code.values]) for code in self.codes]
        rows = max(map(len, ends))
        cells = self.outer(np.stack([np.resize(each, rows) for each in ends], axis=1))
        return cells[(~np.isnan(cells)).argmax(axis=0), np.arange(cells.shape[1])]

    @cached_property
    def shape(self) -> tuple[int]:
        return (sum(code.width for code in self.codes),)

    @property
    def layout(self) -> list[tuple[tuple[int, ...], bool, int | None]]:
        """What an encoded row holds for each encoded cell (see statistics.row_layout.Column)."""
        return [(code.one_hot, code.scored, code.some_number) for code in self.codes]

    def encode(self, values: np.ndarray) -> torch.Tensor:
        """N x learned columns -> N x width."""
        if len(self.codes) <= MANY_COLUMNS:
            return torch.from_numpy(self._encoded(values))
        keys = [row.tobytes() for row in np.ascontiguousarray(values)]
        new = [at for at, key in enumerate(keys) if key not in self._known]
        fresh = dict(zip((keys[at] for at in new), self._encoded(values[new]) if new else (), strict=True))
        rows = [fresh[key] if key in fresh else self._known[key] for key in keys]
        if len(self._known) * self.shape[0] < MAX_KNOWN:
            self._known.update(fresh)
        return torch.from_numpy(np.stack(rows) if rows else np.zeros((0, *self.shape), np.float32))

    @cached_property
    def _known(self) -> dict[bytes, np.ndarray]:
        """Encoded rows of wide tables by their cells: they take long to encode, and are asked for again and again."""
        return {}

    def _encoded(self, values: np.ndarray) -> np.ndarray:
        inner = self.inner(values)
        spread = spreads(inner)
        parts = [
            code.encode(inner[:, at], spread[:, at], None if code.by is None else inner[:, code.by])
            for at, code in enumerate(self.codes)
        ]
        return np.concatenate(parts, axis=1)

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        """N x width -> N x learned columns."""
        rows = tensor.detach().to("cpu", torch.float32).numpy()
        ends = np.cumsum([code.width for code in self.codes])
        inner = np.empty((len(rows), len(self.codes)))
        for at in sorted(range(len(self.codes)), key=lambda each: self.codes[each].by is not None):
            code, end = self.codes[at], ends[at]
            by = None if code.by is None else inner[:, code.by]
            inner[:, at] = code.decode(rows[:, end - code.width : end], by)
        return self.outer(inner)

    def frame(self, values: np.ndarray, first: int = 0, seed: int = 0) -> pd.DataFrame:
        """The rows as a table like that of training, with its names, order and types.

        first: the number of the first row. Invented values depend on the seed and the number of the row.
        """
        learned = {column.name: column.series(values[:, at]) for at, column in enumerate(self.learned)}
        cells = {column.name: values[:, at] for at, column in enumerate(self.learned)}
        found = learned | new_frame(self.columns, cells, range(first, first + len(values)), seed)
        return pd.DataFrame({column.name: found[column.name] for column in self.columns})

    def texts(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, frozenset[str]]:
        """A table of `frame` as a text file has it, and the names of its columns of numbers and times."""
        made = pd.DataFrame({column.name: column.texts(frame[column.name]) for column in self.columns})
        return made, frozenset(column.name for column in self.columns if column.numeric)

    def cells(self, frame: pd.DataFrame) -> np.ndarray:
        """The cells of a table with these columns, N x learned columns. Raises UserError where a column is missing."""
        missing = [column.name for column in self.columns if column.name not in frame.columns]
        if missing:
            raise UserError(
                f"the table has no column '{missing[0]}'; it should have "
                f"{', '.join(column.name for column in self.columns)}"
            )
        return np.stack([column.cells(frame[column.name]) for column in self.learned], axis=1)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {
            "modality": "table",
            "table_format": FORMAT,
            "columns": [column.describe() for column in self.columns],
            "codes": [code.describe() for code in self.codes],
            "constrained": [part.describe() for part in self.constrained],
            "relations": [relation.describe() for relation in self.relations],
            "dialect": self.dialect,
            "original": self.original.describe(),
            "decode": "by column: the largest of its one-hot choices; where that is some_number, values at the share "
            "ndtr(score)",
        }


def codec_from(description: dict[str, Any]) -> TableCodec:
    """The inverse of TableCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "table":
        raise UserError("codec.json is not a description of tables: use the version of sparring that wrote it.")
    if (found := description.get("table_format", 1)) != FORMAT:
        raise UserError(
            f"codec.json of tables has format {found}, and this version reads format {FORMAT}: train again."
        )
    try:
        groups = tuple(map(group_from, description.get("constrained", ())))
        codec = TableCodec(
            tuple(map(column_from, description["columns"])),
            tuple(map(code_from, description["codes"])),
            groups,
            tuple(map(relation_from, description.get("relations", ()))),
            dialect_from(description.get("dialect", {})),
            layout_from(description.get("original", {})),
        )
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its columns or codes cannot be read.") from None
    places = sorted([*codec.replaced, *(place for group in codec.groups for place in group.places)])
    if places != list(range(len(codec.learned))) or codec.slices[-1].stop != len(codec.codes):
        raise UserError("codec.json is damaged: its codes do not belong to its learned columns.")
    return codec
