"""How series become tensors and come back.

A value is T x K numbers (float64, NaN where there is nothing): the channels of each step, then the cells of what belongs to the whole series, the same in
all steps. A series that is shorter than T ends where every channel stays NaN. How the tensor's steps look is told by `layout` (networks.series.Layout).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from ...errors import UserError
from ..table.codes import Code, code_from, spreads
from ..table.columns import Column, column_from


@dataclass(frozen=True)
class Channel:
    """Values minus `mean`, divided by `deviation`. decimals: how they are rounded, None: not. low, high: of what was seen; nothing beyond them is made.
    gaps: may values lack between the first and the last step?"""

    name: str
    dtype: str
    mean: float
    deviation: float
    low: float
    high: float
    decimals: int | None = None
    gaps: bool = False


@dataclass(frozen=True)
class SeriesCodec:
    """float64 N x T x K <-> float32 N x T x W. order: the column that counts the steps; begins, step: of its cells; key: the column that says which
    series a row is of. ends: do series have different lengths? windows: are values parts of longer series? label: the column that holds the class."""

    steps: int
    channels: tuple[Channel, ...]
    ends: bool = False
    windows: bool = False
    whole: tuple[Column, ...] = ()
    codes: tuple[Code, ...] = ()
    columns: tuple[str, ...] = ()  # of the table that it was, in order; () where it was an array
    order: Column | None = None
    begins: float = 0.0
    step: float = 1.0
    key: Column | None = None
    label: str | None = None
    given: ClassVar[None] = None

    @cached_property
    def gaps(self) -> tuple[int, ...]:
        return tuple(at for at, channel in enumerate(self.channels) if channel.gaps)

    @property
    def layout(self) -> tuple[int, tuple[int, ...], bool, list[tuple[tuple[int, ...], bool, int | None]]]:
        return len(self.channels), self.gaps, self.ends, [(code.one_hot, code.scored, code.some_number) for code in self.codes]

    @property
    def shape(self) -> tuple[int, int]:
        return self.steps, len(self.channels) + len(self.gaps) + self.ends + sum(code.width for code in self.codes)

    def encode(self, values: np.ndarray) -> torch.Tensor:
        channels = values[:, :, : len(self.channels)]
        there, going = ~np.isnan(channels), alive(channels)
        mean, deviation = (np.array([getattr(channel, name) for channel in self.channels]) for name in ("mean", "deviation"))
        units = np.array([0.0 if channel.decimals is None else 10.0**-channel.decimals for channel in self.channels])
        spread = spreads(channels.reshape(len(values), -1)).reshape(channels.shape) - 0.5  # so that no lattice gives real series away
        numbers = np.where(there, (channels + spread * units - mean) / deviation, 0.0)
        parts = [numbers, np.where(there[:, :, self.gaps], 1.0, -1.0)]
        if self.ends:
            parts.append(np.where(going, 1.0, -1.0)[:, :, None])
        if self.codes:
            cells = values[:, 0, len(self.channels) :]
            even = spreads(cells)
            row = np.concatenate([code.encode(cells[:, at], even[:, at]) for at, code in enumerate(self.codes)], axis=1)
            parts.append(np.repeat(row[:, None], self.steps, axis=1))
        return torch.from_numpy(np.concatenate(parts, axis=2, dtype=np.float32))

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        made = tensor.detach().to("cpu", torch.float64).numpy()
        count = len(self.channels)
        parts = []
        for at, channel in enumerate(self.channels):
            numbers = (made[:, :, at] * channel.deviation + channel.mean).clip(channel.low, channel.high)
            parts.append(numbers if channel.decimals is None else numbers.round(channel.decimals) + 0.0)
        channels = np.stack(parts, axis=2)
        for place, at in enumerate(self.gaps, count):
            channels[:, :, at][made[:, :, place] <= 0] = np.nan
        if self.ends:
            ended = made[:, :, count + len(self.gaps)] <= 0
            ended[:, 0] = False
            channels[np.logical_or.accumulate(ended, axis=1)] = np.nan
        if not self.codes:
            return channels
        row, at, cells = made[:, 0].astype(np.float32), self.shape[1] - sum(code.width for code in self.codes), []
        for code in self.codes:
            cells.append(code.decode(row[:, at : at + code.width]))
            at += code.width
        whole = np.repeat(np.stack(cells, axis=1)[:, None], made.shape[1], axis=1)
        return np.concatenate([channels, whole], axis=2)

    def lengths(self, values: np.ndarray) -> np.ndarray:
        """Steps of each series, N."""
        return alive(values[:, :, : len(self.channels)]).sum(axis=1) if self.ends else np.full(len(values), values.shape[1])

    def frame(self, values: np.ndarray, first: int = 0, seed: int = 0, labels: Any = None) -> pd.DataFrame:
        """The steps of all series as rows, with the columns that were learned from. labels: the class of each series, where there are classes."""
        lengths = self.lengths(values)
        which = np.repeat(np.arange(len(values)), lengths)
        when = np.concatenate([np.arange(length) for length in lengths]) if len(lengths) else np.zeros(0, int)
        rows, found = values[which, when], {}
        for at, channel in enumerate(self.channels):
            column = pd.Series(rows[:, at])
            whole = channel.decimals == 0 and (channel.dtype.startswith(("int", "uint", "Int")) or channel.dtype in ("bool", "boolean"))
            found[channel.name] = column.astype(channel.dtype if not whole or not column.hasnans else "Int64")
        for at, kept in enumerate(self.whole, len(self.channels)):
            found[kept.name] = kept.series(rows[:, at])
        if self.order is not None:
            found[self.order.name] = self.order.series(self.begins + self.step * when)
        if self.key is not None or len(values) > 1:
            names = (
                self.key.new(range(first, first + len(values)), seed)
                if self.key is not None
                else pd.Series(range(first, first + len(values)))
            )
            found[self.key.name if self.key is not None else "series"] = names.take(which).reset_index(drop=True)
        if self.label is not None and labels is not None:
            found[self.label] = pd.Series(np.array(labels, dtype=object)[which])
        known = [name for name in self.columns if name in found]
        return pd.DataFrame({name: found[name] for name in [*(name for name in found if name not in known), *known]})

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {
            "format": 1,
            "modality": "series",
            "steps": self.steps,
            "channels": [asdict(channel) for channel in self.channels],
            "ends": self.ends,
            "windows": self.windows,
            "whole": [column.describe() for column in self.whole],
            "codes": [code.describe() for code in self.codes],
            "columns": list(self.columns),
            "order": self.order.describe() if self.order else None,
            "begins": self.begins,
            "step": self.step,
            "key": self.key.describe() if self.key else None,
            "label": self.label,
            "decode": "channel = x * deviation + mean, between low and high, rounded to decimals; then a switch for each channel with gaps, "
            "one for the end, and the whole's code as in tables",
        }


def alive(channels: np.ndarray) -> np.ndarray:
    """N x T x C, NaN after the end -> N x T: is this step the last one with a value, or before it?"""
    there = ~np.isnan(channels).all(axis=2)
    return np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]


def codec_from(description: dict[str, Any]) -> SeriesCodec:
    """The inverse of SeriesCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("format") != 1 or description.get("modality") != "series":
        raise UserError("codec.json is not a description of series in format 1: use the version of sparring that wrote it.")
    try:
        codec = SeriesCodec(
            int(description["steps"]),
            tuple(Channel(**each) for each in description["channels"]),
            bool(description["ends"]),
            bool(description["windows"]),
            tuple(map(column_from, description["whole"])),
            tuple(map(code_from, description["codes"])),
            tuple(description["columns"]),
            column_from(description["order"]) if description["order"] else None,
            float(description["begins"]),
            float(description["step"]),
            column_from(description["key"]) if description["key"] else None,
            description["label"],
        )
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its channels or columns cannot be read.") from None
    if not codec.channels or codec.steps < 1 or len(codec.whole) != len(codec.codes):
        raise UserError("codec.json is damaged: it has no channels, or not one code for each column of whole series.")
    return codec
