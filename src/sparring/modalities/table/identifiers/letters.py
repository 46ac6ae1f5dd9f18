"""Words and letters of all scripts: Python's expressions take a letter with a combining mark for two things."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_MARKED_SCRIPTS = range(0x300, 0x1A00)  # where scripts have marks that belong to their letters
MARKS = "".join(chr(code) for code in _MARKED_SCRIPTS if unicodedata.category(chr(code)) in ("Mn", "Mc")) + "\u200c"
WORD = rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*"  # a pattern: letters with their marks
_WORD = re.compile(WORD)


def is_word(text: str) -> bool:
    """Are there letters and their marks alone?"""
    return text.isalpha() or bool(_WORD.fullmatch(text))


@cache
def script_of(letter: str) -> str:
    """The script of a letter, such as LATIN or CJK; "" where it has none."""
    return unicodedata.name(letter, "").partition(" ")[0]


def script(text: str) -> str:
    """The script of the first letter of a text; "" where it has none."""
    return next((script_of(letter) for letter in text if letter.isalpha()), "")
