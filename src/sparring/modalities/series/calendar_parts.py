"""Times in several columns, such as year, month and day, or date and hour: joined for reading, parted for writing.

Columns that follow from the times, such as a weekday beside a date, are no channels: they are written anew as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UserError
from ..table.columns import Column, column_from, find
from ..table.relations.times import NANOSECONDS_A_DAY, counts_from, datetimes
from ..table.text_formats import DateFormat
from ..table.text_formats.deciding import wanted
from ..table.text_formats.month_names import LANGUAGES
from .calendar_units import LIMITS, NUMBERS, times_of, unit_of
from .number_table import COLUMN_ROLES, NumberTable

CHAINS = (  # of units that tell a time together, the finest first; "date" and "clock" are columns of times
    *(
        (*day, *clock)
        for clock in (("clock",), ("hour", "minute", "second"), ("hour", "minute"), ("hour",), ())
        for day in (("date",), ("year", "month", "day"), ("year", "yearday"), ("month", "day"), ("days",), ())
    ),
    ("year", "week"),
    ("year", "month"),
    ("year", "quarter"),
)
TEXT = re.compile(r"(\D*)(\d+)(\D*)")
MAX_VALUES = 366  # different texts of a part


@dataclass(frozen=True)
class Part:
    """A column that says a unit of a time.

    Attributes:
        name: of the column.
        unit: one of calendar_units.NUMBERS, "date", "clock", "shifted" (a time, offset by microseconds) or "steps" of
            the series.
        dtype: of the column.
        offset, scale: a number is that of the unit times scale, plus offset.
        values: in place of the numbers of the unit, from its least number on; None where none is known.
        column: of a date or a time of the day.
        joins: is it read? Else it follows from the times.
    """

    name: str
    unit: str
    dtype: str
    offset: float = 0
    scale: float = 1
    values: tuple[Any, ...] = ()
    column: Column | None = None
    joins: bool = True

    @property
    def first(self) -> int:
        """The least number of the unit."""
        return LIMITS[self.unit][0] if self.unit in LIMITS else 0

    def numbers(self, values: pd.Series) -> np.ndarray:
        """The numbers of the unit that the column holds, float64; NaN where it holds none."""
        if self.column is not None:
            return self.column.cells(values)
        if self.values:
            places = {value: place + self.first for place, value in enumerate(self.values) if value is not None}
            return values.astype(object).map(places).to_numpy(np.float64, na_value=np.nan)
        return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan) - self.offset

    def write(self, times: np.ndarray, steps: np.ndarray) -> pd.Series:
        """The column at these times, datetime64[us], which are these steps of their series."""
        if self.column is not None:
            day = times.astype("datetime64[D]").astype("datetime64[us]")
            there = {"date": day, "clock": times - day, "shifted": times}[self.unit].astype(np.int64) * 1000
            there += round(1000 * self.offset)
            return self.column.series((there - self.column.origin) / self.column.unit)
        numbers = steps if self.unit == "steps" else NUMBERS[self.unit](pd.DatetimeIndex(times))
        if not self.values:
            return pd.Series(numbers * self.scale + self.offset).astype(self.dtype)
        values = np.array([*self.values, None], dtype=object)
        found = pd.Series(values[np.clip(numbers - self.first, 0, len(self.values))])
        return found.astype(self.dtype) if not found.isna().any() else found

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        column = self.column.describe() if self.column else None
        return asdict(self) | {"values": list(self.values), "column": column}


def part_from(description: Mapping[str, Any]) -> Part:
    """The inverse of Part.describe()."""
    column = description["column"]
    return Part(**{
        **description, "values": tuple(description["values"]), "column": column_from(column) if column else None,
    })  # fmt: skip


def said_parts(frame: pd.DataFrame, table: NumberTable, types: Mapping[str, str]) -> tuple[Part, ...]:
    """`find_parts`, but for columns that a person gave a role or another type. Several may be said to be the order."""
    said = [name for name, kind in types.items() if kind == "order"]
    if len(said) == 1:
        return ()
    taken = [name for name, kind in types.items() if kind in COLUMN_ROLES or wanted(kind).type != "time"]
    return find_parts(frame, table, taken, said)


def without_joined(types: Mapping[str, str], parts: Sequence[Part]) -> dict[str, str]:
    """What a person said of the columns, after those that are read together became one."""
    joined = [part.name for part in parts if part.joins]
    said = any(types.get(name) == "order" for name in joined)
    rest = {name: kind for name, kind in types.items() if name not in joined}
    return rest | ({joined_name(parts): "order"} if said else {})


def find_parts(
    frame: pd.DataFrame, table: NumberTable, taken: Collection[str], said: Sequence[str]
) -> tuple[Part, ...]:
    """The columns that tell a time together, the coarsest first; () where there are none.

    Args:
        frame: the table as it is.
        table: the same in numbers.
        taken: columns that a person gave another role.
        said: columns that a person said to be the order together; () to find them.

    Raises:
        UserError: what was said tells no time, or a row has a day that is in no calendar.
    """
    names = said or [str(name) for name in frame.columns if name not in taken]
    kinds = {name: _kind_of_time(table.columns[name]) for name in table.times if name in names}
    if not said and any(kind == "time" or (kind == "date" and frame[name].is_unique) for name, kind in kinds.items()):
        return ()
    parts = [part for name in names if (part := _part(name, frame[name], table)) is not None]
    for stem in dict.fromkeys(_stem(part) for part in parts):
        by_unit = {part.unit: part for part in reversed(parts) if _stem(part) == stem or part.unit in ("date", "clock")}
        if "day" in by_unit and not by_unit.keys() & {"year", "month"}:
            by_unit["days"] = replace(by_unit["day"], unit="days")
        for chain in CHAINS:
            if "date" in by_unit and "date" not in chain:
                continue  # the parts of a date follow from it
            if len(chain) > 1 and by_unit.keys() >= set(chain) and (not said or len(chain) == len(said)):
                return _checked(frame, tuple(by_unit[unit] for unit in chain))
    if said:
        raise UserError(f"the columns {', '.join(said)} were said to be the order together, and tell no time; one can")
    return ()


def _stem(part: Part) -> str:
    """What the name says beside the unit."""
    found = unit_of(part.name)
    return found[1] if found and part.unit not in ("date", "clock") else ""


def _kind_of_time(column: Column) -> str:
    """A "clock" has no date, a "date" no time of the day, and a "time" both."""
    if isinstance(column.text_format, DateFormat) and not column.text_format.has_date:
        return "time" if "%N" in column.text_format.pattern or "%-N" in column.text_format.pattern else "clock"
    whole_days = column.unit % NANOSECONDS_A_DAY == 0 and column.origin % NANOSECONDS_A_DAY == 0
    return "date" if whole_days and not column.local_zone else "time"


def _part(name: str, values: pd.Series, table: NumberTable) -> Part | None:
    """The column as a part of a time, by its name and its values; None where it is none."""
    dtype = str(values.dtype)
    if name in table.times:
        column, kind = table.columns[name], _kind_of_time(table.columns[name])
        return None if kind == "time" else Part(name, kind, dtype, column=column)
    found, there = unit_of(name), values.dropna()
    if found is None or not len(there) or pd.api.types.is_bool_dtype(values.dtype):
        return None
    unit, types = found[0], pd.api.types
    if types.is_numeric_dtype(values.dtype):
        low, high = float(there.min()), float(there.max())
        if (there % 1 != 0).any():
            return None
        if unit == "day" and (low < 1 or high > 31):
            return Part(name, "days", dtype)
        if unit == "hour" and low >= 1 and high == 24:  # the hour that ends then
            return Part(name, unit, dtype, offset=1)
        return Part(name, unit, dtype) if LIMITS[unit][0] <= low and high <= LIMITS[unit][1] else None
    texts = there.astype(str).unique().tolist()
    named = _named(texts) if unit == "month" else None
    written = named or _numbered(texts, unit)
    return Part(name, unit, dtype, values=written) if written else None


def _named(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The twelve months in the language and with the case of these texts; None where these are no months."""
    for names in LANGUAGES.values():
        for known in (names.short_months, names.months):
            if {text.lower() for text in texts} <= set(known):
                case = str.upper if all(map(str.isupper, texts)) else str.lower if texts[0].islower() else str.title
                return tuple(map(case, known))
    return None


def _numbered(texts: Sequence[str], unit: str) -> tuple[str, ...] | None:
    """All texts such as Q1 or 01 of a unit; None where these are written otherwise."""
    matches = [TEXT.fullmatch(text) for text in texts[: MAX_VALUES + 1]]
    parts = {(match[1], match[3]) for match in matches if match}
    if not all(matches) or len(parts) > 1 or len(matches) > MAX_VALUES:
        return None
    before, after = parts.pop()
    width = min(len(match[2]) for match in matches if match)
    low, high = LIMITS[unit]
    found = tuple(f"{before}{number:0{width}d}{after}" for number in range(low, high + 1))
    return found if set(texts) <= set(found) else None


def _checked(frame: pd.DataFrame, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts, if every row tells a time. Weeks are those of ISO 8601, or else begin seven by seven days."""
    ways = [parts]
    if [part.unit for part in parts] == ["year", "week"]:
        year, week = parts
        ways = [
            (replace(year, unit="week's year"), week),
            (year, replace(week, unit="seven days")),
        ]
    times = [_times(frame, way) for way in ways]
    whole = [at for at, found in enumerate(times) if not np.isnat(found).any()]
    if whole:  # of the ways that fit, the one in which times follow one another the most evenly
        return ways[min(whole, key=lambda at: len(np.unique(np.diff(np.unique(times[at])))))]
    lost = np.isnat(times[-1])
    row = int(lost.argmax())
    names = ", ".join(f"'{part.name}'" for part in parts)
    said = ", ".join(str(frame[part.name].iloc[row]) for part in parts)
    raise UserError(
        f"the columns {names} tell the times together, and {said} (row {row + 1:,}) is none: mend it, or say which "
        "column orders the steps with --type COLUMN=order"
    )


def _times(frame: pd.DataFrame, parts: Sequence[Part]) -> np.ndarray:
    """datetime64[us] of each row; NaT where its parts say none."""
    units, found, lost = dict[str, np.ndarray](), np.zeros(len(frame), "timedelta64[us]"), np.zeros(len(frame), bool)
    for part in parts:
        numbers = part.numbers(frame[part.name])
        lost |= np.isnan(numbers)
        numbers = np.nan_to_num(numbers)
        if part.column is None:
            units[part.unit] = numbers.round().astype(np.int64)
        else:
            there = datetimes(*counts_from(numbers, part.column.origin, part.column.unit)).astype("datetime64[us]")
            found += there - np.datetime64(0, "us")
    times = (times_of(units) if units else np.datetime64(0, "us")) + found
    return np.where(lost, np.datetime64("NaT"), times)


def joined_name(parts: Sequence[Part]) -> str:
    """The name of the column that parts are joined to; "" where there is nothing to join."""
    return ", ".join(part.name for part in parts if part.joins)


def with_joined(
    frame: pd.DataFrame, table: NumberTable, parts: Sequence[Part], column: Column | None, where: str
) -> tuple[pd.DataFrame, NumberTable]:
    """The table, as it is and in numbers, with one column of times in place of those that are read together.

    column: that of another table which this one is read like. Raises UserError where a part is missing.
    """
    read = [part for part in parts if part.joins]
    if not read:
        return frame, table
    if missing := [part.name for part in read if part.name not in frame.columns]:
        raise UserError(f"{where} has no column '{missing[0]}'")
    name, names = joined_name(read), [part.name for part in read]
    times = pd.Series(_times(frame, read), name=name)
    column = column or find(times.to_frame())[0]
    rest = {each: known for each, known in table.columns.items() if each not in names}
    numbers = table.frame.drop(columns=names)
    numbers.insert(0, name, column.cells(times))
    frame = frame.drop(columns=names)
    frame.insert(0, name, times.to_numpy())
    return frame, NumberTable(numbers, rest | {name: column}, {name: tuple(names)})
