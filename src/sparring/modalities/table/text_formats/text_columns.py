"""Columns of a text file, in which everything is text: plain numbers and truths get types, all else stays text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
    cells = _arrow(values)
    empty = pc.is_in(cells, value_set=pa.array(EMPTY, cells.type)).to_numpy(zero_copy_only=False)
    blank, there = "", cells
    if empty.any():
        blank, there = str(values[empty].mode().iloc[0]), cells.filter(pa.array(~empty))
    if not len(there):
        return pd.Series(np.nan, index=values.index, name=values.name), TextColumn(blank, None, decimal)
    unsure = decimal == "," and _any(pc.match_substring(there, ".")) and _all_match(there, THOUSANDS)
    if _all_match(there, PLAIN) and not unsure and not _all_match(there, PHONES):
        numbers, text_format = _numbers(there)
        if numbers is not None:
            return _with_empty(numbers, values, empty), TextColumn(blank, text_format, decimal)
    different = set(pc.unique(there[:1000]).to_pylist())
    for false, true in TRUTHS:
        if different <= {false, true} and _all(pc.is_in(there, value_set=pa.array((false, true), there.type))):
            truths = (values == true).astype(bool)
            if empty.any():
                truths = truths.astype(object).where(~empty, None)
            return truths, TextColumn(blank, Words(false, true), decimal)
    return values.where(~empty), TextColumn(blank, None, decimal)


def _arrow(values: pd.Series) -> pa.Array:
    """Texts as Arrow has them: pandas takes several times as long for each step, and there are thousands of columns."""
    cells = pa.array(values, pa.large_string())
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _all(which: pa.BooleanArray) -> bool:
    return bool(pc.all(which).as_py())


def _any(which: pa.BooleanArray) -> bool:
    return bool(pc.any(which).as_py())


def _all_match(texts: pa.Array, pattern: str) -> bool:
    """Does the pattern match the whole of every text?"""
    return _all(pc.match_substring_regex(texts, f"^(?:{pattern})$"))


def _with_empty(numbers: np.ndarray, values: pd.Series, empty: np.ndarray) -> pd.Series:
    """The numbers of the cells that are not empty as a column."""
    there = pd.Series(numbers, index=values.index[~empty], name=values.name)
    if not empty.any():
        return there
    if pd.api.types.is_integer_dtype(numbers.dtype):
        there = there.astype("Int64")
    return there.reindex(values.index)


def _numbers(texts: pa.Array) -> tuple[np.ndarray | None, NumberFormat]:
    """Texts that are plain numbers as numbers, and how they are written; None where they are too large to be exact."""
    exact = texts.to_numpy(zero_copy_only=False)  # objects, which NumPy reads as Python does, to the last digit
    point = pc.find_substring(texts, ".").to_numpy()
    power = pc.find_substring(texts, "e", ignore_case=True).to_numpy()
    exponents = bool((power >= 0).any())
    if not exponents and bool((point < 0).all()):
        try:
            return exact.astype(np.int64), NumberFormat(plus=_has_plus(texts))
        except (OverflowError, ValueError):
            return None, NumberFormat()
    ends = np.where(power < 0, pc.utf8_length(texts).to_numpy(), power)
    digits = np.where(point >= 0, ends - point - 1, 0)
    least, most = int(digits.min()), int(digits.max())
    fixed = most <= MAX_FIXED and not exponents
    scientific = exponents and bool((power >= 0).all())
    first = texts.filter(pa.array((point == 0) | (point == 1)))  # a point in front, or behind one digit or a sign
    bare = any(
        start.lstrip("+-").startswith(".") for start in pc.unique(pc.utf8_slice_codeunits(first, 0, 2)).to_pylist()
    )
    ended = (digits == 0) & (point >= 0)
    bare_whole = fixed and most > 1 and set(np.unique(digits)) == {0, most} and bool(
        (pc.ends_with(texts, "0").to_numpy(zero_copy_only=False) & (digits > 0)).any()
    )  # fmt: skip
    text_format = NumberFormat(
        zero_first=not bare or _any(pc.match_substring_regex(texts, r"^[-+]?0\.")),
        whole_end="." if bool(ended.any()) and bool((ended == (digits == 0)).all()) else "",
        plus=_has_plus(texts),
        least=most if bare_whole else least,
        most=most if fixed or (scientific and most <= MAX_FIXED) else None,
        exponent=_exponent(texts.filter(pa.array(power >= 0))) if exponents else "",
        scientific=scientific,
        bare_whole=bare_whole,
    )
    return exact.astype(np.float64), text_format


def _has_plus(texts: pa.Array) -> bool:
    """Have all positive numbers a plus?"""
    return _any(pc.starts_with(texts, "+")) and _all_match(texts, "[-+].*|[0.]*")


def _exponent(texts: pa.Array) -> str:
    """How powers of ten are written: "e+00"."""
    powers = [text.lower().partition("e")[2] for text in texts.to_pylist()]
    sign = "+" if any(power.startswith("+") for power in powers) else ""
    letter = "E" if "E" in texts[0].as_py() else "e"
    return letter + sign + "0" * min(len(power.lstrip("+-")) for power in powers)
