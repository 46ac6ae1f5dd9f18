"""Headers that count steps or say times: x0, x1, x2; 2019; 2021-01; Jan 2021; Q1; W03; 00:15; sales_2021-01."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from ..table.text_formats.date_reading import guesses, read_dates
from ..table.text_formats.dates import DIRECTIVE
from ..table.text_formats.month_names import LANGUAGES

COUNTED = (  # the last number of a header counts, or else the first one
    re.compile(r"(?P<before>.*?)[_ .-]?(?P<number>\d+(?:\.\d+)?)(?P<after>\D*)"),
    re.compile(r"(?P<before>\D*?)[_ .-]?(?P<number>\d+)(?P<after>.*)"),
)
TIME_WORD = re.compile(  # beside a number
    r"(^|[_ .-])(t|time|step|period|lag|y|yr|year|month|w|wk|kw|week|day|h|hr|hour|min|minute|s|sec|second|ms)[_ .-]?$",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?:FY|CY|YR|Y)?\s?((?:1[5-9]|20|21)\d\d)(?:\s?\[(?:YR)?\1\])?", re.IGNORECASE)
SEASON = re.compile(r"((?:1[5-9]|20|21)\d\d)[/-](\d\d)")
QUARTER = re.compile(r"(?:Q|Qtr|Quarter)[ _]?(\d+)|(\d+)[ _]?(?:Q|Qtr)", re.IGNORECASE)
HOUR = re.compile(r"(\d{1,2})\s?([ap])\.?m\.?", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
SPLIT = re.compile(r"[\s_.:|]+")
MIN_COUNTED = 8  # headers that count steps
MIN_TIMES = 3  # headers that say times
MIN_DAYS = 5  # names of weekdays
MIN_COUNTED_SHARE, MIN_TIMES_SHARE = 0.8, 0.5  # of the columns of numbers, which are steps


class Steps(NamedTuple):
    """The columns of the steps of a channel, in order."""

    channel: str
    columns: tuple[str, ...]


class Headers(NamedTuple):
    """The steps that headers tell of, () where they tell of none. times: do they say times, and not only numbers?"""

    steps: tuple[Steps, ...] = ()
    times: bool = False


def headers_of(names: Sequence[str], numbers: int) -> Headers:
    """The steps in these headers of columns. numbers: how many of the columns hold numbers; the others are empty.

    Raises UserError where the channels have steps at different times.
    """
    found = _saying_times(names)
    if found and sum(map(len, found.values())) >= MIN_TIMES_SHARE * numbers:
        return Headers(_steps(found, True), True)
    for expression in COUNTED:
        counted, timely = _counting(names, expression)
        if counted and sum(map(len, counted.values())) >= MIN_COUNTED_SHARE * numbers:
            steps = _steps(counted, False)
            return Headers(steps, bool(steps) and timely)
    return Headers()


def _steps(found: dict[str, dict[float, str]], times: bool) -> tuple[Steps, ...]:
    """The columns of each channel in the order of their places; () where numbers of channels differ."""
    first, *rest = found.values()
    for channel, columns in found.items():
        if odd := columns.keys() ^ first.keys():
            if not times:
                return ()
            lacking = next(each[place] for place in sorted(odd) for each in found.values() if place in each)
            raise UserError(
                f"the columns of '{next(iter(found))}' and of '{channel}' are at different times, one of them "
                f"without '{lacking}': give each channel a column for each time (it may be empty), or say "
                "--layout long"
            )
    return tuple(
        Steps(channel or "value", tuple(columns[place] for place in sorted(columns)))
        for channel, columns in found.items()
    )


def _counting(names: Sequence[str], expression: re.Pattern[str]) -> tuple[dict[str, dict[float, str]], bool]:
    """The numbered columns of each channel: evenly numbered ones, MIN_COUNTED at least; do they count time?"""
    found: dict[tuple[str, str], dict[float, str]] = {}
    for name in names:
        if match := expression.fullmatch(name):
            found.setdefault((match["before"], match["after"]), {})[float(match["number"])] = name
    long = {parts: columns for parts, columns in found.items() if len(columns) >= MIN_COUNTED}
    apart = [np.diff(sorted(columns)) for columns in long.values()]
    if not all(np.allclose(each, each[0]) for each in apart):
        return {}, False
    timely = all(any(map(TIME_WORD.search, parts)) for parts in long)
    return {"".join(parts).strip(" _.-"): columns for parts, columns in long.items()}, timely


def _saying_times(names: Sequence[str]) -> dict[str, dict[float, str]]:
    """The columns of each channel whose headers say times, MIN_TIMES at least."""
    texts: dict[str, dict[str, str]] = {}
    for name in names:
        if parts := next((parts for parts in _parts(name) if _is_time(parts[1])), None):
            texts.setdefault(parts[0], {})[parts[1]] = name
    found = {}
    for channel, headers in texts.items():
        if len(headers) >= MIN_TIMES and (places := _places(list(headers))):
            found[channel] = dict(zip(places, headers.values(), strict=True))
    return found


def _parts(name: str) -> Iterator[tuple[str, str]]:
    """What may be the channel and the time of a header: all of it, its end, or its beginning."""
    yield "", name.strip()
    marks = [match.span() for match in SPLIT.finditer(name)]
    for start, end in marks:
        yield name[:start], name[end:]
    for start, end in reversed(marks):
        yield name[end:], name[:start]


def _is_time(text: str) -> bool:
    if any(each.fullmatch(text) for each in (YEAR, SEASON, QUARTER, HOUR)):
        return True
    if any(text.lower().rstrip(".") in known for names in LANGUAGES.values() for known in names):
        return True
    return any(not WORD.search(DIRECTIVE.sub("", each.pattern)) and each.moment(text) for each in guesses(text))


def _places(texts: Sequence[str]) -> list[float] | None:
    """Where each time lies among the others; None where these are not times, or no different ones."""
    for read in (_years, _seasons, _moments, _names, _quarters, _hours):
        places = read(texts)
        if places is not None and len(set(places)) == len(places):
            return places
    return None


def _matches(texts: Sequence[str], expression: re.Pattern[str]) -> list[re.Match[str]] | None:
    matches = [match for text in texts if (match := expression.fullmatch(text))]
    return matches if len(matches) == len(texts) else None


def _years(texts: Sequence[str]) -> list[float] | None:
    matches = _matches(texts, YEAR)
    return None if matches is None else [float(match[1]) for match in matches]


def _seasons(texts: Sequence[str]) -> list[float] | None:
    """Years such as 2019/20."""
    matches = _matches(texts, SEASON)
    if not matches or any((int(match[1]) + 1) % 100 != int(match[2]) for match in matches):
        return None
    return [float(match[1]) for match in matches]


def _moments(texts: Sequence[str]) -> list[float] | None:
    dates = read_dates(texts)
    moments = [] if dates is None else [dates.format.moment(text) for text in texts]
    return [float(moment[0]) for moment in moments if moment is not None] or None


def _names(texts: Sequence[str]) -> list[float] | None:
    """Months or weekdays that follow one another, in any language; they may begin anywhere in the year or week."""
    lower = [text.lower().rstrip(".") for text in texts]
    for names in LANGUAGES.values():
        for known in names:
            if len(known) == 7 and len(lower) < MIN_DAYS or not set(lower) <= set(known):
                continue
            turned = [(known.index(each) - known.index(lower[0])) % len(known) for each in lower]
            first_comes_first = turned == sorted(turned)
            places = turned if first_comes_first else [known.index(each) for each in lower]
            if max(places) - min(places) == len(places) - 1:
                return [float(place) for place in places]
    return None


def _quarters(texts: Sequence[str]) -> list[float] | None:
    matches = _matches(texts, QUARTER)
    places = [float(match[1] or match[2]) for match in matches or []]
    return places if sorted(places) == [1, 2, 3, 4] else None


def _hours(texts: Sequence[str]) -> list[float] | None:
    """Hours such as 3 pm."""
    matches = _matches(texts, HOUR)
    if matches is None:
        return None
    return [int(match[1]) % 12 + (12.0 if match[2] in "pP" else 0.0) for match in matches]
