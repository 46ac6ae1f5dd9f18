"""How a column of texts writes dates and times: 29/06/2023 22:28, Jun 29, 2023 10:28 PM, 2023-06-29T22:28:00+02:00.

A time is a count of microseconds since 1970 in UTC, or, where fractions of seconds have more than six digits, of
nanoseconds; times without an offset are counted as if they were in UTC. The years 1 to 9999 are known.

The directives of a pattern are those of `strftime`, and: %f the decimals of a second with their mark, which may be
missing; %-d, %-m, %-H, %-I numbers without a zero in front; %e days with a space in front; %o the ending of "29th"; %q
a quarter; %N the hours of a duration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from .month_names import LANGUAGES
from .numbers import ascii_digits, in_digits_of

EMPTY = np.iinfo(np.int64).min  # the count of an empty cell
EPOCH = datetime(1970, 1, 1)
DIRECTIVE = re.compile(r"%-?[A-Za-z]")
OFFSET = r"Z|z|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?|UTC|GMT"
DIGITS = {
    "%Y": r"\d{4}", "%y": r"\d\d", "%G": r"\d{4}", "%j": r"\d{3}", "%V": r"\d{1,2}", "%u": "[1-7]", "%q": "[1-4]",
    "%M": r"\d\d", "%S": r"\d\d", "%f": r"(?:[.,]\d{1,9})?", "%o": "st|nd|rd|th", "%z": OFFSET,
    "%p": r"[AaPp]\.?[Mm]\.?", "%e": r"[ \d]?\d", "%N": r"\d{1,6}", "%-N": r"\d{1,6}",
    **{f"%{sign}{letter}": r"\d{1,2}" for letter in "dmHI" for sign in ("", "-")},
}  # fmt: skip
SHOWN = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%-m": "M", "%d": "DD", "%-d": "D", "%b": "month", "%B": "month",
    "%a": "weekday", "%A": "weekday", "%H": "hh", "%-H": "h", "%I": "hh", "%-I": "h", "%M": "mm", "%S": "ss", "%f": "",
    "%p": "AM/PM", "%z": "offset", "%o": "th", "%q": "quarter", "%G": "YYYY", "%V": "week", "%u": "day", "%j": "day",
    "%e": "D", "%N": "hours", "%-N": "hours",
}  # fmt: skip
MIN_QUICK = 1000  # texts from which pandas is asked first
QUICK = re.compile(r"%-?[YmdHMSIp]|%[bBfz]|[^%]")  # what pandas reads as it is read here
QUICK_FROM, QUICK_TO = np.datetime64("1700-01-01"), np.datetime64("2250-01-01")  # times that fit nanoseconds
ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


@dataclass(frozen=True)
class DateFormat:
    """How the times of a column are written.

    Attributes:
        pattern: texts and directives.
        language: of names.
        case: of names: "title", "upper" or "lower".
        half: "AM" as the column writes it.
        fraction: the fewest and the most digits after the seconds.
        point: the mark before them.
        offset: how offsets from UTC are written: "Z", "UTC", "+02", "+0200", "+02:00" or "GMT+0200".
        zone: where texts have offsets, an IANA zone or a fixed offset such as "+02:00".
        mixed: offsets in minutes and their shares, where no zone explains them.
        zero: the digit zero of the script.
        first_year: the first of the hundred years that two digits can mean.
        missing: the text of an empty cell, where it has one.
    """

    pattern: str
    language: str = "English"
    case: str = "title"
    half: str = "AM"
    fraction: tuple[int, int] = (0, 0)
    point: str = "."
    offset: str = "+02:00"
    zone: str | None = None
    mixed: tuple[tuple[int, float], ...] = ()
    zero: str = "0"
    first_year: int = 1969
    missing: str | None = None

    kind = "date"

    @property
    def per_second(self) -> int:
        """Counts in a second."""
        return 1_000_000_000 if self.fraction[1] > 6 else 1_000_000

    @property
    def has_date(self) -> bool:
        """Is there more than a time of the day?"""
        return any(mark in self.pattern for mark in ("%Y", "%y", "%G", "%b", "%B", "%m", "%-m"))

    @cached_property
    def _parts(self) -> list[str]:
        """Directives and the texts between them, in turn, beginning with a text."""
        return re.split(f"({DIRECTIVE.pattern})", self.pattern)

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Matches the texts of the pattern; a group for each directive, named by its letter."""
        names = LANGUAGES[self.language]
        groups = {"%b": names.short_months, "%B": names.months, "%a": names.short_days, "%A": names.days}
        found = ""
        for at, part in enumerate(self._parts):
            if at % 2 == 0:
                found += re.escape(part)
            elif part in groups:
                found += f"(?P<{part[-1]}>{_any_of(groups[part])})"
            else:
                found += f"(?P<{part[-1]}>{DIGITS[part]})"
        return re.compile(found, re.IGNORECASE | re.ASCII)

    def moment(self, text: str) -> tuple[int, int | None] | None:
        """The local count that a text says, and its offset in minutes; None where it says none."""
        found = self.expression.fullmatch(ascii_digits(text.strip()))
        return self.said_by(found) if found else None

    def said_by(self, found: re.Match[str]) -> tuple[int, int | None] | None:
        """The same for a match of `expression`."""
        parts = found.groupdict()
        try:
            day = self._day(parts)
        except ValueError:
            return None
        hour, minute, second = self._hour(parts), int(parts.get("M") or 0), int(parts.get("S") or 0)
        if (hour > 23 and "N" not in parts) or minute > 59 or second > 59:
            return None
        count = (((day - EPOCH.toordinal()) * 24 + hour) * 60 + minute) * 60 + second
        part = (parts.get("f") or "")[1:]
        digits = 9 if self.per_second > 1_000_000 else 6
        return count * self.per_second + int(part.ljust(digits, "0")[:digits] or 0), _minutes(parts.get("z"))

    def _day(self, parts: dict[str, str | None]) -> int:
        """The number of the day, as `date.toordinal` counts; without a year, of 2000, which has a February 29.

        Raises ValueError for a day that is in no calendar.
        """
        if not self.has_date:
            return EPOCH.toordinal()
        if week := parts.get("V"):
            return date.fromisocalendar(int(parts.get("G") or 1), int(week), int(parts.get("u") or 1)).toordinal()
        year = int(four) if (four := parts.get("Y")) else self._century(int(parts["y"] or 0)) if "y" in parts else 2000
        if nth := parts.get("j"):
            number = date(year, 1, 1).toordinal() + int(nth) - 1
            if date.fromordinal(number).year != year:
                raise ValueError
            return number
        if quarter := parts.get("q"):
            return date(year, 3 * int(quarter) - 2, 1).toordinal()
        names = LANGUAGES[self.language]
        month = int(parts.get("m") or 0)
        if name := parts.get("b"):
            month = names.short_months.index(name.lower()) + 1
        if name := parts.get("B"):
            month = names.months.index(name.lower()) + 1
        day = date(year, month, int(parts.get("d") or parts.get("e") or 1))
        for letter, known in (("a", names.short_days), ("A", names.days)):
            if (name := parts.get(letter)) and known.index(name.lower()) != day.weekday():
                raise ValueError
        return day.toordinal()

    def _century(self, two: int) -> int:
        return self.first_year + (two - self.first_year) % 100

    def _hour(self, parts: dict[str, str | None]) -> int:
        if hour := parts.get("H") or parts.get("N"):
            return int(hour)
        half = int(parts.get("I") or 0)
        if "I" not in parts:
            return 0
        if not 1 <= half <= 12:
            return 99
        return half % 12 + (12 if (parts.get("p") or "a")[0] in "pP" else 0)

    def counts(self, texts: Iterable[Any]) -> np.ndarray:
        """Texts, or numbers that are dates without marks, or None -> int64 in UTC, EMPTY where there is no time."""
        values = [None if text is None or text != text else _as_text(text) for text in texts]
        found = self._quick(values) if len(values) >= MIN_QUICK else [EMPTY] * len(values)
        for at, value in enumerate(values):
            if found[at] == EMPTY and value is not None and (moment := self.moment(value)) is not None:
                found[at] = moment[0] - (moment[1] or 0) * 60 * self.per_second
        return np.array(found, np.int64)

    def _quick(self, values: list[str | None]) -> list[int]:
        """The counts that pandas finds, which is quick; EMPTY for the others."""
        if self.language != "English" or QUICK.sub("", self.pattern) or self.fraction[1]:
            return [EMPTY] * len(values)
        pattern = self.pattern.replace("%-", "%").replace("%f", "")
        times = pd.to_datetime(pd.Series(values, dtype=object), format=pattern, errors="coerce", utc=True)
        times = times.dt.tz_localize(None).to_numpy()
        times = np.where((times < QUICK_FROM) | (times > QUICK_TO), np.datetime64("NaT"), times)
        return times.astype("datetime64[us]").astype(np.int64).tolist()

    def text(self, count: int) -> str:
        """A time as the column writes it. count: in UTC."""
        whole, part = divmod(count, self.per_second)
        minutes = self._offset(count, whole) if self.zone or self.mixed else 0
        local = EPOCH + timedelta(seconds=whole + 60 * minutes)
        written = "".join(
            piece if at % 2 == 0 else self._directive(piece, local, part, minutes)
            for at, piece in enumerate(self._parts)
        )
        return in_digits_of(self.zero, written)

    def _offset(self, count: int, seconds: int) -> int:
        """The offset from UTC in minutes."""
        if self.mixed:
            share = ((count * 0x9E3779B97F4A7C15) & 0xFFFFFFFF) / 2**32
            for minutes, part in self.mixed:
                share -= part
                if share < 0:
                    return minutes
            return self.mixed[-1][0]
        zone = str(self.zone)
        if zone[0] in "+-":
            return _minutes(zone) or 0
        shift = ZoneInfo(zone).utcoffset(
            (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        )
        return int((shift or timedelta()).total_seconds()) // 60

    def _directive(self, directive: str, local: datetime, part: int, minutes: int) -> str:
        if directive in SIMPLE:
            return SIMPLE[directive](local)
        names = LANGUAGES[self.language]
        if directive in ("%b", "%B", "%a", "%A"):
            known = {"%b": names.short_months, "%B": names.months, "%a": names.short_days, "%A": names.days}[directive]
            name = known[local.month - 1 if directive in ("%b", "%B") else local.weekday()]
            return {"title": name.title(), "upper": name.upper()}.get(self.case, name)
        if directive == "%p":
            return self.half.replace("A", "P").replace("a", "p") if local.hour >= 12 else self.half
        if directive == "%f":
            digits = f"{part:0{9 if self.per_second > 1_000_000 else 6}d}"[: self.fraction[1]].rstrip("0")
            digits = digits.ljust(self.fraction[0], "0")
            return self.point + digits if digits else ""
        return self._written_offset(minutes)

    def _written_offset(self, minutes: int) -> str:
        if self.offset in ("Z", "z", "UTC", "GMT") and not minutes:
            return self.offset
        hours, rest = divmod(abs(minutes), 60)
        name, _, style = self.offset.partition("+")
        colon = ":" if style in ("", "02:00") else ""
        tail = "" if style == "02" and not rest else f"{colon}{rest:02d}"
        return f"{name if style else ''}{'-' if minutes < 0 else '+'}{hours:02d}{tail}"

    def texts(self, counts: np.ndarray) -> list[str | None]:
        """Counts as the column writes them; `missing` for an empty cell."""
        return [self.missing if count == EMPTY else self.text(count) for count in counts.tolist()]

    def about(self) -> str:
        """For people."""
        return "written as " + DIRECTIVE.sub(lambda found: SHOWN[found[0]], self.pattern)


# Directives that need nothing but the local time.
SIMPLE: dict[str, Callable[[datetime], str]] = {
    "%Y": lambda time: f"{time.year:04d}",
    "%y": lambda time: f"{time.year % 100:02d}",
    "%m": lambda time: f"{time.month:02d}",
    "%-m": lambda time: str(time.month),
    "%d": lambda time: f"{time.day:02d}",
    "%-d": lambda time: str(time.day),
    "%e": lambda time: f"{time.day:2d}",
    "%N": lambda time: f"{(time - EPOCH) // timedelta(hours=1):02d}",
    "%-N": lambda time: str((time - EPOCH) // timedelta(hours=1)),
    "%o": lambda time: ORDINALS.get(time.day, "th"),
    "%H": lambda time: f"{time.hour:02d}",
    "%-H": lambda time: str(time.hour),
    "%I": lambda time: f"{(time.hour - 1) % 12 + 1:02d}",
    "%-I": lambda time: str((time.hour - 1) % 12 + 1),
    "%M": lambda time: f"{time.minute:02d}",
    "%S": lambda time: f"{time.second:02d}",
    "%j": lambda time: f"{time.timetuple().tm_yday:03d}",
    "%G": lambda time: f"{time.isocalendar().year:04d}",
    "%V": lambda time: f"{time.isocalendar().week:02d}",
    "%u": lambda time: str(time.isoweekday()),
    "%q": lambda time: str((time.month + 2) // 3),
}


def _any_of(names: Iterable[str]) -> str:
    """Matches the names; re.ASCII ignores the case of ASCII letters alone."""
    every = {re.escape(form) for name in names for form in (name, name.title(), name.upper())}
    return "|".join(sorted(every, key=lambda form: (-len(form), form)))


def is_pattern(text: str) -> bool:
    """Is a text a pattern of directives that are known, each of which stands there once?"""
    found = [each.replace("-", "") for each in DIRECTIVE.findall(text)]
    known = {*DIGITS, "%b", "%B", "%a", "%A"}
    return bool(found) and len(set(found)) == len(found) and set(found) <= known and "%" not in DIRECTIVE.sub("", text)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else str(int(value))


def _minutes(offset: str | None) -> int | None:
    """Minutes east of UTC; None where a text has no offset."""
    if not offset:
        return None
    if offset.upper() in ("Z", "UTC", "GMT"):
        return 0
    sign, digits = re.sub("^[A-Za-z]*", "", offset)[0], re.sub(r"\D", "", offset).ljust(4, "0")
    return (1 if sign == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:]))
