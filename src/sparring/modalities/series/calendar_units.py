"""The units of the calendar: how columns that hold one are called, and what its number is at a time."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

NAMES = {  # of columns, without marks between words
    "year": "year yr yyyy jahr annee année año ano anno",
    "quarter": "quarter qtr quartal trimestre q",
    "month": "month mnth mon mo mm monat mois mes mese monthofyear",
    "week": "week wk kw isoweek weekofyear weeknumber weekno woche semaine semana",
    "yearday": "doy dayofyear yday yearday julianday",
    "day": "day dd mday dom dayofmonth tag jour dia día giorno",
    "hour": "hour hr hh stunde heure hora ora hourofday",
    "minute": "minute min mi minuto",
    "second": "second sec ss",
    "weekday": "weekday dow dayofweek wday wochentag",
}
ALONE = {"mm", "mo", "mon", "q", "dd", "dom", "hh", "min", "mi", "sec", "ss", "mes", "ora"}  # never parts of names
LIMITS = {  # least and largest number
    "year": (1000, 2500),
    "quarter": (1, 4),
    "month": (1, 12),
    "week": (1, 53),
    "yearday": (1, 366),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "weekday": (0, 6),
}
NUMBERS: dict[str, Callable[[pd.DatetimeIndex], np.ndarray]] = {
    "year": lambda times: times.year.to_numpy(),
    "quarter": lambda times: times.quarter.to_numpy(),
    "month": lambda times: times.month.to_numpy(),
    "week": lambda times: times.isocalendar().week.to_numpy(np.int64),
    "week's year": lambda times: times.isocalendar().year.to_numpy(np.int64),
    "seven days": lambda times: (times.day_of_year.to_numpy() - 1) // 7 + 1,
    "yearday": lambda times: times.day_of_year.to_numpy(),
    "day": lambda times: times.day.to_numpy(),
    "days": lambda times: (times.normalize() - pd.Timestamp(0)).days.to_numpy(),
    "hour": lambda times: times.hour.to_numpy(),
    "minute": lambda times: times.minute.to_numpy(),
    "second": lambda times: times.second.to_numpy(),
    "weekday": lambda times: times.day_of_week.to_numpy(),
}
SPLIT = re.compile(r"[\s_.-]+|(?<=[a-z])(?=[A-Z])")


def unit_of(name: str) -> tuple[str, str] | None:
    """The unit that the name of a column says, and the rest of the name; None where it says none."""
    words = [word.lower() for word in SPLIT.split(name.strip()) if word]
    for unit, known in NAMES.items():
        if "".join(words) in known.split():
            return unit, ""
    for word, rest in ((words[-1], words[:-1]), (words[0], words[1:])) if len(words) > 1 else ():
        for unit, known in NAMES.items():
            if word in known.split() and word not in ALONE:
                return unit, " ".join(rest)
    return None


def times_of(units: dict[str, np.ndarray]) -> np.ndarray:
    """The datetime64[us] that numbers of units say together, N; NaT where they say none."""
    get = units.get
    if "days" in units or not {"year", "week's year", "month"} & units.keys():
        start = np.datetime64("1970-01-01", "D") + get("days", np.zeros(len(next(iter(units.values()))), np.int64))
    elif "week" in units and "week's year" in units:
        fourth = pd.to_datetime({"year": units["week's year"], "month": 1, "day": 4})
        start = (fourth + pd.to_timedelta(7 * (units["week"] - 1) - fourth.dt.day_of_week, "D")).to_numpy()
        weeks = NUMBERS["week"](pd.DatetimeIndex(start))
        start = np.where(weeks == units["week"], start, np.datetime64("NaT"))
    elif "yearday" in units or "seven days" in units:
        days = units["yearday"] if "yearday" in units else 7 * units["seven days"] - 6
        first = pd.to_datetime({"year": units["year"], "month": 1, "day": 1})
        found = first + pd.to_timedelta(days - 1, "D")
        start = found.where(found.dt.year == units["year"]).to_numpy()
    else:
        month = 3 * units["quarter"] - 2 if "quarter" in units and "month" not in units else get("month", 1)
        year = get("year", 1972)  # a leap year, where none is said
        start = pd.to_datetime({"year": year, "month": month, "day": get("day", 1)}, errors="coerce").to_numpy()
    start = start.astype("datetime64[us]")
    for unit, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
        if unit in units:
            start = start + (units[unit] * seconds).astype("timedelta64[s]")
    return start
