"""The columns of a table: which type each has, and how its values become cells (see `codes`) and come back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from ...util.random import make_rng
from .identifiers import free_text, personal
from .identifiers import identifier as identifiers
from .odd_values import refuse_odd
from .relations import times
from .text_formats import DateFormat, EpochFormat, Format, NumberFormat, Numeric, Words, describe, format_from
from .text_formats.deciding import (
    READINGS,
    Meaning,
    cell_named,
    is_code,
    is_text,
    meanings,
    refuse_mixture,
    wanted,
)
from .text_formats.text_columns import TextColumn
from .values import MAX_EXACT_INTEGER, fits, is_number, plain

COLUMN_TYPES = ("integer", "float", "boolean", "category", "time", "identifier", "text")
DROP = "drop"  # as a type: leave the column out
ASKED_TYPES = (*COLUMN_TYPES, *personal.TYPES)  # personal data is made as identifiers are
MIN_IDENTIFIERS = 20  # different values from which a column can be an identifier
IDENTIFIER_SHARE = 0.9  # of different values, from which strings are identifiers
MIXTURE_SHARE = 0.5  # of different values, from which strings may be numbers or dates with odd cells among them
MAX_DECIMALS = 9
ROUNDING_ERROR = 8  # times the precision of a float: how far a number may be off from its decimals
IDENTIFIER_NAME = re.compile(r"(^|[_ -])(id|uuid|guid|key|index|nr|no|number)$", re.IGNORECASE)
MIN_WORDS = 4  # on average, from which different strings are text
MIN_LETTERS = 0.5  # of the words of a text that hold nothing but letters
DENSE_SHARE = 0.9  # of the numbers between the lowest and the highest that occur, once each, where rows are counted


@dataclass(frozen=True)
class Column:
    """A column and its type."""

    name: str
    kind: str  # one of COLUMN_TYPES
    dtype: str  # of pandas
    categories: tuple[Any, ...] = ()  # the value of a cell is at its position
    ordered: bool = False  # have the categories an order?
    decimals: int | None = None  # of numbers; None: any
    origin: int = 0  # of times: the nanoseconds at which a cell is 0
    unit: int = 1  # of times: the nanoseconds by which a cell grows by 1
    zone: str | None = None  # of times whose type has one
    text_format: Format | None = None  # how texts write the values; None: as Python does
    blank: str = ""  # how a text file writes an empty cell
    why: str = ""  # why the values are read like this, where they could be read in another way too
    doubt: str | None = None  # the type that --type would take for the other way
    made: dict[str, Any] = field(default_factory=dict)  # from which identifiers and texts are invented
    empty: float = 0.0  # share of empty cells of identifiers and texts

    @property
    def learned(self) -> bool:
        """Are its cells learned? Else values are invented."""
        return self.kind not in ("identifier", "text")

    @property
    def numeric(self) -> bool:
        """May values lie between those of training?"""
        return self.kind in ("integer", "float", "time")

    @property
    def cell_decimals(self) -> int | None:
        """Decimals of the cells; those of times are whole units."""
        return 0 if self.kind == "time" else self.decimals

    def cells(self, values: pd.Series) -> np.ndarray:
        """N values -> N float64 cells. Unknown values become NaN."""
        if self.kind == "time":
            text_format = self.text_format if isinstance(self.text_format, DateFormat | EpochFormat) else None
            return times.cells_of(*times.counts_of(values, text_format), self.origin, self.unit)
        if self.kind in ("integer", "float"):
            return self._numbers(values)
        places = {value: place for place, value in enumerate(self.categories)}
        known = (plain(values) if self.kind != "boolean" else values.astype(object)).map(places)
        return known.to_numpy(np.float64, na_value=np.nan)

    def series(self, cells: np.ndarray) -> pd.Series:
        """The values that cells stand for, in the type of the training values."""
        there = ~np.isnan(cells)
        if self.kind == "time":
            return self._times(cells)
        if self.kind in ("integer", "float"):
            if isinstance(self.text_format, Numeric) and not is_number(self.dtype):
                return pd.Series(self.text_format.texts(cells), name=self.name, dtype=object).astype(self.dtype)
            numbers = pd.Series(cells, name=self.name)
            if self.kind == "integer":
                whole = pd.array(np.where(there, np.nan_to_num(cells), 0).round().astype(np.int64), dtype="Int64")
                whole[~there] = pd.NA
                numbers = pd.Series(whole, name=self.name)
                if not fits(numbers, self.dtype):
                    return numbers
            return numbers.astype(self.dtype)
        values = np.full(len(cells), None, dtype=object)
        values[there] = [self.categories[place] for place in cells[there].astype(np.int64)]
        if self.dtype == "category":
            return pd.Series(
                pd.Categorical(values, categories=list(self.categories), ordered=self.ordered), name=self.name
            )
        return pd.Series(values, name=self.name).astype(self.dtype)

    def new(self, rows: range, seed: int, which: Sequence[int] | None = None) -> pd.Series:
        """Invented identifiers or texts for these rows. which: identifier each row has, where that is settled."""
        make = (
            identifiers.new_identifiers(self.made, rows, seed, self.name, which)
            if self.kind == "identifier"
            else free_text.new_texts(self.made, rows, seed, self.name)
        )
        values = pd.Series(make, name=self.name, dtype=object)
        if self.empty:
            values[[make_rng(seed, "empty", self.name, row).random() < self.empty for row in which or rows]] = None
        if self.made.get("form") == "integer" or self.made.get("number"):
            numbers = [int(value) for value in make]
            if numbers and not identifiers.MIN_INTEGER <= min(numbers) <= max(numbers) <= identifiers.MAX_INTEGER:
                return values
            if not fits(pd.Series(numbers, dtype="Int64"), self.dtype):
                return values.astype("Int64")
        try:
            return values.astype(self.dtype)
        except (OverflowError, ValueError, TypeError):
            return values

    def _numbers(self, values: pd.Series) -> np.ndarray:
        if not is_text(values):
            return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
        places, different = pd.factorize(values.astype(object))
        format = self.text_format if isinstance(self.text_format, Numeric) else NumberFormat()
        return np.append(format.cells(different), np.nan)[places]

    def _times(self, cells: np.ndarray) -> pd.Series:
        counts, per_second = times.counts_from(cells, self.origin, self.unit)
        if not isinstance(self.text_format, DateFormat | EpochFormat):
            found = pd.Series(times.datetimes(counts, per_second), name=self.name)
            found = found.dt.tz_localize("UTC").dt.tz_convert(self.zone) if self.zone else found
            return found.astype(self.dtype)
        made = pd.Series(times.texts(counts, per_second, self.text_format), name=self.name, dtype=object)
        if is_number(self.dtype):
            made = pd.to_numeric(made)
        return made.astype(self.dtype)

    def texts(self, values: pd.Series) -> pd.Series:
        """The values of `series` or `new` as a text file writes them."""
        there = values.notna()
        if is_text(values) or self.text_format is None:
            made = values
        elif isinstance(self.text_format, Numeric):
            made = pd.Series(self.text_format.texts(values.astype("Float64").to_numpy(np.float64, na_value=np.nan)))
        elif isinstance(self.text_format, Words):
            made = values.map({False: self.text_format.false, True: self.text_format.true})
        else:
            made = values
        return made if not self.blank else made.astype(object).where(there, self.blank)

    def about(self) -> str:
        """For people: name, type and details."""
        more = {
            "category": f"{'ordered, ' if self.ordered else ''}{len(self.categories):,} different",
            "float": "" if self.decimals is None else f"{self.decimals} decimals",
            "time": f"by {times.UNITS[self.unit]}{', zone ' + self.local_zone if self.local_zone else ''}",
            "identifier": "not learned: new ones are made",
            "text": "not learned: new texts are words that many rows share",
        }.get(self.kind, "")
        return f"{self.name}: {self.made.get('kind', self.kind)}{f' ({more})' if more else ''}{self._about_writing()}"

    @property
    def local_zone(self) -> str | None:
        """Where the clocks of a column of times stand; None where nothing says so."""
        return self.zone or (self.text_format.zone if isinstance(self.text_format, DateFormat) else None)

    def _about_writing(self) -> str:
        """For people: how texts write the values, and why they are read like that."""
        if self.text_format is None:
            return ""
        empty = f", '{self.text_format.missing}' where empty" if self.text_format.missing else ""
        if isinstance(self.text_format, Numeric) and self.text_format.plain and not self.why:
            return empty
        doubt = f"; --type {self.name}={self.doubt} reads them the other way" if self.doubt else ""
        return f", {self.text_format.about()}{empty}" + (f" ({self.why}{doubt})" if self.why else "")

    def describe(self) -> dict[str, Any]:
        """For codec.json: what is not as in most columns. 0 decimals are something else than none that are known."""
        values = asdict(self) | {"text_format": describe(self.text_format) if self.text_format else None}
        usual = asdict(Column("", "", ""))
        return {
            name: value
            for name, value in values.items()
            if name in ("name", "kind", "dtype") or (type(value), value) != (type(usual[name]), usual[name])
        }


def column_from(description: dict[str, Any]) -> Column:
    """The inverse of Column.describe()."""
    text_format = description.get("text_format")
    read = {
        "categories": tuple(description.get("categories", ())),
        "text_format": format_from(text_format) if text_format else None,
    }
    return Column(**{**description, **read})


def find(
    frame: pd.DataFrame, asked: dict[str, str] | None = None, texts: Mapping[str, TextColumn] | None = None
) -> tuple[Column, ...]:
    """The columns of a table with their types: as asked, else from dtype and values.

    texts: what a text file says of its columns; None for tables whose columns have types. Raises UserError for an
    unknown column or type.
    """
    asked = asked or {}
    for name, kind in asked.items():
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, [str(column) for column in frame.columns])}")
        if wanted(kind).type not in ASKED_TYPES:
            raise UserError(f"'{kind}' is not a type of a column; {nearest(kind, [*ASKED_TYPES, *READINGS])}")
    for name in frame.columns:
        refuse_odd(str(name), frame[name])
    read = meanings(frame, asked, texts)
    found = tuple(
        _column(str(name), frame[name], wanted(asked.get(str(name))).type, read.get(str(name)))
        for name in frame.columns
    )
    if texts is not None:
        found = tuple(replace(each, **texts[each.name].details(each)) for each in found)
    for column in found:
        if column.name in asked and column.learned:
            _refuse_loss(column, frame[column.name])
    return found


def _refuse_loss(column: Column, values: pd.Series) -> None:
    """Raises UserError where a value is not of the type that was asked for."""
    cells = column.cells(values)
    missing = column.text_format.missing if column.text_format else None
    there = values.notna().to_numpy() & (values != missing).to_numpy(bool, na_value=True)
    lost = there & (np.isnan(cells) | ((cells % 1 != 0) & (column.kind == "integer")))
    if lost.any():
        raise UserError(f"column '{column.name}' cannot be read as {column.kind}: {cell_named(values, lost)} is none")


def _column(name: str, values: pd.Series, asked: str | None, read: Meaning | None) -> Column:
    dtype, there = str(values.dtype), values.dropna()
    if not asked and not read and is_text(values) and (about := personal.of_column(name, there, "identifier", None)):
        return _identifier(name, values, about)  # before mixtures of numbers and texts are refused
    kind = asked or _kind(name, values, read)
    as_text = "identifier" if kind == "integer" and is_text(values) else kind  # phone numbers may look like 612 345 678
    if about := personal.of_column(name, there, as_text, asked):
        return _identifier(name, values, about)
    if kind == "time":
        return _time(name, values, dtype, read)
    if kind in ("integer", "float"):
        return _number(name, values, kind, read)
    if kind == "identifier":
        return _identifier(name, values)
    if kind == "text":
        made = free_text.words([str(value) for value in there])
        return Column(name, kind, dtype, made=made, empty=float(values.isna().mean()))
    if kind == "boolean":
        words = (read.format.false, read.format.true) if read and isinstance(read.format, Words) else (False, True)
        return Column(name, kind, dtype, categories=words)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Column(
            name,
            kind,
            "category",
            categories=tuple(plain(pd.Series(values.cat.categories)).tolist()),
            ordered=bool(values.cat.ordered),
        )
    different = plain(there).unique().tolist()
    made = {"perhaps": "name"} if not asked and personal.perhaps_people(name, different) else {}
    every = tuple(sorted(different, key=lambda each: (type(each).__name__, each)))
    return Column(name, kind, dtype, categories=every, made=made)


def _identifier(name: str, values: pd.Series, about: personal.Finding | None = None) -> Column:
    """about: what the values are, if they tell who somebody is."""
    dtype, there = str(values.dtype), values.dropna()
    if pd.api.types.is_bool_dtype(values.dtype):
        raise UserError(
            f"column '{name}' is true or false in every row: that is no identifier; use --type {name}=boolean"
        )
    short = dtype.lower().partition("[")[0]
    limits = np.iinfo(short) if pd.api.types.is_integer_dtype(values.dtype) else None
    made = identifiers.identifiers(
        there.tolist(), about.kind if about else None, (int(limits.min), int(limits.max)) if limits else None
    )
    share = {"share": about.share} if about and not about.asked else {}
    return Column(name, "identifier", dtype, made={**made, **share}, empty=float(values.isna().mean()))


def _kind(name: str, values: pd.Series, read: Meaning | None) -> str:
    types, there = pd.api.types, values.dropna()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if types.is_bool_dtype(values.dtype) or (
        values.dtype == object and len(there) and there.map(lambda value: isinstance(value, (bool, np.bool_))).all()
    ):
        return "boolean"
    if times.is_time(values):
        return "time"
    different = there.nunique()
    unique = different == len(there) >= MIN_IDENTIFIERS
    if read is not None and read.type != "integer":
        return read.type
    if types.is_integer_dtype(values.dtype) or read is not None:
        numbers = there if read is None else pd.Series(_number(name, there, "integer", read).cells(there))
        if len(there) and int(numbers.abs().max()) >= MAX_EXACT_INTEGER:
            return "identifier" if unique else "category"
        named = IDENTIFIER_NAME.search(name) or numbers.is_monotonic_increasing
        dense = unique and int(numbers.max() - numbers.min()) < len(there) / DENSE_SHARE  # in whatever order
        if read is None and is_code(name, there):
            return "identifier" if different >= IDENTIFIER_SHARE * len(there) and unique else "category"
        marked = read is not None and isinstance(read.format, Numeric) and not read.format.plain
        return "identifier" if unique and (named and not marked or dense) else "integer"
    if types.is_float_dtype(values.dtype):
        return "float"
    texts = there.map(str)
    free = different > max(MIN_IDENTIFIERS, len(there) / 2)
    if free and texts.map(_count_words).mean() >= MIN_WORDS:
        return "text"
    if different >= max(MIN_IDENTIFIERS, MIXTURE_SHARE * len(there)):
        refuse_mixture(name, values)
    return "identifier" if different >= max(MIN_IDENTIFIERS, IDENTIFIER_SHARE * len(there)) else "category"


def _count_words(text: str) -> int:
    """How many words a text has; 0 for groups of digits and signs, as of a card: **** **** **** 1234."""
    words = text.split()
    lettered = sum(any(map(str.isalpha, word)) and not any(map(str.isdigit, word)) for word in words)
    return len(words) if lettered >= MIN_LETTERS * len(words) else 0


def _number(name: str, values: pd.Series, kind: str, read: Meaning | None) -> Column:
    """Raises UserError where there are infinite numbers."""
    dtype = str(values.dtype)
    text_format = read.format if read and isinstance(read.format, Numeric) else None
    column = Column(
        name, kind, dtype, text_format=text_format, why=read.why if read else "", doubt=read.doubt if read else None
    )
    cells = column.cells(values)
    if np.isinf(cells).any():
        raise UserError(
            f"column '{name}' holds infinite numbers, {cell_named(values, np.isinf(cells))}; replace them, or leave "
            "them empty"
        )
    there = cells[~np.isnan(cells)]
    return replace(column, decimals=0 if kind == "integer" else decimals_of(there, dtype))


def _time(name: str, values: pd.Series, dtype: str, read: Meaning | None) -> Column:
    text_format = read.format if read and isinstance(read.format, DateFormat | EpochFormat) else None
    counts, per_second = times.counts_of(values, text_format)
    origin, unit = times.grid_of(counts, per_second)
    zone = getattr(values.dtype, "tz", None)
    why, doubt = (read.why, read.doubt) if read else ("", None)
    zone = str(zone) if zone else None
    return Column(
        name, "time", dtype, origin=origin, unit=unit, zone=zone, text_format=text_format, why=why, doubt=doubt
    )


def decimals_of(numbers: np.ndarray, dtype: str) -> int | None:
    """The fewest decimals with which all numbers can be written, but for rounding errors.

    None where MAX_DECIMALS are too few.
    """
    close = (
        ROUNDING_ERROR
        * np.finfo(dtype.lower() if dtype.lower() in ("float16", "float32") else "float64").eps
        * np.abs(numbers)
    )
    return next(
        (places for places in range(MAX_DECIMALS + 1) if (np.abs(np.round(numbers, places) - numbers) <= close).all()),
        None,
    )
