"""How rows of cells become tensors and come back: every column by its own code (see `codes`), one after the other. Columns of a constraint
are coded as others that keep it (see `constraints`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from ...errors import UserError
from .codes import Code, code_from, spreads
from .columns import Column, column_from
from .constraints import Part, all_parts, part_from


@dataclass(frozen=True)
class TableCodec:
    """float64 N x learned columns of cells <-> float32 N x width. columns: of the table, in order; constrained: what keeps
    constraints; codes: of the cells that are coded, `inner`."""

    columns: tuple[Column, ...]
    codes: tuple[Code, ...]
    constrained: tuple[Part, ...] = ()
    given: ClassVar[None] = None

    @cached_property
    def learned(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.learned)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Of the learned columns, in the order in which they are coded."""
        return all_parts(self.constrained, self.learned)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each part's cells lie among those that are coded."""
        ends = np.cumsum([len(part.coded) for part in self.parts]).tolist()
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))

    def inner(self, values: np.ndarray) -> np.ndarray:
        """Cells of the learned columns -> those that are coded."""
        return np.concatenate([part.inner(values[:, list(part.places)]) for part in self.parts], axis=1) if self.constrained else values

    def outer(self, inner: np.ndarray) -> np.ndarray:
        """The inverse of `inner`: every constraint holds."""
        if not self.constrained:
            return inner
        values = np.empty((len(inner), len(self.learned)))
        for part, cells in zip(self.parts, self.slices, strict=True):
            values[:, list(part.places)] = part.outer(inner[:, cells])
        return values

    @property
    def example(self) -> np.ndarray:
        """A cell of each learned column, not empty where the column has one that is not."""
        ends = [np.concatenate([code.choices, code.values]) for code in self.codes]
        rows = max(map(len, ends))
        cells = self.outer(np.stack([np.resize(each, rows) for each in ends], axis=1))
        return cells[(~np.isnan(cells)).argmax(axis=0), np.arange(cells.shape[1])]

    @property
    def shape(self) -> tuple[int]:
        return (sum(code.width for code in self.codes),)

    @property
    def layout(self) -> list[tuple[tuple[int, ...], bool, int | None]]:
        """What a coded row holds of each learned column: see statistics.row_layout.Column."""
        return [(code.one_hot, code.scored, code.some_number) for code in self.codes]

    def encode(self, values: np.ndarray) -> torch.Tensor:
        inner = self.inner(values)
        spread = spreads(inner)
        return torch.from_numpy(np.concatenate([code.encode(inner[:, at], spread[:, at]) for at, code in enumerate(self.codes)], axis=1))

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        rows = tensor.detach().to("cpu", torch.float32).numpy()
        ends = np.cumsum([code.width for code in self.codes])
        parts = [code.decode(rows[:, end - code.width : end]) for code, end in zip(self.codes, ends, strict=True)]
        return self.outer(np.stack(parts, axis=1))

    def frame(self, values: np.ndarray, first: int = 0, seed: int = 0) -> pd.DataFrame:
        """The rows as they were given to learn from: names, order, types. What is made up is so from the seed and `first` plus the row's place."""
        learned = {column.name: column.series(values[:, at]) for at, column in enumerate(self.learned)}
        rows = range(first, first + len(values))
        return pd.DataFrame({column.name: learned[column.name] if column.learned else column.new(rows, seed) for column in self.columns})

    def cells(self, frame: pd.DataFrame) -> np.ndarray:
        """A table with these columns as cells. Raises UserError where one is missing."""
        missing = [column.name for column in self.columns if column.name not in frame.columns]
        if missing:
            raise UserError(f"the table has no column '{missing[0]}'; it should have {', '.join(column.name for column in self.columns)}")
        return np.stack([column.cells(frame[column.name]) for column in self.learned], axis=1)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {
            "format": 1,
            "modality": "table",
            "columns": [column.describe() for column in self.columns],
            "codes": [code.describe() for code in self.codes],
            "constrained": [part.describe() for part in self.constrained],
            "decode": "by column: the largest of its one-hot choices; where that is some_number, values at the share ndtr(score)",
        }


def codec_from(description: dict[str, Any]) -> TableCodec:
    """The inverse of TableCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("format") != 1 or description.get("modality") != "table":
        raise UserError("codec.json is not a description of tables in format 1: use the version of sparring that wrote it.")
    try:
        parts = tuple(map(part_from, description.get("constrained", ())))
        codec = TableCodec(tuple(map(column_from, description["columns"])), tuple(map(code_from, description["codes"])), parts)
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its columns or codes cannot be read.") from None
    places = sorted(place for part in codec.parts for place in part.places)
    if places != list(range(len(codec.learned))) or codec.slices[-1].stop != len(codec.codes):
        raise UserError("codec.json is damaged: it has not one code for each learned column.")
    return codec
