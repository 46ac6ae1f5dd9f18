"""How series become tensors and come back.

A value is T x K numbers, float64, NaN where there is nothing. Each step holds the channels, then the cells of choices
(categories that change along a series), then the cells of columns that belong to the whole series, which are the same
in all steps. A series that is shorter than T ends where all that changes stays NaN. `layout` describes the steps of
the tensor (see networks.series.SeriesLayout).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from ...errors import UserError
from ..table.codes import Code, code_from, spreads
from ..table.columns import Column, column_from
from ..table.reading.dialects import dialect_from
from .beginnings import drawn
from .calendar_parts import Part, joined_name, part_from
from .cycles import Cycle, cycle_from
from .grid import Grid, local_times
from .headers import Steps
from .wide import spread

MAX_COUNTED = 8  # values of a choice whose frequency is measured
MIN_COUNTED_SHARE = 0.01  # of the steps that each of these values has


@dataclass(frozen=True)
class Channel:
    """A column of numbers. They are encoded as (value - mean) / deviation."""

    name: str
    dtype: str
    mean: float
    deviation: float
    low: float  # least training value; nothing below it comes out
    high: float  # largest training value; nothing above it comes out
    decimals: int | None = None  # to which values are rounded; None: they are not
    gaps: bool = False  # may values be missing between the first and the last step?
    log: float | None = None  # added to values before their logarithm is encoded; None: no logarithm is taken

    def encode(self, values: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Encode N x T values. spread: in (0, 1) for each value: its place among all numbers that are rounded to it.

        Without it real series would be known by their rounding.
        """
        unit = 0.0 if self.decimals is None else 10.0**-self.decimals
        around = spread - 0.5
        if self.log is not None:  # numbers that are rounded to the least value lie above it
            around = np.where(values <= self.low, spread / 2, around)
        numbers = values + around * unit
        if self.log is not None:
            numbers = np.log(np.maximum(numbers, self.low) + self.log)
        return np.where(np.isnan(values), 0.0, (numbers - self.mean) / self.deviation)

    def decode(self, coded: np.ndarray) -> np.ndarray:
        """The inverse of `encode`."""
        numbers = coded * self.deviation + self.mean
        if self.log is not None:
            numbers = np.exp(np.minimum(numbers, np.log(self.high + self.log))) - self.log
        numbers = numbers.clip(self.low, self.high)
        return numbers if self.decimals is None else numbers.round(self.decimals) + 0.0


@dataclass(frozen=True)
class SeriesCodec:
    """float64 N x T x K <-> float32 N x T x W."""

    steps: int
    channels: tuple[Channel, ...]
    ends: bool = False  # do series have different lengths?
    windows: bool = False  # are values windows of longer series?
    whole: tuple[Column, ...] = ()  # columns that belong to whole series
    codes: tuple[Code, ...] = ()  # of these columns
    columns: tuple[str, ...] = ()  # of the table, in order; () for arrays
    order: Column | None = None  # the column that orders the steps
    begins: float = 0.0  # the place of `order` on its grid in the first step
    step: float = 1.0  # by which these places grow
    key: Column | None = None  # the column that tells series apart
    label: str | None = None  # the column that holds the class
    choices: tuple[Column, ...] = ()  # columns of categories that change along a series
    choice_codes: tuple[Code, ...] = ()  # of these columns
    paced: bool = False  # does the last channel hold how far `order` goes from the step before?
    apart: tuple[str, ...] = ()  # the columns that tell series apart together, where these are several
    restarts: bool = False  # does a series begin wherever `order` starts again?
    text_channels: tuple[Column, ...] = ()  # channels whose numbers are texts, such as 51,26
    wide: tuple[Steps, ...] = ()  # the columns of the steps, where a row of the table is a series
    names_anew: tuple[Column, ...] = ()  # columns that name each series, for which new names are made
    grid: Grid = Grid()  # in what `order` goes
    parts: tuple[Part, ...] = ()  # columns that `order` was joined from, or that follow from it
    cycle: Cycle | None = None  # that tells when new series begin
    data_lengths: tuple[int, ...] = ()  # quantiles of the lengths of the data, where values are windows
    starts: tuple[float, ...] = ()  # quantiles of the places at which series begin; () where all begin alike
    dialect: dict[str, Any] = field(default_factory=dict)  # of a text file: see table.dialects
    input: ClassVar[None] = None

    @cached_property
    def gaps(self) -> tuple[int, ...]:
        """The channels in which values may be missing."""
        return tuple(at for at, channel in enumerate(self.channels) if channel.gaps)

    @cached_property
    def changing(self) -> int:
        """How many numbers of a step change along a series."""
        return len(self.channels) + len(self.choices)

    @property
    def layout(self) -> tuple[int, tuple[int, ...], bool, list[Any], tuple[int, ...]]:
        """The columns of the tensor, as networks.series.SeriesLayout takes them."""
        whole = [(code.one_hot, code.scored, code.some_number) for code in self.codes]
        choices = tuple(width for code in self.choice_codes for width in code.one_hot)
        return len(self.channels), self.gaps, self.ends, whole, choices

    @property
    def shape(self) -> tuple[int, int]:
        """Of an encoded series: T x W."""
        return self.steps, len(self.channels) + len(self.gaps) + self.ends + sum(
            code.width for code in (*self.choice_codes, *self.codes)
        )

    @cached_property
    def numbers_named(self) -> tuple[str, ...]:
        """The names of the last axis of `numbers`."""
        return (
            *(channel.name for channel in self.channels),
            *(
                f"{column.name} is {'empty' if np.isnan(cell) else column.categories[int(cell)]}"
                for column, code in zip(self.choices, self.choice_codes, strict=True)
                for cell in _counted(code)
            ),
        )

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """N x T x numbers of what changes along series, NaN where there is nothing.

        These are the channels and, for each of the most frequent values of a choice, 1 where the choice is this value
        and 0 elsewhere.
        """
        count, going = len(self.channels), alive(values[:, :, : self.changing])
        parts = [values[:, :, :count]]
        for at, code in enumerate(self.choice_codes, count):
            cells = values[:, :, at, None]
            kinds = _counted(code)
            same = (cells == kinds) | (np.isnan(cells) & np.isnan(kinds))
            parts.append(np.where(going[:, :, None], same, np.nan))
        return np.concatenate(parts, axis=2)

    def encode(self, values: np.ndarray) -> torch.Tensor:
        """N x T x K -> N x T x W."""
        channels = values[:, :, : len(self.channels)]
        going = alive(values[:, :, : self.changing])
        spread = spreads(channels.reshape(len(values), -1)).reshape(channels.shape)
        parts = [
            channel.encode(channels[:, :, at], spread[:, :, at])[:, :, None] for at, channel in enumerate(self.channels)
        ]
        for at, code in enumerate(self.choice_codes, len(self.channels)):
            cells = values[:, :, at]
            parts.append(
                code.encode(cells.ravel(), np.zeros(cells.size)).reshape(*cells.shape, code.width) * going[:, :, None]
            )
        parts.append(np.where(np.isnan(channels[:, :, self.gaps]), -1.0, 1.0))
        if self.ends:
            parts.append(np.where(going, 1.0, -1.0)[:, :, None])
        if self.codes:
            cells = values[:, 0, self.changing :]
            even = spreads(cells)
            row = np.concatenate([code.encode(cells[:, at], even[:, at]) for at, code in enumerate(self.codes)], axis=1)
            parts.append(np.repeat(row[:, None], self.steps, axis=1))
        return torch.from_numpy(np.concatenate(parts, axis=2, dtype=np.float32))

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        """N x T x W -> N x T x K."""
        made = tensor.detach().to("cpu", torch.float64).numpy()
        parts = [channel.decode(made[:, :, at]) for at, channel in enumerate(self.channels)]
        start = len(parts)
        for code in self.choice_codes:
            part = made[:, :, start : start + code.width]
            parts.append(
                code.decode(part.reshape(part.shape[0] * part.shape[1], code.width).astype(np.float32)).reshape(
                    part.shape[:2]
                )
            )
            start += code.width
        changing = np.stack(parts, axis=2)
        if self.paced and not self.windows:
            changing[:, 0, len(self.channels) - 1] = self.step  # nothing comes before the first step
        for place, at in enumerate(self.gaps, start):
            changing[:, :, at][made[:, :, place] <= 0] = np.nan
        if self.ends:
            ended = made[:, :, start + len(self.gaps)] <= 0
            ended[:, 0] = False
            changing[np.logical_or.accumulate(ended, axis=1)] = np.nan
        if not self.codes:
            return changing
        row, at, cells = made[:, 0].astype(np.float32), self.shape[1] - sum(code.width for code in self.codes), []
        for code in self.codes:
            cells.append(code.decode(row[:, at : at + code.width]))
            at += code.width
        whole = np.repeat(np.stack(cells, axis=1)[:, None], made.shape[1], axis=1)
        return np.concatenate([changing, whole], axis=2)

    def lengths(self, values: np.ndarray) -> np.ndarray:
        """Steps of each series, N."""
        if not self.ends and not self.windows:
            return np.full(len(values), values.shape[1])
        return alive(values[:, :, : self.changing]).sum(axis=1)

    def frame(self, values: np.ndarray, first: int = 0, seed: int = 0, labels: Any = None) -> pd.DataFrame:
        """The steps of all series as rows, with the columns that were learned from.

        Args:
            values: N x T x K.
            first: the number of the first series, for new keys.
            seed: of new keys.
            labels: the class of each series, where there are classes.
        """
        if self.wide:
            return self._wide_frame(values, first, seed, labels)
        lengths = self.lengths(values)
        which = np.repeat(np.arange(len(values)), lengths)
        when = np.concatenate([np.arange(length) for length in lengths]) if len(lengths) else np.zeros(0, int)
        rows, found = values[which, when], {}
        texts = {column.name: column for column in self.text_channels}
        for at, channel in enumerate(self.channels[: len(self.channels) - self.paced]):
            if channel.name in texts:
                found[channel.name] = texts[channel.name].series(rows[:, at])
                continue
            column = pd.Series(rows[:, at])
            whole = channel.decimals == 0 and (
                channel.dtype.startswith(("int", "uint", "Int")) or channel.dtype in ("bool", "boolean")
            )
            found[channel.name] = column.astype(channel.dtype if not whole or not column.hasnans else "Int64")
        for at, kept in enumerate((*self.choices, *self.whole), len(self.channels)):
            found[kept.name] = kept.series(rows[:, at])
        if self.order is not None:
            passed = self._passed(values)[which, when] if self.paced else self.step * when
            found |= self._in_order(self._beginnings(values, first, seed)[which] + passed, when)
        if self.key is not None or len(values) > 1:
            names = (
                pd.Series(range(first, first + len(values)))
                if self.key is None
                else self.key.new(range(first, first + len(values)), seed)
            )
            found[self.key.name if self.key is not None else "series"] = names.take(which).reset_index(drop=True)
        for column in self.names_anew:
            found[column.name] = column.new(range(first, first + len(values)), seed).take(which).reset_index(drop=True)
        if self.label is not None and labels is not None:
            found[self.label] = pd.Series(np.array(labels, dtype=object)[which])
        known = [name for name in self.columns if name in found]
        return pd.DataFrame({name: found[name] for name in [*(name for name in found if name not in known), *known]})

    def _wide_frame(self, values: np.ndarray, first: int, seed: int, labels: Any) -> pd.DataFrame:
        """A row for each series."""
        count, texts = len(self.channels), {column.name: column for column in self.text_channels}
        found = spread(values[:, :, :count], self.wide, tuple(channel.dtype for channel in self.channels), texts)
        found |= {column.name: column.new(range(first, first + len(values)), seed) for column in self.names_anew}
        for at, kept in enumerate(self.whole, count):
            found[kept.name] = kept.series(values[:, 0, at])
        if self.label is not None and labels is not None:
            found[self.label] = pd.Series(np.array(labels, dtype=object))
        return pd.DataFrame({name: found[name] for name in self.columns if name in found})

    def _beginnings(self, values: np.ndarray, first: int, seed: int) -> np.ndarray:
        """The place of `order` in the first step of each series. first: the number of the first series."""
        step = None if self.paced else self.step
        begins = drawn(self.starts, self.begins, step, range(first, first + len(values)), seed)
        if self.cycle is None:
            return begins
        whole = self.step * len(self.cycle.usual[0])  # of which any number may pass
        shifts = self.step * self.cycle.shifts(values, int(self.begins // self.step))
        return self.begins + shifts + whole * np.floor((begins - self.begins) / whole)

    def _in_order(self, places: np.ndarray, steps: np.ndarray) -> dict[str, pd.Series]:
        """The column of the order, or those that it was joined from, and those that follow from it.

        places: on the grid. steps: which of their series they are.
        """
        assert self.order is not None
        cells = self.grid.cells(self.order, places)
        found = {} if joined_name(self.parts) else {self.order.name: self.order.series(cells)}
        times = local_times(self.order, cells) if self.order.kind == "time" else np.zeros(len(cells), "datetime64[us]")
        return found | {part.name: part.write(times, steps) for part in self.parts}

    def _passed(self, values: np.ndarray) -> np.ndarray:
        """How far `order` has gone since the first step, N x T."""
        steps = np.where(np.isnan(passed := values[:, :, len(self.channels) - 1]), self.step, passed)
        steps[:, 0] = 0
        return steps.cumsum(axis=1)

    def describe(self) -> dict[str, Any]:
        """codec.json.

        Keys that say nothing about these series are left out, because the content hash depends on the description.
        """
        optional: dict[str, Any] = {}
        if self.choices:
            optional["choices"] = [column.describe() for column in self.choices]
            optional["choice_codes"] = [code.describe() for code in self.choice_codes]
            optional["decode_choices"] = "between channels and switches, one-hot, each as in tables"
        if self.paced:
            optional["paced"] = "the last channel is how far the order goes from the step before"
        channels = [
            {key: value for key, value in asdict(channel).items() if (key, value) != ("log", None)}
            for channel in self.channels
        ]
        optional |= {"apart": list(self.apart)} if self.apart else {}
        optional |= {"restarts": True} if self.restarts else {}
        optional |= (
            {"text_channels": [column.describe() for column in self.text_channels]} if self.text_channels else {}
        )
        optional |= {"wide": [[each.channel, list(each.columns)] for each in self.wide]} if self.wide else {}
        optional |= {"names_anew": [column.describe() for column in self.names_anew]} if self.names_anew else {}
        optional |= {"grid": asdict(self.grid)} if self.grid != Grid() else {}
        optional |= {"cycle": asdict(self.cycle)} if self.cycle else {}
        optional |= {"parts": [part.describe() for part in self.parts]} if self.parts else {}
        for name in ("data_lengths", "starts", "dialect"):
            optional |= {name: value} if (value := getattr(self, name)) else {}
        if any(channel.log is not None for channel in self.channels):
            optional["decode_log"] = "channel = exp(x * deviation + mean) - log, where a channel has log"
        return {
            "modality": "series",
            "steps": self.steps,
            "channels": channels,
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
            "decode": "channel = x * deviation + mean, between low and high, rounded to decimals; then a switch for "
            "each channel with gaps, "
            "one for the end, and the whole's code as in tables",
            **optional,
        }


def _counted(code: Code) -> np.ndarray:
    """The values of a choice whose frequency is measured. Of two values one is enough."""
    often = int((code.shares >= MIN_COUNTED_SHARE).sum())
    return code.choices[:1] if len(code.choices) == 2 else code.choices[: max(1, min(often, MAX_COUNTED))]


def alive(changing: np.ndarray) -> np.ndarray:
    """N x T x C, NaN after the end -> N x T bool: is there a value in this step or in a later one?"""
    there = ~np.isnan(changing).all(axis=2)
    return np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]


def codec_from(description: dict[str, Any]) -> SeriesCodec:
    """The inverse of SeriesCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "series":
        raise UserError("codec.json is not a description of series: use the version of sparring that wrote it.")
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
            tuple(map(column_from, description.get("choices", ()))),
            tuple(map(code_from, description.get("choice_codes", ()))),
            bool(description.get("paced", False)),
            tuple(map(str, description.get("apart", ()))),
            bool(description.get("restarts", False)),
            tuple(map(column_from, description.get("text_channels", ()))),
            tuple(Steps(str(name), tuple(map(str, columns))) for name, columns in description.get("wide", ())),
            tuple(map(column_from, description.get("names_anew", ()))),
            Grid(**description.get("grid", {})),
            tuple(map(part_from, description.get("parts", ()))),
            cycle_from(description.get("cycle")),
            tuple(map(int, description.get("data_lengths", ()))),
            tuple(map(float, description.get("starts", ()))),
            dialect_from(description.get("dialect", {})),
        )
    except (KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: its channels or columns cannot be read.") from None
    pairs = ((codec.whole, codec.codes), (codec.choices, codec.choice_codes))
    if not codec.changing or codec.steps < 1 or any(len(columns) != len(codes) for columns, codes in pairs):
        raise UserError("codec.json is damaged: it has no channels, or not one code for each column of categories.")
    return codec
