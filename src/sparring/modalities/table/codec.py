"""How rows of cells become tensors and come back: every column by its own code (see `codes`), one after the other."""

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


@dataclass(frozen=True)
class TableCodec:
    """float64 N x learned columns of cells <-> float32 N x width. columns: of the table, in order; codes: of those that are learned."""

    columns: tuple[Column, ...]
    codes: tuple[Code, ...]
    given: ClassVar[None] = None

    @cached_property
    def learned(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.learned)

    @property
    def shape(self) -> tuple[int]:
        return (sum(code.width for code in self.codes),)

    @property
    def layout(self) -> list[tuple[tuple[int, ...], bool, int | None]]:
        """What a coded row holds of each learned column: see networks.table.Column."""
        return [(code.one_hot, code.scored, code.some_number) for code in self.codes]

    def encode(self, values: np.ndarray) -> torch.Tensor:
        spread = spreads(values)
        return torch.from_numpy(np.concatenate([code.encode(values[:, at], spread[:, at]) for at, code in enumerate(self.codes)], axis=1))

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        rows = tensor.detach().to("cpu", torch.float32).numpy()
        ends = np.cumsum([code.width for code in self.codes])
        return np.stack([code.decode(rows[:, end - code.width : end]) for code, end in zip(self.codes, ends, strict=True)], axis=1)

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
            "decode": "by column: the largest of its one-hot choices; where that is some_number, values at the share ndtr(score)",
        }


def codec_from(description: dict[str, Any]) -> TableCodec:
    """The inverse of TableCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("format") != 1 or description.get("modality") != "table":
        raise UserError("codec.json is not a description of tables in format 1: use the version of sparring that wrote it.")
    try:
        codec = TableCodec(tuple(map(column_from, description["columns"])), tuple(map(code_from, description["codes"])))
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its columns or codes cannot be read.") from None
    if len(codec.learned) != len(codec.codes) or not codec.codes:
        raise UserError("codec.json is damaged: it has not one code for each learned column.")
    return codec
