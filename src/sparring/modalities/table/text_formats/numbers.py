"""How a column of texts writes numbers: 1.234,56 EUR, (1,234), 12 %, 12,34,567. Texts become numbers and come back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

MINUS = "-\u2212\u2013"  # hyphen, minus sign, en dash
SPACES = " \u00a0\u202f\u2009"
OWN_MARKS = str.maketrans("\u066b\u066c\uff0e\uff0c", ".,.,")  # marks that go with the digits of other scripts
GROUPING = SPACES + ".,'\u2019_"  # characters that may stand between groups of digits
_SIGN = rf"[+\{MINUS}]"
TEXT = re.compile(
    rf"(?P<open>\()?(?P<sign>{_SIGN})?(?P<prefix>(?:[^\d.,()+\{MINUS}\s]+\.?[{SPACES}]?)?)(?P<inner>{_SIGN})?"
    rf"(?P<core>\d(?:[\d{GROUPING}]*\d)?\.?|[.,]\d+)(?P<exponent>[eE][-+]?\d+)?"
    rf"(?P<suffix>(?:[{SPACES}]?[^\d()+\{MINUS}{GROUPING}](?:[^\d()]*[^\d()\{MINUS}])?[23]?)?)"
    rf"(?P<trailing>[\{MINUS}])?(?P<close>\))?",
    re.ASCII,
)
INFINITE = re.compile(rf"{_SIGN}?(inf|infinity|\u221e|1\.#inf)", re.IGNORECASE)
MIN_QUICK = 1000  # texts from which pandas is asked first
MAX_PLACES = 17  # decimals that a float may need


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written.

    least, most: digits after the decimal mark; most is None where a number has as many as it needs. exponent: how a
    power of ten is written, as in "E+00" for 1.5E+03; "" for none. negative: the minus sign; "(" for parentheses,
    "5-" for a minus at the end.
    """

    decimal: str = "."
    thousands: str = ""
    pairs: bool = False  # are there two digits in a group, but for the last, as in 12,34,567?
    prefix: str = ""
    suffix: str = ""
    negative: str = "-"
    sign_first: bool = True  # does a sign stand before the prefix?
    plus: bool = False  # have positive numbers a plus?
    least: int = 0
    most: int | None = 0
    exponent: str = ""
    scientific: bool = False  # has every number an exponent?
    width: int = 1  # digits before the decimal mark, filled up with zeros
    bare_whole: bool = False  # are whole numbers written without decimals where others have all of theirs?
    whole_end: str = ""  # what whole numbers have in place of decimals: "." as in 36., ".-" as in 500.-
    zero_first: bool = True  # does a 0 stand before a decimal mark?
    zero: str = "0"  # the digit zero of the script
    own: str = ""  # marks of the script: those of these numbers and its own, in turn
    missing: str | None = None  # the text of an empty cell, where it has one

    kind = "number"

    @property
    def plain(self) -> bool:
        """Would every reader of CSV files take these texts as numbers?"""
        marks = (self.decimal, self.thousands, self.prefix, self.suffix, self.negative, self.width, self.zero)
        return marks == (".", "", "", "", "-", 1, "0") and not self.whole_end

    @cached_property
    def core_pattern(self) -> re.Pattern[str]:
        """Matches the digits of a number with their marks; groups: whole part, decimals."""
        whole = r"\d+"
        if self.thousands:
            gap = "[" + (SPACES if self.thousands in SPACES else re.escape(self.thousands)) + "]"
            grouped = rf"\d{{1,2}}(?:{gap}\d\d)*{gap}\d{{3}}" if self.pairs else rf"\d{{1,3}}(?:{gap}\d{{3}})+"
            whole = rf"(?:{grouped}|\d+)"
        return re.compile(rf"({whole})?(?:{re.escape(self.decimal)}(\d*))?")

    def number(self, text: str) -> float:
        """The number that a text says; NaN where it says none."""
        text = text if text.isascii() else ascii_digits(text)
        if self.own:
            text = text.translate(str.maketrans(self.own[1::2], self.own[::2]))
        if self.whole_end:
            text = without_end(text, self.whole_end)
        found = TEXT.fullmatch(text.strip())
        if not found:
            return self._special(text)
        prefix, suffix = decoration(found)
        core = self.core_pattern.fullmatch(found["core"])
        if core is None or prefix not in ("", self.prefix) or suffix not in ("", self.suffix):
            return np.nan
        if bool(found["open"]) != bool(found["close"]):
            return np.nan
        whole, part = re.sub(r"\D", "", core[1] or ""), core[2] or ""
        if not whole and not part:
            return np.nan
        value = float(f"{whole or '0'}.{part or '0'}{found['exponent'] or ''}")
        return -value if is_negative(found) else value

    def _special(self, text: str) -> float:
        if INFINITE.fullmatch(text.strip()):
            return -np.inf if text.strip()[0] in MINUS else np.inf
        return np.nan

    def cells(self, texts: Iterable[Any]) -> np.ndarray:
        """Texts or numbers, or None -> float64, NaN where there is no number."""
        values = list(texts)
        found = self._quick(values) if len(values) >= MIN_QUICK else np.full(len(values), np.nan)
        for at in np.flatnonzero(np.isnan(found)):
            value = values[at]
            found[at] = self.number(value) if isinstance(value, str) else _float(value)
        return found

    def _quick(self, values: list[Any]) -> np.ndarray:
        """The numbers that pandas finds among texts with the usual marks, which is quick; NaN for the others."""
        texts = pd.Series([value if isinstance(value, str) else "" for value in values], dtype="str").str.strip()
        minus = texts.str.startswith("-")
        texts = texts.where(~minus, texts.str.slice(1)).str.removeprefix(self.prefix).str.removesuffix(self.suffix)
        if self.whole_end:
            texts = texts.str.removesuffix(self.whole_end)
        texts = texts.where(texts.str.fullmatch(self.core_pattern.pattern), "")
        texts = texts.str.replace(self.thousands, "", regex=False) if self.thousands else texts
        if self.decimal != ".":
            texts = texts.str.replace(self.decimal, ".", regex=False)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, copy=True)
        return np.where(minus, -numbers, numbers)

    def text(self, number: float) -> str:
        """A number as the column writes it."""
        body = self._unsigned(abs(number))
        zero = not any(digit in body for digit in "123456789")  # perhaps by rounding
        body = in_digits_of(self.zero, body)
        if self.own:
            body = body.translate(str.maketrans(self.own[::2], self.own[1::2]))
        if zero or number > 0:
            mark = "+" if self.plus and not zero else ""
            return f"{mark}{self.prefix}{body}{self.suffix}"
        if self.negative == "(":
            return f"({self.prefix}{body}{self.suffix})"
        if self.negative == "5-":
            return f"{self.prefix}{body}{self.suffix}-"
        signs = (self.negative, self.prefix) if self.sign_first else (self.prefix, self.negative)
        return f"{''.join(signs)}{body}{self.suffix}"

    def _unsigned(self, number: float) -> str:
        if self.scientific:
            digits, power = f"{number:.{MAX_PLACES - 1 if self.most is None else self.most}e}".split("e")
            return self._marked(_trimmed(digits, self.least)) + self._power(int(power))
        if self.most is not None:
            digits = _trimmed(f"{number:.{self.most}f}", self.least)
            whole, _, part = digits.partition(".")
            return self._marked(whole if self.bare_whole and not part.strip("0") else digits)
        digits, mark, power = repr(float(number)).partition("e")
        if mark and self.exponent:
            return self._marked(_trimmed(digits, self.least)) + self._power(int(power))
        return self._marked(_trimmed(np.format_float_positional(number, trim="-"), self.least))

    def _power(self, power: int) -> str:
        letter, sign, width = self.exponent[0], "+" in self.exponent, self.exponent.count("0")
        return f"{letter}{'-' if power < 0 else '+' if sign else ''}{abs(power):0{width}d}"

    def _marked(self, digits: str) -> str:
        """Digits with the marks of the column."""
        whole, _, part = digits.partition(".")
        whole = whole.zfill(self.width)
        if self.thousands:
            head, tail = whole[:-3], whole[-3:]
            size = 2 if self.pairs else 3
            groups = [head[max(0, end - size) : end] for end in range(len(head), 0, -size)][::-1]
            whole = self.thousands.join([*groups, tail])
        if not self.zero_first and whole == "0" and part:
            whole = ""
        return whole + (self.decimal + part if part else self.whole_end)

    def texts(self, cells: np.ndarray) -> list[str | None]:
        """Numbers as the column writes them; `missing` for an empty cell."""
        return [self.missing if np.isnan(cell) else self.text(float(cell)) for cell in cells]

    def about(self) -> str:
        """For people: an example, and what the marks mean."""
        example = self.text(-1234.5 if self.most is None or self.most else -1234.0)
        what = [name for name, there in (
            (f"'{self.decimal}' before decimals", self.decimal != "." and self.most != 0),
            (f"'{self.thousands}' between thousands", self.thousands),
            ("zeros in front", self.width > 1),
        ) if there]  # fmt: skip
        return f"written as {example}" + (f": {', '.join(what)}" if what else "")


def decoration(found: re.Match[str]) -> tuple[str, str]:
    """The prefix and the suffix of a text, with the spaces between them and the number."""
    return found["prefix"], found["suffix"]


def without_end(text: str, end: str) -> str:
    """The text without what stands in place of decimals behind its digits."""
    at = text.find(end)
    whole = at > 0 and text[at - 1].isdigit() and not text[at + len(end) : at + len(end) + 1].isdigit()
    return text[:at] + text[at + len(end) :] if whole else text


def is_negative(found: re.Match[str]) -> bool:
    """Is the number of a text below zero?"""
    signs = (found["sign"] or "") + (found["inner"] or "") + (found["trailing"] or "")
    return bool(found["open"]) or any(sign in MINUS for sign in signs)


def zero_of(text: str) -> str:
    """The zero of the script of the first digit of a text."""
    digit = next((letter for letter in text if letter.isdecimal()), "0")
    return chr(ord(digit) - unicodedata.digit(digit))


def in_digits_of(zero: str, text: str) -> str:
    """The text with the digits 0 to 9 as those of the script with this zero."""
    return text if zero == "0" else text.translate({ord("0") + digit: ord(zero) + digit for digit in range(10)})


def ascii_digits(text: str) -> str:
    """The text with the digits of other scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in text)


def _trimmed(digits: str, least: int) -> str:
    """Decimals without zeros at the end, but for the least number of them."""
    whole, _, part = digits.partition(".")
    part = part.rstrip("0").ljust(least, "0")
    return f"{whole}.{part}" if part else whole


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan
