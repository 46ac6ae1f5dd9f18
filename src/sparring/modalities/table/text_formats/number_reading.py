"""Find out how a column of texts writes its numbers. The whole column decides, never a single cell."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .numbers import (
    GROUPING,
    INFINITE,
    OWN_MARKS,
    SPACES,
    TEXT,
    NumberFormat,
    ascii_digits,
    decoration,
    is_negative,
    without_end,
    zero_of,
)

CURRENCIES = re.compile(
    r"(usd|eur|gbp|chf|jpy|cny|rmb|inr|rs|aud|cad|nzd|sek|nok|dkk|pln|czk|huf|ron|bgn|rub|uah|try|tl|brl|mxn|ars|clp"
    r"|cop|pen|zar|krw|twd|hkd|sgd|thb|idr|myr|php|vnd|ils|aed|sar|egp|ngn|kes|btc|fr|kr|k\u010d|z\u0142|ft|lei)\.?",
    re.IGNORECASE,
)
BEFORE_DOLLAR = re.compile("(R|US|A|C|NZ|HK|S|MX|AU|CA)?")  # letters that go with a currency sign
UNIT = re.compile(r"\s?(?:[^\W\d_]|[%\u2030\u00b0\u00b2\u00b3/\u00b7^ ]|(?<=\w)[23])*\.?")  # after a number
MAX_UNIT = 20  # letters of a unit
SYMBOLS = "~\u2248<>\u2264\u2265\u00b1=#"  # that may stand before numbers
WHOLE_END = re.compile(r"(?<=\d)(?:[.,:] ?[-\u2013\u2014]{1,2}|\.)(?![\d.,-])")
MIN_MIXED = 0.05  # share of numbers with each of two decimal marks, from which a column mixes them
MIN_WHOLE = 4  # digits without a mark between thousands from which there is none in the column


@dataclass(frozen=True)
class NumberReading:
    """A format that every text fits. doubt: the other decimal mark that fits as well; None where there is none."""

    format: NumberFormat
    why: str = ""
    doubt: str | None = None


def read_numbers(texts: Sequence[str], decimal: str | None = None, codes: bool = False) -> NumberReading | None:
    """How these different texts, none of them empty, write numbers; None where they are no numbers of one kind.

    Args:
        texts: different ones.
        decimal: the decimal mark of other columns, which decides where this column does not.
        codes: may whole numbers begin with zeros? They are codes otherwise, such as 0311.
    """
    finite = [text for text in map(str.strip, texts) if not INFINITE.fullmatch(text)]
    zero = zero_of("".join(finite[:MIN_WHOLE]))
    own = ""
    if zero != "0":
        seen = sorted({letter for text in finite for letter in text if ord(letter) in OWN_MARKS})
        own = "".join(letter.translate(OWN_MARKS) + letter for letter in seen)
        finite = [ascii_digits(text).translate(OWN_MARKS) for text in finite]
    end = _whole_end(finite)
    finite = [without_end(text, end) for text in finite] if end else finite
    found = [TEXT.fullmatch(text) for text in finite]
    if not finite or not all(found):
        return None
    parts: list[re.Match[str]] = [each for each in found if each]
    decorated = _decoration(parts)
    mark = end[0] if len(end) > 1 and end[0] in ".," else None  # 1.500,- is no 1.5
    marks = None if decorated is None else _marks(_cores(parts), mark or decimal)
    if decorated is None or marks is None:
        return None
    format = replace(marks.format, zero=zero, own=own, prefix=decorated[0], suffix=decorated[1], **_signs(parts))
    whole = _digits(format, parts, codes)
    if whole is None or np.isnan(whole.cells(finite)).any():
        return None
    if end:
        whole = replace(whole, whole_end=end, bare_whole=bool(whole.most), least=whole.most or 0)
    return NumberReading(whole) if mark else replace(marks, format=whole)


def _whole_end(texts: Sequence[str]) -> str:
    """What whole numbers have in place of decimals, as 500.- and 36. have; "" where that is not always the same."""
    ends = {found[0] if (found := WHOLE_END.search(text)) else "" for text in texts}
    if len(ends - {""}) != 1:
        return ""
    (end,) = ends - {""}
    others = [text for text in texts if not WHOLE_END.search(text)]
    return end if all(re.search(r"[.,]\d{1,2}(?!\d)", text) for text in others) else ""


def mixed_marks(texts: Sequence[str]) -> tuple[str, str] | None:
    """A number with a decimal point and one with a decimal comma, where all texts are numbers and both are usual."""
    found = [TEXT.fullmatch(text.strip()) for text in texts]
    if not texts or not all(found) or len({decoration(each) for each in found if each}) > 1:
        return None
    of: dict[str, list[str]] = {".": [], ",": []}
    for text, match in zip(texts, found, strict=True):
        if match and (mark := _decimal_for_sure(match["core"])):
            of[mark].append(text)
    usual = all(len(each) >= MIN_MIXED * len(texts) for each in of.values())
    return (of["."][0], of[","][0]) if usual else None


def _decimal_for_sure(core: str) -> str | None:
    """The mark before the decimals of a number; None where it has none, or could have none."""
    last = max(core.rfind("."), core.rfind(","))
    if last < 0 or core.count(core[last]) > 1:
        return None
    other = "," if core[last] == "." else "."
    return core[last] if other in core or len(core) - last - 1 != 3 else None


def _cores(parts: list[re.Match[str]]) -> list[str]:
    """The digits and marks of all numbers. With an exponent a mark is a decimal mark, which one more digit shows."""
    return [part["core"] + ("0" if part["exponent"] and re.search(r"[.,]\d+$", part["core"]) else "") for part in parts]


def _decoration(parts: list[re.Match[str]]) -> tuple[str, str] | None:
    """The prefix and suffix of all numbers; None where they differ or are no currency, unit or the like."""
    seen = Counter(map(decoration, parts))
    bare = seen.pop(("", ""), 0)
    if len(seen) > 1:
        return None
    prefix, suffix = next(iter(seen), ("", ""))
    money = any(unicodedata.category(letter) == "Sc" for letter in prefix + suffix) or "%" in suffix
    if bare and seen and not money and not all(_zero(part) for part in parts if decoration(part) == ("", "")):
        return None  # 7 and 7a are house numbers
    unit = "".join(letter for letter in suffix if unicodedata.category(letter) != "Sc")
    if len(unit) > MAX_UNIT or not UNIT.fullmatch(unit):
        return None
    letters = "".join(letter for letter in prefix if unicodedata.category(letter) != "Sc").strip()
    signed = letters != prefix.strip() and BEFORE_DOLLAR.fullmatch(letters)
    return (prefix, suffix) if signed or CURRENCIES.fullmatch(letters) or set(letters) <= set(SYMBOLS) else None


def _zero(part: re.Match[str]) -> bool:
    return not part["core"].strip("0.,")


def _marks(cores: list[str], decimal: str | None) -> NumberReading | None:
    """The decimal mark and the mark between thousands."""
    there = {mark for core in cores for mark in core if mark in GROUPING}
    spaces = {mark for mark in there if mark in SPACES}
    others = there - spaces - set(".,")
    points = there & set(".,")
    if len(others) + bool(spaces) > 1 or (len(points) == 2 and (others or spaces)):
        return None
    if others or spaces:
        common = Counter(mark for core in cores for mark in core if mark in others | spaces).most_common(1)[0][0]
        return _fitting(cores, NumberFormat(decimal=next(iter(points), decimal or "."), thousands=common))
    if len(points) == 2:
        last = {core[max(core.rfind("."), core.rfind(","))] for core in cores if "." in core and "," in core}
        last = last or {decimal or "."}
        found = [_fitting(cores, NumberFormat(mark, "." if mark == "," else ",")) for mark in sorted(last)]
        return found[0] if len(found) == 1 else None
    if not points:
        return NumberReading(NumberFormat(decimal=decimal or "."))
    return _single_mark(cores, points.pop(), decimal)


def _single_mark(cores: list[str], mark: str, decimal: str | None) -> NumberReading | None:
    """Where only one of . and , occurs: does it stand before decimals or between thousands?"""
    other = "." if mark == "," else ","
    marked = [core for core in cores if mark in core]
    as_decimal = _fitting(cores, NumberFormat(decimal=mark))
    as_thousands = _fitting(cores, NumberFormat(decimal=other, thousands=mark))
    if as_decimal is None or as_thousands is None:
        return as_decimal or as_thousands
    whole = [core for core in cores if mark not in core]
    if any(core.startswith("0") and core.strip("0") for core in marked):
        return replace(as_decimal, why="some numbers begin with 0")
    if any(len(core) >= MIN_WHOLE for core in whole):
        return replace(as_decimal, why=f"'{max(whole, key=len)}' has no mark")
    if whole and mark == ",":
        return replace(as_thousands, why="all have three digits after it or are below 1000")
    if decimal is not None:
        chosen = as_decimal if decimal == mark else as_thousands
        return replace(chosen, why="as in the rest of the table", doubt=other if decimal == mark else mark)
    if mark == ",":
        return replace(as_thousands, why="it fits both", doubt=mark)
    return replace(as_decimal, why="it fits both", doubt=other)


def _fitting(cores: list[str], format: NumberFormat) -> NumberReading | None:
    """The format, or the same with pairs of digits, where all texts fit it."""
    for each in (format, replace(format, pairs=True)) if format.thousands else (format,):
        pattern = each.core_pattern
        if all(pattern.fullmatch(core) for core in cores):
            return NumberReading(each)
    return None


def _signs(parts: list[re.Match[str]]) -> dict:
    """How negative and positive numbers are told apart."""
    styles = Counter(
        "(" if part["open"] else "5-" if part["trailing"] else part["sign"] or part["inner"]
        for part in parts
        if is_negative(part)
    )
    positive = [part for part in parts if not is_negative(part) and not _zero(part)]
    signed = [part for part in parts if part["sign"] or part["inner"]]
    return {
        "negative": styles.most_common(1)[0][0] if styles else "-",
        "sign_first": not signed or any(part["sign"] for part in signed),
        "plus": bool(positive) and all("+" in (part["sign"] or part["inner"] or "") for part in positive),
    }


def _digits(format: NumberFormat, parts: list[re.Match[str]], codes: bool) -> NumberFormat | None:
    """The format with its numbers of digits and its exponent; None where zeros in front make the texts codes."""
    whole, places = [], []
    for part in parts:
        before, _, after = part["core"].partition(format.decimal)
        whole.append(re.sub(r"\D", "", before))
        places.append(len(after))
    exponents = [part["exponent"] for part in parts if part["exponent"]]
    width = 1
    if any(len(digits) > 1 and digits.startswith("0") for digits in whole):
        if len(set(map(len, whole))) > 1 or not (codes or min(places)):
            return None
        width = len(whole[0])
    bare = any(digits == "" for digits in whole) and not any(
        digits == "0" and after for digits, after in zip(whole, places, strict=True)
    )
    found = replace(format, least=min(places), most=max(places), width=width, zero_first=not bare)
    longest = max(places)
    if (
        longest > 1
        and set(places) == {0, longest}
        and any(part["core"].endswith("0") and format.decimal in part["core"] for part in parts)
    ):
        found = replace(found, least=longest, bare_whole=True)  # 12.50 and 7
    if longest > 9 or (exponents and len(exponents) < len(parts)):
        found = replace(found, most=None, least=min(places))
    if exponents:
        first = exponents[0]
        zeros = "0" * min(len(re.sub(r"\D", "", each)) for each in exponents)
        style = first[0] + ("+" if any("+" in each for each in exponents) else "") + zeros
        found = replace(found, exponent=style, scientific=len(exponents) == len(parts))
    return found
