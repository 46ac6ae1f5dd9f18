"""How a column of texts writes durations of several units: PT11H52M, 8 days 03:04:05, 2 yrs 3 mo; and 5 lb 3 oz.

A duration is a count of the smallest unit that the column writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

UNITS = {  # words of units -> the unit; "m" is a minute
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), "y"),
    **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months"), "mo"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
    **dict.fromkeys(("d", "day", "days", "j", "jour", "jours", "tag", "tage"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "heures", "heure"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek"), "s"),
    **dict.fromkeys(("lb", "lbs"), "lb"),
    "oz": "oz",
    "ft": "ft",
    "in": "in",
}
SIZES = {"y": 12 * 30 * 86_400, "mo": 30 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1}
SIZES |= {"lb": 16, "oz": 1, "ft": 12, "in": 1}
APART = ({"y", "mo"}, {"lb", "oz"}, {"ft", "in"})  # units that go with one another alone
NAMES = {"y": "years", "mo": "months", "w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
NAMES |= {"lb": "pounds", "oz": "ounces", "ft": "feet", "in": "inches"}
PIECE = re.compile(r"(\d+(?:[.,]\d+)?)(\s?)(?:([^\W\d_]+)(\.?)|(:))?(,? (?:and )?)?", re.ASCII)
ISO = re.compile(r"P(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(?:[.,]\d+)?S)?)?")
MAX_DECIMALS = 9


class Part(NamedTuple):
    """A number of a duration with its unit. word: what follows the number. joint: what follows that."""

    number: str
    unit: str
    word: str
    joint: str


@dataclass(frozen=True)
class DurationFormat:
    """How the durations of a column are written.

    units: from the largest to the smallest. one, many: what follows the number of each unit, where it is 1 and else.
    joints: what stands before the next unit. widths: digits of each number. skips: units that are left out
    where there is none of them. decimals: of the last number, with the mark `point`.
    """

    units: tuple[str, ...] = ("h", "m")
    one: tuple[str, ...] = ("h", "m")
    many: tuple[str, ...] = ("h", "m")
    joints: tuple[str, ...] = ("", "")
    widths: tuple[int, ...] = (1, 1)
    iso: bool = False
    skips: tuple[str, ...] = ()
    decimals: int = 0
    point: str = "."
    missing: str | None = None

    kind = "duration"
    plain = False

    @cached_property
    def _sizes(self) -> list[int]:
        """Of each unit in the smallest one."""
        return [SIZES[unit] // SIZES[self.units[-1]] for unit in self.units]

    def cells(self, texts: Iterable[Any]) -> np.ndarray:
        """Texts -> float64 counts of the smallest unit, NaN where there is no duration."""
        return np.array([self._count(text) if isinstance(text, str) else np.nan for text in texts], np.float64)

    def _count(self, text: str) -> float:
        text, sign = (text.strip()[1:], -1) if text.strip().startswith("-") else (text.strip(), 1)
        parts = _parts(text)
        if parts is None or not {part.unit for part in parts} <= {*self.units}:
            return np.nan
        sizes = dict(zip(self.units, self._sizes, strict=True))
        return sign * round(
            sum(float(part.number.replace(",", ".")) * sizes[part.unit] for part in parts), MAX_DECIMALS
        )

    def text(self, count: float) -> str:
        """A duration as the column writes it."""
        scale = 10**self.decimals
        rest, numbers = round(abs(count) * scale), []
        for size in self._sizes:
            number, rest = divmod(rest, size * scale)
            numbers.append(number)
        last = len(numbers) - 1
        there = [
            at for at in range(last + 1) if numbers[at] or self.units[at] not in self.skips or (at == last and rest)
        ]
        there, written = there or [len(numbers) - 1], "-" if count < 0 else ""
        written += "P" if self.iso else ""
        for at in there:
            digits = f"{numbers[at]:0{self.widths[at]}d}"
            if at == len(numbers) - 1 and self.decimals:
                digits += self.point + f"{rest:0{self.decimals}d}"
            clock = self.iso and self.units[at] in "hms" and "T" not in written
            written += ("T" if clock else "") + digits + (self.one if numbers[at] == 1 else self.many)[at]
            written += self.joints[at] if at != there[-1] else ""
        return written

    def texts(self, cells: np.ndarray) -> list[str | None]:
        """Counts as the column writes them; `missing` for an empty cell."""
        return [self.missing if np.isnan(cell) else self.text(float(cell)) for cell in cells]

    def about(self) -> str:
        """For people."""
        return f"durations in {NAMES[self.units[-1]]}, written as {self.text(sum(self._sizes) * 3)}"


def read_durations(texts: Sequence[str]) -> DurationFormat | None:
    """How these different texts, none of them empty, write durations; None where they are none of several units."""
    every = [text.strip().removeprefix("-") for text in texts]
    found = [_parts(text) for text in every]
    if not all(found):
        return None
    rows = [parts for parts in found if parts]
    iso = all(text.startswith("P") for text in every)
    units = sorted({part.unit for parts in rows for part in parts}, key=lambda unit: -SIZES[unit])
    apart = any({*units} & those and {*units} - those for those in APART)
    named = iso or any(part.word.strip(" :") for parts in rows for part in parts)
    if (len(units) < 2 and not iso) or apart or not named:
        return None
    of = {unit: [part for parts in rows for part in parts if part.unit == unit] for unit in units}
    words = [_words(parts) for parts in of.values()]
    if not all(words):
        return None
    places = {len(part.number.partition(".")[2]) for part in of[units[-1]]}
    format = DurationFormat(
        units=tuple(units),
        one=tuple(word[0] for word in words if word),
        many=tuple(word[1] for word in words if word),
        joints=tuple(Counter(part.joint for part in parts).most_common(1)[0][0] for parts in of.values()),
        widths=tuple(min(len(part.number.partition(".")[0]) for part in parts) for parts in of.values()),
        iso=iso,
        skips=tuple(unit for unit in units if len(of[unit]) < len(rows)),
        decimals=max(places),
    )
    back = format.texts(format.cells(texts))
    return format if back == [text.strip() for text in texts] else None


def _words(parts: Sequence[Part]) -> tuple[str, str] | None:
    """What follows the number 1, and what follows others; None where that differs otherwise."""
    one, many = ({part.word for part in parts if (int(float(part.number)) == 1) == single} for single in (True, False))
    if len(one) > 1 or len(many) > 1:
        return None
    other = one or many
    return (next(iter(one or other)), next(iter(many or other)))


def _parts(text: str) -> list[Part] | None:
    """The numbers of a duration with their units, from the largest on; None where it is none."""
    if text.startswith("P"):
        if text in ("P", "PT") or not ISO.fullmatch(text):
            return None
        return [Part(number, letter.lower(), letter, "") for number, letter in re.findall(r"([\d.]+)([DHMS])", text)]
    pieces, at = [], 0
    while at < len(text):
        found = PIECE.match(text, at)
        if not found:
            return None
        pieces.append(found)
        at = found.end()
    return _united(pieces)


def _united(pieces: Sequence[re.Match[str]]) -> list[Part] | None:
    parts: list[Part] = []
    clock = [at for at, found in enumerate(pieces) if found[5]]
    if clock and (clock[-1] != len(pieces) - 2 or clock != list(range(clock[0], len(pieces) - 1)) or len(clock) > 2):
        return None
    for at, found in enumerate(pieces):
        if clock and at >= clock[0]:
            unit: str | None = "hms"[at - clock[0]]
        else:
            unit = UNITS.get((found[3] or "").lower())
            unit = "mo" if unit == "m" and parts and parts[-1].unit == "y" else unit
        if (
            unit is None
            or (parts and SIZES[unit] >= SIZES[parts[-1].unit])
            or ("." in found[1] and at < len(pieces) - 1)
        ):
            return None
        word = f"{found[2]}{found[3] or ''}{found[4] or ''}{found[5] or ''}"
        parts.append(Part(found[1], unit, word, found[6] or ""))
    return parts
