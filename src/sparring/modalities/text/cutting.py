"""What one text is: a line, a passage of a long text, or a whole file; and how long ones are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...errors import UserError

Kind = Literal["lines", "passages", "files"]
MAX_LINE = 1_000_000  # characters: a longer line is no line of a list
MAX_LENGTH = 256  # characters that are learned at once where nobody asks for more
FEW_LINES = 20  # with fewer lines that are long, a file is one text
LONG_LINE = 200  # characters
BLANK_SHARE = 0.03  # of lines between others: from it on empty lines part the paragraphs of one text
BEGINNINGS_SHARE = 0.95  # where so many texts fit, the beginnings of the others are learned, else passages of them


def kind_of(text: str, asked: str, where: str) -> tuple[Kind, str]:
    """Whether a file is a list of lines or one long text, and why.

    Raises UserError for a line that is too long for a list, unless passages are asked for.
    """
    if asked == "passages":
        return "passages", "as asked"
    lines = text.strip("\r\n").split("\n")
    longest = max(lines, key=len)
    if len(longest) > MAX_LINE:
        raise UserError(
            f"{where}, line {text.split(chr(10)).index(longest) + 1:,}, has {len(longest):,} characters: put one text "
            "on a line, or say --texts passages, which cuts one long text."
        )
    if asked == "lines":
        return "lines", "as asked"
    blank = sum(not line.strip() for line in lines)
    full = len(lines) - blank
    if blank > BLANK_SHARE * len(lines):
        return "passages", f"{blank:,} of its {len(lines):,} lines are empty; --texts lines takes each line as a text"
    if full < FEW_LINES and len(text) > LONG_LINE * full:
        return "passages", f"it has {full:,} long lines; --texts lines takes each line as a text"
    return "lines", "--texts passages takes it as one long text"


def lines_of(text: str) -> tuple[list[str], int]:
    """The lines of a text that are not empty, without line ends, and how many empty ones there are."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    kept = [line for line in lines if line.strip()]
    return kept, len(lines) - len(kept)


@dataclass(frozen=True)
class Cut:
    """length: characters of a text, at most. passages: Does a longer one give several, or its beginning?"""

    length: int
    passages: bool


def choose(lengths: Sequence[int], asked: int | None, kind: Kind) -> Cut:
    """How texts of so many characters are cut. asked: the length, as a person says."""
    length = asked or min(max(lengths), MAX_LENGTH)
    longer = sum(each > length for each in lengths)
    return Cut(length, kind == "passages" or longer > (1 - BEGINNINGS_SHARE) * len(lengths))


def pieces(text: str, how: Cut) -> list[str]:
    """The texts that one text gives."""
    if len(text) <= how.length:
        return [text]
    if not how.passages:
        return [text[: how.length]]
    found, start = list[str](), 0
    while len(text) - start > how.length:
        end = start + _end(text[start : start + how.length])
        found.append(text[start:end])
        start = end
    found.append(text[start:])
    return [piece for piece in found if piece.strip()]


def _end(part: str) -> int:
    """Where a passage ends: behind its last line, else its last word, in the second half, else where it is full."""
    half = len(part) // 2
    for mark in ("\n", " "):
        at = part.rfind(mark)
        if at >= half:
            return at + 1
    return len(part)
