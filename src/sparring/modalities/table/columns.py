"""The columns of a table: which type each has, and how its values become cells (see `codes`) and come back."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from ...util.random import make_rng
from . import free_text, identifiers, personal

COLUMN_TYPES = ("integer", "float", "boolean", "category", "time", "identifier", "text")
ASKED_TYPES = (*COLUMN_TYPES, *personal.TYPES)  # personal data is made as identifiers are
MIN_IDENTIFIERS = 20  # different values from which a column can be an identifier
IDENTIFIER_SHARE = 0.9  # of different values, from which strings are identifiers
MAX_EXACT_INTEGER = 2**53  # a float64 holds every integer up to this
MAX_DECIMALS = 9
ROUNDING_ERROR = 8  # times the precision of a float: how far a number may be off from its decimals
UNITS = (
    86_400_000_000_000,
    3_600_000_000_000,
    60_000_000_000,
    1_000_000_000,
    1_000_000,
    1_000,
    1,
)  # in nanoseconds, from a day down
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
IDENTIFIER_NAME = re.compile(r"(^|[_ -])(id|uuid|guid|key|index|nr|no|number)$", re.IGNORECASE)
MIN_WORDS = 4  # on average, from which different strings are text


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
    zone: str | None = None  # of times
    pattern: str | None = None  # in which times were written, where they were text
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
            return _nanoseconds(values).sub(self.origin).div(self.unit).to_numpy(np.float64, na_value=np.nan)
        if self.kind in ("integer", "float"):
            return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
        places = {value: place for place, value in enumerate(self.categories)}
        plain = (_plain(values) if self.kind != "boolean" else values.astype(object)).map(places)
        return plain.to_numpy(np.float64, na_value=np.nan)

    def series(self, cells: np.ndarray) -> pd.Series:
        """The values that cells stand for, in the type of the training values."""
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
            return pd.Series(
                pd.Categorical(values, categories=list(self.categories), ordered=self.ordered), name=self.name
            )
        return pd.Series(values, name=self.name).astype(self.dtype)

    def new(self, rows: range, seed: int) -> pd.Series:
        """Invented identifiers or texts for these rows."""
        make = (
            identifiers.new_identifiers(self.made, rows, seed, self.name)
            if self.kind == "identifier"
            else free_text.new_texts(self.made, rows, seed, self.name)
        )
        values = pd.Series(make, name=self.name, dtype=object)
        if self.empty:
            values[[make_rng(seed, "empty", self.name, row).random() < self.empty for row in rows]] = None
        if self.made.get("form") == "integer" or self.made.get("number"):
            numbers = [int(value) for value in make]
            if numbers and not identifiers.MIN_INTEGER <= min(numbers) <= max(numbers) <= identifiers.MAX_INTEGER:
                return values
            if not _fits(pd.Series(numbers, dtype="Int64"), self.dtype):
                return values.astype("Int64")
        try:
            return values.astype(self.dtype)
        except (OverflowError, ValueError, TypeError):
            return values

    def _times(self, cells: np.ndarray, there: np.ndarray) -> pd.Series:
        counts = np.where(there, np.nan_to_num(cells), 0).round().astype(np.int64) * self.unit + self.origin
        times = pd.Series(pd.to_datetime(counts, unit="ns", utc=True), name=self.name)
        times = times.dt.tz_convert(self.zone) if self.zone else times.dt.tz_localize(None)
        times[~there] = pd.NaT
        if self.pattern:
            return times.dt.strftime(self.pattern).astype(object).where(there, None).astype(self.dtype)
        return times.astype(self.dtype)

    def about(self) -> str:
        """For people: name, type and details."""
        more = {
            "category": f"{'ordered, ' if self.ordered else ''}{len(self.categories):,} different",
            "float": "" if self.decimals is None else f"{self.decimals} decimals",
            "time": f"by {_named(self.unit)}{', zone ' + self.zone if self.zone else ''}",
            "identifier": "not learned: new ones are made",
            "text": "not learned: new texts are words that many rows share",
        }.get(self.kind, "")
        return f"{self.name}: {self.made.get('kind', self.kind)}{f' ({more})' if more else ''}"

    def note(self) -> str:
        """For people: what happens to values that are not learned."""
        keep = (
            f"--type {self.name}=category learns the values as they are, --type {self.name}=drop leaves the column out"
        )
        if self.kind == "text":
            return f"{self.name}: free text is not learned; new texts are made of words that many rows share. {keep}."
        share = self.made.get("share", 0.0)
        why = f" ({share:.0%} of the values look like it)" if share else ""
        return (
            f"{self.name}: {self.made.get('kind', self.kind)}{why}, not learned; new ones are made in the same form, "
            f"none of them one of the data. {keep}."
        )

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        return {
            name: value
            for name, value in asdict(self).items()
            if value not in ((), {}, None, False) or name in ("name", "kind", "dtype")
        }


def column_from(description: dict[str, Any]) -> Column:
    """The inverse of Column.describe()."""
    return Column(**{**description, "categories": tuple(description.get("categories", ()))})


def find(frame: pd.DataFrame, asked: dict[str, str] | None = None) -> tuple[Column, ...]:
    """The columns of a table with their types: as asked, else from dtype and values.

    Raises UserError for an unknown column or type.
    """
    asked = asked or {}
    for name, kind in asked.items():
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, [str(column) for column in frame.columns])}")
        if kind not in ASKED_TYPES:
            raise UserError(f"'{kind}' is not a type of a column; {nearest(kind, list(ASKED_TYPES))}")
    found = tuple(_column(str(name), frame[name], asked.get(str(name))) for name in frame.columns)
    for column in found:
        if column.name in asked and column.learned:
            _refuse_loss(column, frame[column.name])
    return found


def _refuse_loss(column: Column, values: pd.Series) -> None:
    """Raises UserError where a value is not of the type that was asked for."""
    cells = column.cells(values)
    lost = values.notna().to_numpy() & (np.isnan(cells) | ((cells % 1 != 0) & (column.kind == "integer")))
    if lost.any():
        raise UserError(f"column '{column.name}' cannot be read as {column.kind}: {values[lost].iloc[0]!r} is none")


def _column(name: str, values: pd.Series, asked: str | None) -> Column:
    kind = asked or _kind(name, values)
    dtype = str(values.dtype)
    there = values.dropna()
    if about := personal.of_column(name, there, kind, asked):
        return _identifier(name, values, about)
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
    if kind == "identifier":
        return _identifier(name, values)
    if kind == "text":
        made = free_text.words([str(value) for value in there])
        return Column(name, kind, dtype, made=made, empty=float(values.isna().mean()))
    if kind == "boolean":
        return Column(name, kind, dtype, categories=(False, True))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Column(
            name,
            kind,
            "category",
            categories=tuple(_plain(pd.Series(values.cat.categories)).tolist()),
            ordered=bool(values.cat.ordered),
        )
    plain = _plain(there)
    return Column(name, kind, dtype, categories=tuple(sorted(plain.unique().tolist())))


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
    share = {"share": about.share} if about and about.share else {}
    return Column(name, "identifier", dtype, made={**made, **share}, empty=float(values.isna().mean()))


def _kind(name: str, values: pd.Series) -> str:
    types, there = pd.api.types, values.dropna()
    if any(isinstance(value, (list, dict, set, np.ndarray)) for value in there):
        raise UserError(f"column '{name}' holds lists; leave it out, or make columns of what they hold")
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if types.is_bool_dtype(values.dtype) or (
        len(there) and there.map(lambda value: isinstance(value, (bool, np.bool_))).all()
    ):
        return "boolean"
    if types.is_datetime64_any_dtype(values.dtype):
        return "time"
    different = there.nunique()
    unique = different == len(there) >= MIN_IDENTIFIERS
    if types.is_integer_dtype(values.dtype):
        if len(there) and int(there.abs().max()) >= MAX_EXACT_INTEGER:
            return "identifier" if unique else "category"
        return "identifier" if unique and (IDENTIFIER_NAME.search(name) or there.is_monotonic_increasing) else "integer"
    if types.is_float_dtype(values.dtype):
        return "float"
    texts = there.map(str)
    if len(texts) and texts.map(lambda text: bool(DATE.fullmatch(text))).all():
        return "time"
    if (
        different > max(MIN_IDENTIFIERS, len(there) / 2)
        and texts.map(lambda text: len(text.split())).mean() >= MIN_WORDS
    ):
        return "text"
    return "identifier" if different >= max(MIN_IDENTIFIERS, IDENTIFIER_SHARE * len(there)) else "category"


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
    """Nanoseconds since 1970 in UTC, as Int64."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        times = pd.to_datetime(values, utc=True)
    else:
        times = pd.to_datetime(values.astype("string"), utc=True, format="ISO8601", errors="coerce")
    counts = times.astype("datetime64[ns, UTC]").astype(np.int64).astype("Int64")
    return counts.where(times.notna(), pd.NA)


def _pattern(texts: list[str]) -> str:
    """The pattern in which times are written; of several patterns the longest."""
    longest = max(texts, key=len, default="2000-01-01")
    found = DATE.fullmatch(longest)
    if not found:
        return "%Y-%m-%d"
    clock, seconds, _, zone = found.groups()
    time = "" if not clock else clock[0] + "%H:%M" + ("" if not seconds else ":%S" if "." not in seconds else ":%S.%f")
    return f"%Y-%m-%d{time}{'%z' if zone else ''}"


def _plain(values: pd.Series) -> pd.Series:
    """Categories that JSON can hold and that can be sorted: all of one of the types of JSON, else all text."""
    types = {type(value) for value in values.dropna()}
    if (
        types <= {str}
        or types <= {bool, np.bool_}
        or types <= {int, np.int64, np.int32}
        or types <= {float, np.float64}
    ):
        return values.astype(object).map(
            lambda value: value.item() if isinstance(value, np.generic) else value, na_action="ignore"
        )
    return values.astype(object).map(str, na_action="ignore")


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


def _fits(numbers: pd.Series, dtype: str) -> bool:
    """Can this type hold the integers?"""
    name = dtype.lower()
    if (
        not name.startswith(("int", "uint"))
        or not name.removeprefix("u").removeprefix("int").isdigit()
        or numbers.isna().all()
    ):
        return True
    return bool(numbers.min() >= np.iinfo(name).min and numbers.max() <= np.iinfo(name).max)


def _named(unit: int) -> str:
    return dict(
        zip(UNITS, ("day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond"), strict=True)
    )[unit]
