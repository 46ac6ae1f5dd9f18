"""Dates without marks, such as 220811, 202208 or 20220811230430: are numbers that could be dates meant as such?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from .dates import DateFormat

FIRST_YEAR, LAST_YEAR = 1900, 2100
TIMES = {8: 1, 10: 100, 12: 10_000, 14: 1_000_000}  # digits of YYYYMMDD, hh, hhmm and hhmmss -> what follows the day
SHORT = ("%Y%m", "%m%Y", "%y%m%d", "%d%m%y", "%m%d%y", "%H%M", "%H%M%S")  # patterns that other numbers fit now and then
MIN_DIFFERENT = 10  # short dates from which it is no chance that all are such
MIN_MONTHS, MIN_LAST_DAY = 3, 25  # different months, and the last day of a month, that occur among them
MIN_HOURS, MIN_LAST_MINUTE = 8, 45  # the same for times of the day such as 2304


def may_be_compact(numbers: pd.Series) -> bool:
    """Can all whole numbers be dates without marks, as far as a quick look tells?"""
    if not pd.api.types.is_integer_dtype(numbers.dtype) or int(numbers.min()) <= 0:
        return False
    values = numbers.to_numpy(np.int64)
    digits = len(str(values.min()))
    if digits != len(str(values.max())):
        return False
    if digits in TIMES:
        days = values // TIMES[digits]
        year, month, day = days // 10_000, days // 100 % 100, days % 100
        return bool((_between(year, FIRST_YEAR, LAST_YEAR) & _between(month, 1, 12) & _between(day, 1, 31)).all())
    if digits != 6:
        return False
    first, middle, last = values // 10_000, values // 100 % 100, values % 100
    months, days = (partial(_between, low=1, high=high) for high in (12, 31))
    forms = (
        _between(values // 100, FIRST_YEAR, LAST_YEAR) & months(last),
        months(middle) & days(last),
        days(first) & months(middle),
        months(first) & days(middle),
    )
    return any(bool(form.all()) for form in forms)


def is_spread(format: DateFormat, texts: Sequence[str]) -> bool:
    """Are short dates spread as dates are, so that they are no numbers that happen to look like some?"""
    found = [match for text in texts if (match := format.expression.fullmatch(text.strip()))]
    seen = {letter: {int(match[letter]) for match in found} for letter in re.findall("%([A-Za-z])", format.pattern)}
    if len(texts) < MIN_DIFFERENT:
        return False
    if "H" in seen:
        return len(seen["H"]) >= MIN_HOURS and max(seen["M"]) >= MIN_LAST_MINUTE
    if "d" in seen:
        return len(seen["m"]) >= MIN_MONTHS and max(seen["d"]) >= MIN_LAST_DAY
    return len(seen["m"]) >= MIN_MONTHS and len(seen["Y"]) > 1


def _between(values: np.ndarray, low: int, high: int) -> np.ndarray:
    return (values >= low) & (values <= high)
