"""Text for files that a spreadsheet program may open: it must not take names and data for formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # first characters of texts that a spreadsheet would run
_NUMBER = re.compile(r"[+-]\s?[\d.,' \u00a0\u202f]*\d\s?[%€$£¥]?")  # what begins with a sign and computes nothing

_NOT_IN_EXCEL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


def defused(value: Any) -> Any:
    """The value, with an apostrophe before a text that a spreadsheet would run as a formula.

    Numbers written as texts, such as -5,20, stay as they are.
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def undefused(text: str) -> str:
    """The inverse of `defused`, for reading what was written."""
    return text[1:] if text.startswith("'") and defused(text[1:]) == text else text


def defused_row(values: Iterable[Any]) -> list[Any]:
    """Every value of a row, or every name of a header, defused."""
    return [defused(value) for value in values]


def excel_text(value: Any) -> Any:
    """The value, with characters that no sheet can hold as Excel writes them: _x001B_ (ECMA-376, ST_Xstring)."""
    return _NOT_IN_EXCEL.sub(lambda found: f"_x{ord(found[0]):04X}_", value) if isinstance(value, str) else value
