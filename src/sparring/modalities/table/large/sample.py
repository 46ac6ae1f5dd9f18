"""Which rows of a large table stand for all: some drawn at random, and those that no random sample would hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ....errors import UserError
from ....util.random import mixed
from ..source import TableSource
from ..text_formats.deciding import cell_named
from .parquet_parts import POSITION

SAMPLE_ROWS = 200_000
HELD_SHARE, MAX_HELD = 0.1, 100_000
MAX_FIRST_SEEN = 1000  # different values of a column of which a row each is taken
MAX_ODD = 200  # rows of a batch that are taken for one reason


def is_held(positions: np.ndarray, rows: int) -> np.ndarray:
    """Which rows are held out for scoring, by their positions among so many: N bool."""
    return _drawn(positions, "held") < min(HELD_SHARE, MAX_HELD / rows)


def divided(sample: pd.DataFrame, rows: int) -> tuple[pd.DataFrame, np.ndarray]:
    """The sample without positions, and which of its rows are held out."""
    return sample.drop(columns=POSITION), is_held(sample[POSITION].to_numpy(), rows)


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several frames, each row once, in the order of their positions."""
    return pd.concat(list(parts)).drop_duplicates(POSITION).sort_values(POSITION).reset_index(drop=True)


def first_sample(batches: Iterable[pd.DataFrame], rows: int) -> pd.DataFrame:
    """Some rows at random, the smallest and largest of each column, and the first of each value and without a value."""
    kept, ends = list[pd.DataFrame](), dict[tuple[str, str], tuple[object, pd.DataFrame]]()
    seen: dict[str, set[object]] = {}
    for batch in batches:
        which = _drawn(batch[POSITION].to_numpy(), "sample") < SAMPLE_ROWS / rows
        learned = batch[~is_held(batch[POSITION].to_numpy(), rows)]
        for name in batch.columns.drop(POSITION):
            values = batch[name]
            if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
                _widen(ends, name, learned)
            else:
                which |= _first_seen(values, seen.setdefault(name, set()))
            empty = values.isna().to_numpy()
            if empty.any() and ("empty", name) not in ends:
                ends["empty", name] = None, batch[empty].iloc[:1]
        kept.append(batch[which])
    return joined([*kept, *(row for _, row in ends.values())])


def _widen(ends: dict[tuple[str, str], tuple[object, pd.DataFrame]], name: str, batch: pd.DataFrame) -> None:
    values = batch[name].dropna()
    for end, place in (("least", values.argmin), ("most", values.argmax)) if len(values) else ():
        at = values.index[place()]
        found = values[at]
        if (end, name) not in ends or (found < ends[end, name][0] if end == "least" else found > ends[end, name][0]):
            ends[end, name] = found, batch.loc[[at]]


def _first_seen(values: pd.Series, seen: set[object]) -> np.ndarray:
    """Which values come for the first time, until too many did."""
    if len(seen) >= MAX_FIRST_SEEN:
        return np.zeros(len(values), bool)
    try:
        new = ~values.duplicated() & ~values.isin(seen) & values.notna()
        new &= new.cumsum() <= MAX_FIRST_SEEN
        seen.update(values[new].tolist())
    except TypeError:  # lists and the like, which are refused later
        return np.zeros(len(values), bool)
    return new.to_numpy()


class Unforeseen:
    """Finds rows that the sample did not foresee.

    Unknown values, empty cells where the sample has none, numbers outside of those of the sample, and rows in which a
    relation of the sample does not hold.

    Attributes:
        rows: Those rows, a few for each reason.

    Args:
        source: The table that the sample is.
        frame: The sample.
        last: Whether the sample can grow no more.
    """

    def __init__(self, source: TableSource, frame: pd.DataFrame, last: bool):
        self.codec, self.last, self.rows = source.codec, last, list[pd.DataFrame]()
        cells = self.codec.cells(frame)
        self.full = ~np.isnan(cells).any(axis=0)
        self.numeric = np.array(source.numeric)
        self.least, self.most = (each(np.where(np.isnan(cells), end, cells), axis=0) for each, end in ENDS)

    def look(self, batch: pd.DataFrame, cells: np.ndarray, held: np.ndarray) -> None:
        """Look at more rows. cells: of the learned columns. held: which rows are held out, and may differ.

        Raises UserError for a value that cannot be read, where the sample can grow no more.
        """
        empty = np.isnan(cells)
        lost = np.stack([batch[column.name].notna().to_numpy() for column in self.codec.learned], axis=1) & empty
        for at in np.flatnonzero(lost.any(axis=0)).tolist() if self.last else ():
            column = self.codec.learned[at]
            value = cell_named(batch[column.name], lost[:, at])
            raise UserError(f"column '{column.name}' cannot be read as {column.kind}: {value} is none")
        outside = ((cells < self.least) | (cells > self.most)) & self.numeric & ~held[:, None]
        back = self.codec.outer(self.codec.inner(cells))
        broken = ~((back == cells) | (np.isnan(back) & empty)) & ~held[:, None]
        for reason in (lost, empty & self.full, outside, broken):
            for at in np.flatnonzero(reason.any(axis=0)).tolist():
                self.rows.append(batch[reason[:, at]].iloc[:MAX_ODD])


ENDS = ((np.min, np.inf), (np.max, -np.inf))


def _drawn(positions: np.ndarray, purpose: str) -> np.ndarray:
    """A number in [0, 1) for each position."""
    salt = np.uint64(int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little"))
    return (mixed(mixed(positions.astype(np.uint64) + np.uint64(1)) ^ salt) >> np.uint64(11)).astype(float) * 2.0**-53
