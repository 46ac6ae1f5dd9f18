"""How people write an empty cell."""

from __future__ import annotations

# Texts that mean an empty cell in every column of a text file.
EMPTY = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A", "<NA>", "NaT")
# Texts that mean it in a column of numbers or dates too, in lower case.
AMONG_NUMBERS = frozenset(
    {text.lower() for text in EMPTY}
    | {"-", "--", "---", "\u2013", "\u2014", "?", "??", ".", "..", "...", "*", "x", "/", "n.a.", "n.a", "n/d", "nd"}
    | {"k.a.", "k. a.", "keine angabe", "s/d", "nil", "(null)", "\\n", "missing", "unknown", "unk", "not available"}
    | {"not applicable", "none", "#na", "#div/0!", "#value!", "#ref!", "#null!", "#num!", "#name?", "1.#qnan", "1.#ind"}
    | {"0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00/00/0000"}
)


def is_missing(text: str) -> bool:
    """Does a text mean an empty cell in every column?"""
    return text in EMPTY


def is_missing_number(text: str) -> bool:
    """Does a text mean an empty cell in a column of numbers or dates?"""
    return text.strip().lower() in AMONG_NUMBERS
