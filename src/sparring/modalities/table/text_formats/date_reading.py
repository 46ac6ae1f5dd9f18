"""Find out how a column of texts writes dates and times. The whole column decides, never a single cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from .compact_dates import SHORT
from .dates import EPOCH, OFFSET, DateFormat, is_pattern
from .month_names import DAYS, LANGUAGES
from .numbers import ascii_digits, zero_of

SAMPLE = 60  # texts from which formats are guessed
ORDERS = ("dmy", "mdy", "ymd", "ydm")
COMPACT_YEARS = (1900, 2100)  # of dates without marks; other numbers of eight digits are no dates
CLOCK = re.compile(
    r"(?<![\d.])(?<!(?<!\d{4}):)(?P<H>\d{1,2}):\d\d(?P<S>:\d\d(?P<f>[.,]\d{1,9})?)?(?![\d:])"
    rf"(?P<p>(?P<gap>\s?)(?P<half>[AaPp]\.?[Mm]\.?)(?!\w))?(?P<z>(?P<space>\s?)(?P<offset>{OFFSET})(?![\w:]))?",
    re.ASCII,
)
DOTTED = re.compile(  # 29.06.2023 22.28, 29/06/2023 à 22h28, 29-JUN-23 10.28.05.000 PM
    r"(?<=\d\d)(?P<joint>[ T]|,? [^\W\d_]{1,5} )\d{1,2}(?P<mark>[.h])\d\d(?P<S>(?P=mark)\d\d(?P<f>[.,]\d{1,9})?)?"
    r"(?:(?P<gap>\s?)(?P<half>[AaPp]\.?[Mm]\.?))?$",
)
HOUR = re.compile(r"(?<![\d.:])(?P<H>\d{1,2})(?P<gap>\s?)(?P<half>[AaPp]\.?[Mm]\.?)(?!\w)", re.ASCII)  # 11 PM
EASTERN = re.compile(
    r"\d{1,2}([\u6642\u65f6\u70b9\u9ede\uc2dc] ?)\d\d([\u5206\ubd84])(?:( ?)\d\d([\u79d2\ucd08]))?"
)  # 05時26分
EXIF = re.compile(r"^\d{4}:\d\d:\d\d(?= |$)", re.ASCII)  # as cameras write dates
PADDED_DAY = re.compile(r"  (\d)(?!\d)", re.ASCII)
FIXED = (  # dates whose parts are told apart by their places
    (r"(\d{4})(-?)W\d\d-?[1-7](?!\d)", r"%G\2W%V\2%u"),
    (r"(\d{4})(-?)W\d\d(?!\d)", r"%G\2W%V"),
    (r"(?<!\d)\d{4}-\d{3}(?!\d)", "%Y-%j"),
    (r"(?<!\d)\d{8}T\d{6}(?!\d)", "%Y%m%dT%H%M%S"),
    (r"(?<!\d)\d{8}T\d{4}(?!\d)", "%Y%m%dT%H%M"),
    (r"(?<!\d)\d{14}(?!\d)", "%Y%m%d%H%M%S"),
    (r"(?<!\d)\d{12}(?!\d)", "%Y%m%d%H%M"),
    (r"(?<!\d)\d{8}(?!\d)", "%Y%m%d"),
    (r"(?<!\d)\d{8}(?!\d)", "%d%m%Y"),
    (r"(?<!\d)\d{8}(?!\d)", "%m%d%Y"),
    (r"^(\d{4}-\d\d-\d\d)([T ])\d{6}(?=Z?$)", r"%Y-%m-%d\2%H%M%S"),
    (r"(?<!\d)\d{10}(?!\d)", "%Y%m%d%H"),
    (r"^\d{6}$", "%Y%m"),
    (r"^\d{6}$", "%m%Y"),
    (r"^\d{6}$", "%y%m%d"),
    (r"^\d{6}$", "%d%m%y"),
    (r"^\d{6}$", "%m%d%y"),
    (r"^\d{6}$", "%H%M%S"),
    (r"^\d{4}$", "%H%M"),
    (r"(?<![\d:.])\d{1,2}([hH])\d\d(?!\w)", r"%H\1%M"),
    (r"^\d{1,4}([hH])\d\d$", r"%N\1%M"),
)
TOKEN = re.compile(r"%-?[A-Za-z]|\d+|[^\W\d_]+|.", re.DOTALL)
MIN_MONTHS = 3  # different dates from which it counts that all are the first of a month
MAX_YEARS = 20  # between the numbers beside names of months; where they lie further apart, they are days
MAX_TOKENS = 32  # in a date; longer texts are none
ZONES_TRIED_FIRST = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "Australia/Sydney",
)  # fmt: skip


@dataclass(frozen=True)
class DateReading:
    """A format that every text fits. doubt: another order of day and month that fits as well; None: there is none."""

    format: DateFormat
    why: str = ""
    doubt: str | None = None


@dataclass(frozen=True)
class MixedDates:
    """Texts that are dates, but not all in one format: an example of each, and the texts that are none."""

    examples: tuple[str, ...]
    odd: tuple[str, ...]


def read_dates(texts: Sequence[str], order: str | None = None, pattern: str | None = None) -> DateReading | None:
    """How these different texts, none of them empty, write dates and times; None where no format fits all of them.

    Args:
        texts: different ones.
        order: one of ORDERS, where a person says so or other columns of the table have it.
        pattern: the pattern, where a person gives it.
    """
    spelled, texts = "".join(texts[:SAMPLE]), [ascii_digits(text.strip()) for text in texts]
    if pattern is not None:
        wanted = [DateFormat(pattern.replace(".%f", "%f").replace(",%f", "%f"), language) for language in LANGUAGES]
    else:
        sample = texts[:: max(1, len(texts) // SAMPLE)]
        votes = Counter(each for text in sample for each in dict.fromkeys(guesses(text)))
        most = max(votes.values(), default=0)
        wanted = [each for each, count in votes.items() if count == most or "%e" in each.pattern]
    fits = [format for format in (_fitted(each, texts) for each in wanted) if format is not None]
    if not fits:
        return None
    found = _chosen(fits, texts, order)
    return replace(found, format=replace(found.format, zero=zero_of(spelled)))


def order_of(pattern: str) -> str:
    """Day, month and year of a pattern in their order, as in ORDERS."""
    return "".join(letter.lower() for letter in re.findall("%-?([dmyY])", pattern))


def guesses(text: str) -> Iterator[DateFormat]:
    """The formats in which a single text can be meant."""
    if "%" not in text:  # it would be taken for a directive
        yield from (each for each in _guesses(text) if is_pattern(each.pattern))


def _guesses(text: str) -> Iterator[DateFormat]:
    whole = text
    text = EXIF.sub("%Y:%m:%d", text)
    padded = PADDED_DAY.sub(r" \1", text)
    if padded != text:  # "Jun  8": days are filled up with spaces
        yield from (replace(each, pattern=re.sub("%-?d", "%e", each.pattern)) for each in guesses(padded))
        return
    dotted = DOTTED.search(text)
    if dotted:
        text = text[: dotted.start()] + _dotted_pattern(dotted)
    text = EASTERN.sub(
        lambda found: f"%H{found[1]}%M{found[2]}" + (f"{found[3]}%S{found[4]}" if found[4] else ""), text
    )
    clock = CLOCK.search(text) or HOUR.search(text)
    parts = (dotted or clock).groupdict() if dotted or clock else {}  # type: ignore[union-attr]
    half = parts.get("half") or "AM"
    details: dict[str, Any] = {
        "half": half if half[0] in "Aa" else half.replace("P", "A").replace("p", "a"),
        "offset": _offset_style(parts["offset"]) if parts.get("offset") else "+02:00",
        "point": parts["f"][0] if parts.get("f") else ".",
    }
    rest = text if clock is None else text[: clock.start()] + _clock_pattern(clock) + text[clock.end() :]
    if rest != whole and not re.search(r"\d", rest):
        yield DateFormat(rest, **details)
        if clock and rest == _clock_pattern(clock):
            yield DateFormat(rest.replace("%H", "%N"), **details)  # a duration may be longer than a day
        return
    for shape, pattern in FIXED:
        if re.search(shape, rest, re.ASCII):
            yield DateFormat(re.sub(shape, pattern, rest, count=1, flags=re.ASCII), **details)
    for language, pattern, case in _patterns(rest):
        yield DateFormat(pattern, language, case, **details)


def _clock_pattern(clock: re.Match[str]) -> str:
    if clock.re is HOUR:
        return f"%I{clock['gap']}%p"
    hour = "%I" if clock["half"] else "%H"
    seconds = ":%S%f" if clock["S"] else ""
    half = f"{clock['gap']}%p" if clock["half"] else ""
    return f"{hour}:%M{seconds}{half}" + (f"{clock['space']}%z" if clock["offset"] else "")


def _dotted_pattern(found: re.Match[str]) -> str:
    seconds = f"{found['mark']}%S%f" if found["S"] else ""
    half = f"{found['gap']}%p" if found["half"] else ""
    return f"{found['joint']}%{'I' if half else 'H'}{found['mark']}%M{seconds}{half}"


def _offset_style(offset: str) -> str:
    name, sign, digits = re.fullmatch("([A-Za-z]*)([+-]?)(.*)", offset).groups()  # type: ignore[union-attr]
    return name + {2: "+02", 4: "+0200"}.get(len(digits), "+02:00") if sign else offset


def _patterns(text: str) -> Iterator[tuple[str, str, str]]:
    """Language, pattern and case of names of a text whose time is a pattern already."""
    tokens = TOKEN.findall(text)
    if len(tokens) > MAX_TOKENS:
        return
    quarter = re.search(r"(?<![^\W\d_])Q[1-4](?!\d)", text)
    words = [token.lower() for token in tokens if token.isalpha() and len(token) > 1]
    for language, names in LANGUAGES.items():
        months = {"%b": names.short_months, "%B": names.months}
        pieces = _with_points(tokens, names.short_months) if "points" in language else tokens
        if pieces is not tokens:
            words = [piece.lower() for piece in pieces]
        named = [mark for mark, known in months.items() if any(word in known for word in words)]
        if not named and language != "English":
            continue
        for month in named or [""]:
            marked, case = [], "title"
            for token in pieces:
                word = token.lower()
                if month and word in months[month]:
                    marked.append(month)
                    case = "upper" if token.isupper() else "lower" if token.islower() else "title"
                elif word in names.days or word in names.short_days:
                    marked.append("%A" if word in names.days else "%a")
                elif word in ("st", "nd", "rd", "th") and marked and marked[-1].isdigit():
                    marked.append("%o")
                else:
                    marked.append(token)
            if any(token.lower() in DAYS for token in marked):
                continue  # the weekday is in another language than the month
            for pattern in _assigned(marked, bool(month), bool(quarter)):
                yield language, pattern, case


def _with_points(tokens: list[str], months: Sequence[str]) -> list[str]:
    """The tokens, with the points that belong to short names of months at their ends."""
    found: list[str] = []
    for token in tokens:
        if token == "." and found and f"{found[-1].lower()}." in months:
            found[-1] += token
        else:
            found.append(token)
    return found


def _assigned(tokens: list[str], named: bool, quarter: bool) -> Iterator[str]:
    """Patterns in which the numbers among the tokens are days, months and years."""
    places = [at for at, token in enumerate(tokens) if token.isdigit()]
    lengths = [len(tokens[at]) for at in places]
    years = [at for at, length in enumerate(lengths) if length == 4]
    short = [at for at, length in enumerate(lengths) if length <= 2]
    if len(years) > 1 or len(years) + len(short) != len(places) or len(places) > 3:
        return
    if quarter:
        orders = [["q" if at != years[0] else "Y" for at in range(2)]] if len(places) == 2 and years else []
    elif years:
        rest = {(True, 1): ["d"], (True, 0): [""], (False, 1): ["m"], (False, 2): ["md", "dm"]}
        if years == [len(places) - 1]:  # where the year comes last, the day comes first more often
            rest[False, 2] = ["dm", "md"]
        orders = [[*each[: years[0]], "Y", *each[years[0] :]] for each in rest.get((named, len(short)), [])]
    else:
        alone = ["d", "y"] if not {"%a", "%A"} & {*tokens} else []  # "Aug 11"; a weekday needs a year
        orders = list(map(list, {(True, 2): ["dy", "yd"], (True, 1): alone, (False, 3): ["dmy", "mdy", "ymd"]}.get(
            (named, len(short)), []
        )))  # fmt: skip
    for order in orders:
        found = list(tokens)
        for at, letter in zip(places, order, strict=True):
            found[at] = f"%{letter}"
        yield "".join(found)


def _fitted(format: DateFormat, texts: Sequence[str]) -> DateFormat | None:
    """The format with its details as all texts have them; None where a text does not fit."""
    matches = []
    for text in texts:
        match = format.expression.fullmatch(text)
        if not match:
            return None
        matches.append(match)
    parts = format.expression.groupindex
    for letter in "dmHIN":
        if letter in parts and any(len(match[letter]) == 1 for match in matches):
            format = replace(format, pattern=format.pattern.replace(f"%{letter}", f"%-{letter}"))
    if "f" in parts:
        digits = [max(0, len(match["f"]) - 1) for match in matches]
        format = replace(format, fraction=(min(digits), max(digits)))
    if "y" in parts:
        format = replace(format, first_year=_first_year(sorted({int(match["y"]) for match in matches})))
    moments = []
    for match in matches:
        moment = format.said_by(match)
        if moment is None:
            return None
        moments.append(moment)
    if _is_compact(format) and not all(_recent(match) for match in matches):
        return None
    return _with_zone(format, moments) if "z" in parts else format


def _is_compact(format: DateFormat) -> bool:
    return re.search("%Y%m|%d%m%Y|%m%d%Y", format.pattern) is not None


def _recent(match: re.Match[str]) -> bool:
    return COMPACT_YEARS[0] <= int(match["Y"]) <= COMPACT_YEARS[1]


def _first_year(twos: list[int]) -> int:
    """The first of the hundred years that two digits mean, so that all years lie as close together as can be."""
    gaps = [(other - one, one) for one, other in zip(twos, [*twos[1:], twos[0] + 100], strict=True)]
    widest, last = max(gaps)
    if widest <= 1 or len(twos) == 1:
        return 1969  # as POSIX has it
    last_year = 1900 + last if last >= 69 else 2000 + last
    return last_year + widest - 100


def _with_zone(format: DateFormat, moments: list[tuple[int, int | None]]) -> DateFormat:
    """The format with the zone, or the offsets, of these local times."""
    offsets = Counter(offset or 0 for _, offset in moments)
    if len(offsets) == 1:
        return replace(format, zone=_named(next(iter(offsets))))
    seconds = format.per_second
    pairs = {((count // seconds) - 60 * (offset or 0), offset or 0) for count, offset in moments}
    zone = _zone(frozenset(pairs))
    if zone is not None:
        return replace(format, zone=zone)
    shares = tuple((offset, count / len(moments)) for offset, count in sorted(offsets.items()))
    return replace(format, mixed=shares)


@cache
def _zone(pairs: frozenset[tuple[int, int]]) -> str | None:
    """The first zone in which all these seconds since 1970 have these offsets in minutes."""
    for name in (*ZONES_TRIED_FIRST, *sorted(available_timezones())):
        zone = ZoneInfo(name)
        for second, offset in pairs:
            there = (EPOCH.replace(tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone).utcoffset()
            if there != timedelta(minutes=offset):
                break
        else:
            return name
    return None


def _named(offset: int) -> str:
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"


def _chosen(fits: list[DateFormat], texts: Sequence[str], order: str | None) -> DateReading:
    """The format among several that all texts fit."""
    days = [each for each in fits if _is_day_of_year(each)]
    if days and len(days) < len(fits):
        return _day_or_year(days[0], next(each for each in fits if each not in days), texts)
    if len(fits) > 1 and all("%y" in each.pattern and each.pattern in SHORT for each in fits):
        fits = sorted(fits, key=lambda each: _years(each, texts))  # dates of a table lie in few years
    first = fits[0]
    orders = {order_of(each.pattern): each for each in reversed(fits) if order_of(each.pattern) in ORDERS}
    if order in orders:
        return DateReading(orders[order], f"{order} as said, or as in the rest of the table")
    if len(orders) < 2 or "%Y" in first.pattern[:2]:
        return DateReading(first)
    if len(texts) >= MIN_MONTHS:
        for each in orders.values():
            if len({each.moment(text) and int(each.expression.fullmatch(text)["d"]) for text in texts} - {1}) == 0:  # type: ignore[index]
                return DateReading(each, f"{order_of(each.pattern)}, since the day is always the first")
    doubt = next(name for name in orders if name != order_of(first.pattern))
    return DateReading(first, f"{order_of(first.pattern)} and {doubt} fit every cell", doubt)


def _years(format: DateFormat, texts: Sequence[str]) -> int:
    """In how many different years the dates lie."""
    return len({found["y"] for text in texts if (found := format.expression.fullmatch(text))})


def _is_day_of_year(format: DateFormat) -> bool:
    """Has a pattern a month and a day, but no year, as "Aug 11"?"""
    return not re.search("%-?[yYG]", format.pattern) and bool(re.search("%[bB]", format.pattern))


def _day_or_year(day: DateFormat, year: DateFormat, texts: Sequence[str]) -> DateReading:
    """Whether the number beside the name of a month is a day or a year, where both fit: "11 Aug", "Aug 11"."""
    numbers = {int(found["d"]) for text in texts if (found := day.expression.fullmatch(text))}
    if re.search("%o|%-?d.*%[bB]", day.pattern) or max(numbers) - min(numbers) > MAX_YEARS:
        return DateReading(day, "the number is a day", year.pattern)
    return DateReading(year, "the number is a year", day.pattern)


def mixed_dates(texts: Sequence[str], share: float) -> MixedDates | None:
    """The formats of texts that no single format fits; None where fewer than this share of them are dates."""
    for some in (texts[:: max(1, len(texts) // SAMPLE)], texts):
        kinds: dict[str, str] = {}
        odd: list[str] = []
        for text in (ascii_digits(text.strip()) for text in some):
            marked = () if text.isdigit() else guesses(text)  # 07009172 is no odd date, but a code
            own = next((each for each in marked if each.moment(text) is not None), None)
            if own is None:
                odd.append(text)
            else:
                kinds.setdefault(own.pattern, text)
        if len(odd) > (1 - share) * len(some):
            return None
    return MixedDates(tuple(kinds.values()), tuple(odd))
