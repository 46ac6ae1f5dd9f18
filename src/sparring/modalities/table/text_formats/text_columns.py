"""Columns of a text file, in which everything is text: plain numbers and truths get types, all else stays text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from . import Format, NumberFormat, Words
from .missing import EMPTY

PLAIN = r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"  # no zeros in front: they are codes
THOUSANDS = r"0|[-+]?[1-9][0-9]{0,2}(?:\.[0-9]{3})?"  # 1.234 may be meant
PHONES = r"\+[1-9][0-9]{7,14}"  # with the code of a country (ITU-T E.164)
TRUTHS = (("False", "True"), ("FALSE", "TRUE"), ("false", "true"))
MAX_FIXED = 9  # decimals up to which numbers are written with as many as they had


@dataclass(frozen=True)
class TextColumn:
    """How a text file writes a column. blank: an empty cell. decimal: the decimal mark that its separator hints at."""

    blank: str = ""
    text_format: Format | None = None
    decimal: str | None = None

    def details(self, column: Any) -> dict[str, Any]:
        """What this adds to a column that was found in the values."""
        return {"blank": self.blank, "text_format": column.text_format or self.text_format}


def typed(values: pd.Series, decimal: str | None = None) -> tuple[pd.Series, TextColumn]:
    """A column of texts with the type that its plain numbers and truths have. decimal: see TextColumn."""
    empty = values.isin(EMPTY)
    spelled = values[empty]
    blank = str(spelled.mode().iloc[0]) if len(spelled) else ""
    there = values[~empty]
    if not len(there):
        return pd.Series(np.nan, index=values.index, name=values.name), TextColumn(blank, None, decimal)
    marked = bool(there.str.contains(".", regex=False).any())
    unsure = decimal == "," and marked and bool(there.str.fullmatch(THOUSANDS).all())
    if bool(there.str.fullmatch(PLAIN).all()) and not unsure and not bool(there.str.fullmatch(PHONES).all()):
        numbers, text_format = _numbers(there)
        if numbers is not None:
            return _with_empty(numbers, values, empty), TextColumn(blank, text_format, decimal)
    different = set(there.head(1000).unique())
    for false, true in TRUTHS:
        if different <= {false, true} and bool(there.isin((false, true)).all()):
            truths = (there == true).astype(bool)
            if empty.any():
                truths = truths.reindex(values.index).astype(object).where(~empty, None)
            return truths, TextColumn(blank, Words(false, true), decimal)
    return values.where(~empty), TextColumn(blank, None, decimal)


def _with_empty(numbers: pd.Series, values: pd.Series, empty: pd.Series) -> pd.Series:
    if not empty.any():
        return numbers
    if pd.api.types.is_integer_dtype(numbers.dtype):
        numbers = numbers.astype("Int64")
    return numbers.reindex(values.index)


def _numbers(texts: pd.Series) -> tuple[pd.Series | None, NumberFormat]:
    """Texts that are plain numbers as numbers, and how they are written; None where they are too large to be exact."""
    point = texts.str.find(".")
    power = texts.str.contains("e", case=False, regex=False)
    exponents = bool(power.any())
    if not exponents and bool((point < 0).all()):
        plus = _has_plus(texts)
        try:
            return texts.astype(np.int64), NumberFormat(plus=plus)
        except (OverflowError, ValueError):
            return None, NumberFormat()
    digits = texts.str.len().where(~power, texts.str.lower().str.find("e")) - point - 1
    digits = digits.where(point >= 0, 0)
    least, most = int(digits.min()), int(digits.max())
    fixed = most <= MAX_FIXED and not exponents
    scientific = exponents and bool(power.all())
    style = _exponent(texts[power]) if exponents else ""
    starts = set(texts[point.isin((0, 1))].str.slice(0, 2))  # of numbers with a point in front, or behind one digit
    bare = any(start.lstrip("+-").startswith(".") for start in starts)
    ended = (digits == 0) & (point >= 0)
    text_format = NumberFormat(
        zero_first=not bare or bool(texts.str.startswith(("0.", "-0.", "+0.")).any()),
        whole_end="." if bool(ended.any()) and bool((ended == (digits == 0)).all()) else "",
        plus=_has_plus(texts),
        least=least,
        most=most if fixed or (scientific and most <= MAX_FIXED) else None,
        exponent=style,
        scientific=scientific,
        bare_whole=fixed and most > 1 and set(digits.unique()) == {0, most} and bool(
            (texts.str.endswith("0") & (digits > 0)).any()
        ),
    )  # fmt: skip
    if text_format.bare_whole:
        text_format = replace(text_format, least=most)
    # Not by pd.to_numeric, which before pandas 3 reads the last of seventeen digits wrong.
    exact = texts.to_numpy(dtype=object).astype(np.float64)
    return pd.Series(exact, index=texts.index, name=texts.name), text_format


def _has_plus(texts: pd.Series) -> bool:
    """Have all positive numbers a plus?"""
    plus = texts.str.startswith("+")
    return bool(plus.any()) and bool((plus | texts.str.startswith("-") | (texts.str.strip("0.") == "")).all())


def _exponent(texts: pd.Series) -> str:
    """How powers of ten are written: "e+00"."""
    powers = texts.str.extract(r"([eE])([-+]?)([0-9]+)")
    sign = "+" if (powers[1] == "+").any() else ""
    return str(powers[0].iloc[0]) + sign + "0" * int(powers[2].str.len().min())
