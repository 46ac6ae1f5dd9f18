"""The columns of a table: which type each has, and how its values become cells (see `codes`) and come back as they were."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from ...util.random import make_rng
from . import identifiers

KINDS = ("integer", "float", "boolean", "category", "time", "identifier", "text")
FEWEST = 20  # different values from which a column can be an identifier
NEARLY = 0.9  # share of different values from which strings tell who somebody is
EXACT = 2**53  # integers up to which a float64 holds every one
MOST_DECIMALS = 9
NOISE = 8  # times a float's precision that a number may be off from its decimals
UNITS = (86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000, 1_000_000, 1_000, 1)  # nanoseconds: a day ... one
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
NAMED = re.compile(r"(^|[_ -])(id|uuid|guid|key|index|nr|no|number)$", re.IGNORECASE)
WORDS = 4  # on average, from which strings that are nearly all different are text


@dataclass(frozen=True)
class Column:
    """categories: what the cells of a category stand for, by position. decimals: of a number, None: any. origin, unit: nanoseconds where a
    time's cell is 0 and that one step is; zone: its time zone; pattern: how it was written, where it was text. made: of an identifier or
    text (see `made_up`); empty: the share of their cells that holds nothing."""

    name: str
    kind: str
    dtype: str
    categories: tuple[Any, ...] = ()
    ordered: bool = False
    decimals: int | None = None
    origin: int = 0
    unit: int = 1
    zone: str | None = None
    pattern: str | None = None
    made: dict[str, Any] = field(default_factory=dict)
    empty: float = 0.0

    @property
    def learned(self) -> bool:
        return self.kind not in ("identifier", "text")

    @property
    def numeric(self) -> bool:
        """Can values lie between those seen?"""
        return self.kind in ("integer", "float", "time")

    @property
    def cell_decimals(self) -> int | None:
        """Of its cells: a time's are whole units."""
        return 0 if self.kind == "time" else self.decimals

    def cells(self, values: pd.Series) -> np.ndarray:
        """N float64. What the column does not know becomes NaN."""
        if self.kind == "time":
            return _nanoseconds(values).sub(self.origin).div(self.unit).to_numpy(np.float64, na_value=np.nan)
        if self.kind in ("integer", "float"):
            return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
        places = {value: place for place, value in enumerate(self.categories)}
        plain = (_plain(values) if self.kind != "boolean" else values.astype(object)).map(places)
        return plain.to_numpy(np.float64, na_value=np.nan)

    def series(self, cells: np.ndarray) -> pd.Series:
        """The values that cells stand for, of the type that they had."""
        there = ~np.isnan(cells)
        if self.kind == "time":
            return self._times(cells, there)
        if self.kind in ("integer", "float"):
            numbers = pd.Series(cells, name=self.name)
            if self.kind == "integer":
                whole = pd.array(np.where(there, np.nan_to_num(cells), 0).round().astype(np.int64), dtype="Int64")
                whole[~there] = pd.NA
                numbers = pd.Series(whole, name=self.name)
                if not _fits(numbers, self.dtype):
                    return numbers
            return numbers.astype(self.dtype)
        values = np.full(len(cells), None, dtype=object)
        values[there] = [self.categories[place] for place in cells[there].astype(np.int64)]
        if self.dtype == "category":
            return pd.Series(pd.Categorical(values, categories=list(self.categories), ordered=self.ordered), name=self.name)
        return pd.Series(values, name=self.name).astype(self.dtype)

    def new(self, rows: range, seed: int) -> pd.Series:
        """Values of an identifier or text for these rows."""
        make = (
            identifiers.new_identifiers(self.made, rows, seed, self.name)
            if self.kind == "identifier"
            else identifiers.new_texts(self.made, rows, seed, self.name)
        )
        values = pd.Series(make, name=self.name, dtype=object)
        if self.empty:
            values[[make_rng(seed, "empty", self.name, row).random() < self.empty for row in rows]] = None
        try:
            return values.astype(self.dtype)
        except (OverflowError, ValueError, TypeError):  # new numbers are larger than those seen, and may not fit
            return values.astype("Int64" if self.made.get("kind") == "integer" else object)

    def _times(self, cells: np.ndarray, there: np.ndarray) -> pd.Series:
        counts = np.where(there, np.nan_to_num(cells), 0).round().astype(np.int64) * self.unit + self.origin
        times = pd.Series(pd.to_datetime(counts, unit="ns", utc=True), name=self.name)
        times = times.dt.tz_convert(self.zone) if self.zone else times.dt.tz_localize(None)
        times[~there] = pd.NaT
        if self.pattern:
            return times.dt.strftime(self.pattern).astype(object).where(there, None).astype(self.dtype)
        return times.astype(self.dtype)

    def about(self) -> str:
        """For people."""
        more = {
            "category": f"{'ordered, ' if self.ordered else ''}{len(self.categories):,} different",
            "float": "" if self.decimals is None else f"{self.decimals} decimals",
            "time": f"by {_named(self.unit)}{', zone ' + self.zone if self.zone else ''}",
            "identifier": "not learned: new ones are made up",
            "text": "not learned: words that many rows share, mixed",
        }.get(self.kind, "")
        return f"{self.name}: {self.kind}{f' ({more})' if more else ''}"

    def describe(self) -> dict[str, Any]:
        return {
            name: value for name, value in asdict(self).items() if value not in ((), {}, None, False) or name in ("name", "kind", "dtype")
        }


def column_from(description: dict[str, Any]) -> Column:
    return Column(**{**description, "categories": tuple(description.get("categories", ()))})


def find(frame: pd.DataFrame, asked: dict[str, str] | None = None) -> tuple[Column, ...]:
    """The type of every column: as asked, else from dtype and values. Raises UserError for an unknown column or type."""
    asked = asked or {}
    for name, kind in asked.items():
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, [str(column) for column in frame.columns])}")
        if kind not in KINDS:
            raise UserError(f"'{kind}' is no type of a column; {nearest(kind, list(KINDS))}")
    found = tuple(_column(str(name), frame[name], asked.get(str(name))) for name in frame.columns)
    for column in found:
        if column.name in asked and column.learned:
            _refuse_loss(column, frame[column.name])
    return found


def _refuse_loss(column: Column, values: pd.Series) -> None:
    """Raises UserError where values cannot be of the type that was asked for."""
    cells = column.cells(values)
    lost = values.notna().to_numpy() & (np.isnan(cells) | ((cells % 1 != 0) & (column.kind == "integer")))
    if lost.any():
        raise UserError(f"column '{column.name}' cannot be read as {column.kind}: {values[lost].iloc[0]!r} is none")


def _column(name: str, values: pd.Series, asked: str | None) -> Column:
    kind = asked or _kind(name, values)
    dtype = str(values.dtype)
    there = values.dropna()
    try:
        if kind == "time":
            return _time(name, values, dtype)
        if kind in ("integer", "float"):
            numbers = pd.to_numeric(there).astype(np.float64).to_numpy()
            if np.isinf(numbers).any():
                raise UserError(f"column '{name}' holds infinite numbers; replace them, or leave them empty")
            return Column(name, kind, dtype, decimals=0 if kind == "integer" else decimals_of(numbers, dtype))
    except (ValueError, TypeError) as error:
        raise UserError(f"column '{name}' cannot be read as {kind}: {str(error).splitlines()[0]}") from None
    empty = float(values.isna().mean())
    if kind == "identifier":
        return Column(name, kind, dtype, made=identifiers.identifiers(there.tolist()), empty=empty)
    if kind == "text":
        return Column(name, kind, dtype, made=identifiers.words([str(value) for value in there]), empty=empty)
    if kind == "boolean":
        return Column(name, kind, dtype, categories=(False, True))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Column(
            name, kind, "category", categories=tuple(_plain(pd.Series(values.cat.categories)).tolist()), ordered=bool(values.cat.ordered)
        )
    plain = _plain(there)
    return Column(name, kind, dtype, categories=tuple(sorted(plain.unique().tolist())))


def _kind(name: str, values: pd.Series) -> str:
    types, there = pd.api.types, values.dropna()
    if any(isinstance(value, (list, dict, set, np.ndarray)) for value in there):
        raise UserError(f"column '{name}' holds lists; leave it out, or make columns of what they hold")
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if types.is_bool_dtype(values.dtype) or (len(there) and there.map(lambda value: isinstance(value, (bool, np.bool_))).all()):
        return "boolean"
    if types.is_datetime64_any_dtype(values.dtype):
        return "time"
    different = there.nunique()
    unique = different == len(there) >= FEWEST
    if types.is_integer_dtype(values.dtype):
        if len(there) and int(there.abs().max()) >= EXACT:
            return "identifier" if unique else "category"
        return "identifier" if unique and (NAMED.search(name) or there.is_monotonic_increasing) else "integer"
    if types.is_float_dtype(values.dtype):
        return "float"
    texts = there.map(str)
    if len(texts) and texts.map(lambda text: bool(DATE.fullmatch(text))).all():
        return "time"
    if different > max(FEWEST, len(there) / 2) and texts.map(lambda text: len(text.split())).mean() >= WORDS:
        return "text"
    return "identifier" if different >= max(FEWEST, NEARLY * len(there)) else "category"


def _time(name: str, values: pd.Series, dtype: str) -> Column:
    pattern = None
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        pattern = _pattern([str(value) for value in values.dropna()])
    counts = _nanoseconds(values).dropna().astype(np.int64).to_numpy()
    origin = int(counts.min()) if len(counts) else 0
    unit = next(unit for unit in UNITS if not ((counts - origin) % unit).any())
    zone = getattr(values.dtype, "tz", None)
    return Column(
        name,
        "time",
        dtype,
        origin=origin,
        unit=unit,
        zone=str(zone) if zone else "UTC" if pattern and "%z" in pattern else None,
        pattern=pattern,
    )


def _nanoseconds(values: pd.Series) -> pd.Series:
    """Since 1970, of UTC, as Int64."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        times = pd.to_datetime(values, utc=True)
    else:
        times = pd.to_datetime(values.astype("string"), utc=True, format="ISO8601", errors="coerce")
    counts = times.astype("datetime64[ns, UTC]").astype(np.int64).astype("Int64")
    return counts.where(times.notna(), pd.NA)


def _pattern(texts: list[str]) -> str:
    """How times are written; of several ways, the longest."""
    longest = max(texts, key=len, default="2000-01-01")
    found = DATE.fullmatch(longest)
    if not found:
        return "%Y-%m-%d"
    clock, seconds, _, zone = found.groups()
    time = "" if not clock else clock[0] + "%H:%M" + ("" if not seconds else ":%S" if "." not in seconds else ":%S.%f")
    return f"%Y-%m-%d{time}{'%z' if zone else ''}"


def _plain(values: pd.Series) -> pd.Series:
    """Categories as JSON can hold them and so that they can be sorted: all of one of its types, else all text."""
    types = {type(value) for value in values.dropna()}
    if types <= {str} or types <= {bool, np.bool_} or types <= {int, np.int64, np.int32} or types <= {float, np.float64}:
        return values.astype(object).map(lambda value: value.item() if isinstance(value, np.generic) else value, na_action="ignore")
    return values.astype(object).map(str, na_action="ignore")


def decimals_of(numbers: np.ndarray, dtype: str) -> int | None:
    """The fewest with which every number is written, but for what sums of such numbers are off by."""
    close = NOISE * np.finfo(dtype.lower() if dtype.lower() in ("float16", "float32") else "float64").eps * np.abs(numbers)
    return next((places for places in range(MOST_DECIMALS + 1) if (np.abs(np.round(numbers, places) - numbers) <= close).all()), None)


def _fits(numbers: pd.Series, dtype: str) -> bool:
    """Can integers be held in this type?"""
    name = dtype.lower()
    if not name.startswith(("int", "uint")) or not name.removeprefix("u").removeprefix("int").isdigit() or numbers.isna().all():
        return True
    return bool(numbers.min() >= np.iinfo(name).min and numbers.max() <= np.iinfo(name).max)


def _named(unit: int) -> str:
    return dict(zip(UNITS, ("day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond"), strict=True))[unit]
