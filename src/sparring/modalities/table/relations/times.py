"""Times as whole counts since 1970, and counts as cells of a column that begins at `origin` and goes by `unit`.

Counts are int64: microseconds, or nanoseconds where microseconds are too coarse, so that the years 1 to 9999 are known.
`origin` and `unit` are in nanoseconds, whatever the counts are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..text_formats import DateFormat, EpochFormat
from ..text_formats.dates import EMPTY

NANOSECONDS_A_DAY = 86_400_000_000_000
UNITS = {  # in nanoseconds, from a day down
    NANOSECONDS_A_DAY: "day",
    3_600_000_000_000: "hour",
    60_000_000_000: "minute",
    1_000_000_000: "second",
    1_000_000: "millisecond",
    1_000: "microsecond",
    1: "nanosecond",
}
MICRO, NANO = 1_000_000, 1_000_000_000  # counts in a second


def is_time(values: pd.Series) -> bool:
    """Does the type of a column say that it holds times?"""
    return pd.api.types.is_datetime64_any_dtype(values.dtype)


def counts_of(values: pd.Series, text_format: DateFormat | EpochFormat | None) -> tuple[np.ndarray, int]:
    """The counts of a column, EMPTY where there is none, and how many are in a second."""
    if is_time(values):
        return _of_datetimes(values)
    if text_format is None:
        return _of_datetimes(pd.to_datetime(values.astype("string"), utc=True, format="ISO8601", errors="coerce"))
    places, different = pd.factorize(values.astype(object))
    counts = np.append(text_format.counts(different), EMPTY)  # an empty cell has the place -1
    return counts[places], text_format.per_second


def _of_datetimes(values: pd.Series) -> tuple[np.ndarray, int]:
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    times = values.to_numpy()
    if times.dtype == np.dtype("datetime64[ns]"):
        counts = times.astype(np.int64)
        there = counts != EMPTY
        if (counts[there] % 1000).any():
            return counts, NANO
        return np.where(there, counts // 1000, EMPTY), MICRO
    return times.astype("datetime64[us]").astype(np.int64), MICRO


def grid_of(counts: np.ndarray, per_second: int) -> tuple[int, int]:
    """The origin and the unit of a column: its first time, and the longest unit that all times are multiples of."""
    there, length = counts[counts != EMPTY], NANO // per_second
    if not len(there):
        return 0, next(iter(UNITS))
    first = int(there.min())
    unit = next(unit for unit in UNITS if unit >= length and not ((there - first) % (unit // length)).any())
    return first * length, unit


def cells_of(counts: np.ndarray, per_second: int, origin: int, unit: int) -> np.ndarray:
    """Counts -> float64 cells, NaN where there is none."""
    there = counts != EMPTY
    if per_second == NANO and not unit % 1000:
        counts, per_second = counts // 1000, MICRO
    length = NANO // per_second
    if unit % length:  # the column goes by nanoseconds, and these counts by microseconds
        counts, length = np.where(there, counts, 0) * 1000, 1
    away = np.where(there, counts, 0) - np.int64(origin // length)
    return np.where(there, away / (unit // length), np.nan)


def counts_from(cells: np.ndarray, origin: int, unit: int) -> tuple[np.ndarray, int]:
    """The inverse of `cells_of`, to whole units."""
    there = ~np.isnan(cells)
    per_second = NANO if unit % 1000 else MICRO
    length = NANO // per_second
    counts = np.where(there, np.nan_to_num(cells), 0).round().astype(np.int64) * (unit // length)
    return np.where(there, counts + np.int64(origin // length), EMPTY), per_second


def datetimes(counts: np.ndarray, per_second: int) -> np.ndarray:
    """Counts as datetime64 in UTC, NaT where there is none."""
    return counts.astype(f"datetime64[{'ns' if per_second == NANO else 'us'}]")  # EMPTY is the NaT of numpy


def texts(counts: np.ndarray, per_second: int, text_format: DateFormat | EpochFormat) -> list[Any]:
    """Counts as the column writes them."""
    if per_second != text_format.per_second:
        there = counts != EMPTY
        scaled = np.where(there, counts, 0)
        scaled = scaled // 1000 if per_second == NANO else scaled * 1000
        counts = np.where(there, scaled, EMPTY)
    different, places = np.unique(counts, return_inverse=True)
    made = np.array(text_format.texts(different), dtype=object)
    return made[places].tolist()
