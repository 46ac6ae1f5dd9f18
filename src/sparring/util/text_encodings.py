"""The encoding of a text file: as a person says, by the mark at its beginning, UTF-8, or guessed from its letters."""

from __future__ import annotations

import codecs
from importlib.util import find_spec

from ..errors import UserError

BOMS = (  # the longest first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ASIAN = ("gb18030", "gbk", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949")
ESCAPES = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))
SAMPLE_BYTES = 1 << 18  # from which an encoding is guessed


def decoded(data: bytes, told: str | None = None) -> tuple[str, tuple[str, ...]]:
    """A text without its mark, and notes on what was guessed. told: the encoding, as a person says.

    Raises UserError where there is no such encoding, and UnicodeDecodeError where the text is of another one.
    """
    mark = next(((bom, name) for bom, name in BOMS if data.startswith(bom)), None)
    if told is not None:
        return data.decode(named(told)).removeprefix("\ufeff"), ()
    if mark:
        return data[len(mark[0]) :].decode(mark[1]), ()
    if wide := without_mark(data):
        return data.decode(wide), (f"Read as {wide.upper()} text.",)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        encoding = guessed(data)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            encoding, text = "latin-1", data.decode("latin-1")
        return text, (guess_told(encoding, text),)


def named(told: str) -> str:
    """Python's name of an encoding. Raises UserError where there is none."""
    try:
        "".encode(told)  # one of text: others turn bytes into bytes
        return codecs.lookup(told).name
    except LookupError:
        raise UserError(f"--encoding: there is no '{told}'; known are utf-8, cp1252, utf-16, gb18030 ...") from None


def without_mark(head: bytes) -> str | None:
    """UTF-16 has a zero in every second byte of Western text; ISO 2022 is ASCII with escapes between letters."""
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(odd) >= 4 and odd.count(0) > 0.7 * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(even) >= 4 and even.count(0) > 0.7 * len(even) and not odd.count(0):
        return "utf-16-be"
    return next((name for escape, name in ESCAPES if escape in head), None)


def guessed(sample: bytes) -> str:
    """The encoding of a text from before UTF-8; cp1252 where its letters tell no other."""
    if not find_spec("charset_normalizer"):
        return "cp1252"
    from charset_normalizer import from_bytes

    letters = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:SAMPLE_BYTES]
    best = from_bytes(letters, cp_isolation=[*ASIAN, "cp1252", "cp1251", "cp1250", "cp1253"]).best()
    encoding = best.encoding if best else "cp1252"
    if best is None or encoding in ("cp1250", "cp1253") or (encoding not in ASIAN and not _is_cyrillic(str(best))):
        return "cp1252"
    return encoding


def guess_told(encoding: str, text: str) -> str:
    """A note on a guess, with a word that shows whether it is right."""
    shown = next((word for word in text.split() if not word.isascii()), "")[:30]
    return f"It is not UTF-8, and read as {encoding}: '{shown}'. Say --encoding where letters are wrong."


def _is_cyrillic(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha() and not letter.isascii()]
    return sum("\u0400" <= letter <= "\u04ff" for letter in letters) > 0.8 * max(1, len(letters))
