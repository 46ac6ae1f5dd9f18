"""Numbers that are times, told by what they do: within a series they rise evenly, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..table.text_formats.deciding import DATE_NAME
from ..table.text_formats.epochs import UNITS
from .axes import ROUGH, SMOOTH

EPOCH_SECONDS = (631_152_000, 2_524_608_000)  # 1990 and 2050
COMPACT = (  # patterns of whole numbers, digits after the year, and the least and the largest of these
    ("%Y%q", 1, 1, 4),
    ("%Y%m", 2, 1, 12),
    ("%G%V", 2, 1, 53),
    ("%Y%j", 3, 1, 366),
    ("%Y%m%d", 4, 101, 1231),
)
MIN_COMPACT = 8  # different ones
MIN_USUAL, MAX_USUAL = 0.6, 3.0  # share of the steps that are the usual one, and how many times as long others may be
MIN_EVEN = 0.9  # share of the steps that may not be longer
MIN_DIFFERENT = 0.5  # share of different numbers, from which they need not be evenly spaced
MAX_ROWS = 50_000  # that are looked at


def numeric_time(values: pd.Series) -> str | None:
    """The type or the pattern with which a column of numbers tells times, such as 202103; None where it does not."""
    types = pd.api.types
    if not types.is_numeric_dtype(values.dtype) or types.is_bool_dtype(values.dtype) or values.isna().any():
        return None
    numbers = values.to_numpy(np.float64)
    if not len(numbers) or (numbers % 1 != 0).any():
        return "time" if len(numbers) and is_epoch(numbers) else None
    different = np.unique(numbers).astype(np.int64) if abs(numbers).max() < 1e15 else np.zeros(0, np.int64)
    for pattern, digits, low, high in COMPACT:
        years, rest = np.divmod(different, 10**digits)
        if len(different) < MIN_COMPACT or years.min() < 1900 or years.max() > 2100:
            continue
        if years.min() == years.max() and pattern != "%Y%m%d" and not DATE_NAME.search(str(values.name)):
            continue  # numbers as names of things may look like the months of a year
        if pattern == "%Y%m%d":
            months, days = np.divmod(rest, 100)
            fits = months.min() >= 1 and months.max() <= 12 and days.min() >= 1 and days.max() <= 31
        else:
            fits = rest.min() >= low and rest.max() <= high and len(np.unique(rest)) >= high / 3
        if fits:
            return pattern
    return "time" if is_epoch(numbers) else None


def is_epoch(values: np.ndarray) -> bool:
    """Do numbers count seconds, or thousandths, millionths or billionths of them, since 1970, in our days?

    Numbers that tell things apart may be as large. Times are evenly spaced by more than 1, or hardly ever the same.
    """
    seconds = [(values.min() / parts, values.max() / parts) for parts in UNITS]
    if not any(EPOCH_SECONDS[0] <= first and last <= EPOCH_SECONDS[1] for first, last in seconds):
        return False
    different = np.unique(values)
    if len(different) < 3:
        return False
    steps = np.diff(different)
    usual = float(np.median(steps))
    even = usual > 1 and float(np.mean(steps == usual)) >= MIN_USUAL
    return even or len(different) >= MIN_DIFFERENT * len(values)


def rises_evenly(values: np.ndarray, groups: np.ndarray) -> bool:
    """Are numbers, in order, evenly spaced within each group, none of them twice, but for a few?"""
    some = groups < max(1, (int(groups.max()) + 1) * MAX_ROWS // len(groups))
    values, groups = values[some], groups[some]
    rows = np.lexsort((values, groups))
    steps = np.diff(values[rows])[np.diff(groups[rows]) == 0]
    if not len(steps):
        return False
    usual = float(np.median(steps))
    if usual <= 0 or float((steps <= 0).mean()) > 1 - MIN_EVEN:
        return False
    same, near = np.isclose(steps, usual, rtol=1e-6, atol=0), steps <= MAX_USUAL * usual * (1 + 1e-6)
    return float(same.mean()) >= MIN_USUAL and float(near.mean()) >= MIN_EVEN


def smooth_along(frame: pd.DataFrame, channels: list[str], one: str, other: str) -> str | None:
    """Along which of two columns do the numbers of channels follow one another, within the other? None: neither, both.

    Neighbours are compared with strangers, as in `axes`.
    """
    found = {order: roughness(frame, channels, order, key) for order, key in ((one, other), (other, one))}
    for order, against in ((one, other), (other, one)):
        if found[order] < SMOOTH and found[against] > ROUGH:
            return order
    return None


def roughness(frame: pd.DataFrame, channels: list[str], order: str, key: str) -> float:
    """The mean difference of neighbours along `order` within `key`, as a share of that of strangers within `key`."""
    frame = frame.iloc[: 4 * MAX_ROWS].sort_values([key, order], kind="stable")
    groups = pd.factorize(frame[key])[0]
    mixed = np.lexsort((np.random.Generator(np.random.Philox(0)).permutation(len(groups)), groups))
    inside = np.diff(groups) == 0
    shares = [
        np.nanmean(np.abs(np.diff(numbers))[inside]) / far
        for numbers in (frame[name].to_numpy(np.float64, na_value=np.nan) for name in channels)
        if (far := np.nanmean(np.abs(np.diff(numbers[mixed]))[inside])) > 0
    ]
    return float(min(shares, default=1.0))


def jumps_between(values: np.ndarray, groups: np.ndarray) -> bool:
    """Follow the times of each group one another, with a longer step to those of the next one than any inside?"""
    rows = np.argsort(values, kind="stable")
    between = np.diff(groups[rows]) != 0
    steps = np.diff(values[rows])
    return bool(between.sum() == groups.max() and steps[between].min() > steps[~between].max(initial=0))
