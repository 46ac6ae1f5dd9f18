"""Errors whose message tells the user what to do, and text that is safe to show."""

from __future__ import annotations

from collections.abc import Sequence

# What names and data may hold and a terminal or a page would obey: control characters (escape sequences begin with
# one), line and paragraph separators, overrides of the direction of writing; and surrogates, which no encoding has.
UNPRINTABLE = frozenset(
    [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    + [*range(0xD800, 0xE000)]
)
_SHOWN = {code: ascii(chr(code))[1:-1] for code in UNPRINTABLE}


def printable(value: object) -> str:
    """Anything as one line of text that a terminal shows and never obeys.

    Control characters and their like become escapes as Python writes them.
    """
    return str(value).translate(_SHOWN)


class UserError(Exception):
    """Something that the user can fix. The message is one sentence: what is wrong, where, and what to do.

    The command line prints the message and exits with 2. Names in it may be anything, so it is made printable here.
    """

    def __init__(self, sentence: str):
        super().__init__(printable(" ".join(sentence.split()) if "\n" in sentence else sentence))


class Diverged(UserError):
    """A loss or a gradient stopped being finite before there was a usable snapshot."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint for a message about an unknown word.

    Returns:
        "did you mean 'dcgan'?" for the closest known word, in any case, or "known: ..." with all if none is close.
    """
    found = closest(word, known)
    return f"did you mean '{found}'?" if found else "known: " + ", ".join(sorted(known))


def closest(word: str, known: Sequence[str], likeness: float = 0.6) -> str | None:
    """The known word that is spelled most like a word, in any case.

    likeness: 1 is the same word, 0 has no letter in common (difflib's ratio). Returns None if none is as close.
    """
    import difflib

    spelled = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=likeness)
    return spelled[found[0]] if found else None
