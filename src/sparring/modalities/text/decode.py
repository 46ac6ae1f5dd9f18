"""Bytes to text: strictly UTF-8, unless a person names another encoding. What is no text is refused in one sentence."""

from __future__ import annotations

import gzip
import io
import re
import zlib

from ...errors import UserError
from ...util.text_encodings import BOMS, named, without_mark

MAX_BYTES = 1 << 30  # of one file
MAX_CONTROLS = 0.01  # share of control characters from which on a file is no text
CONTROLS = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f]")  # no tab, line feed, form feed or carriage return


def unpacked(data: bytes, where: str) -> bytes:
    """The bytes of a file, which may be a gzip file. Raises UserError for a damaged or a very large one."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{where} is not a whole gzip file ({error}): download or pack it again.") from None
    if len(found) > MAX_BYTES:
        raise UserError(f"{where} holds more than {MAX_BYTES >> 20} MB of text: give a part of it.")
    return found


def decoded(data: bytes, where: str, encoding: str | None = None) -> str:
    """The text of a file, without a mark at its beginning; line ends are as they were.

    Args:
        where: The name of the file, for messages.
        encoding: As a person says; None: UTF-8.

    Raises:
        UserError: It is binary, of another encoding, or of several.
    """
    if encoding is not None:
        return _checked(_as_told(data, where, encoding), where)
    mark = next((name for bom, name in BOMS if data.startswith(bom)), None)
    wide = mark if mark not in (None, "utf-8") else without_mark(data)
    if wide:
        raise UserError(f"{where} is {wide.upper()} text, not UTF-8: say --encoding {wide}, or save it as UTF-8.")
    try:
        return _checked(data.decode("utf-8").removeprefix("\ufeff"), where)
    except UnicodeDecodeError as error:
        raise UserError(_not_utf8(data, where, error.start)) from None


def _as_told(data: bytes, where: str, encoding: str) -> str:
    name = named(encoding)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UserError(f"{where} is not {encoding} text (byte {error.start:,}): say another --encoding.") from None


def _checked(text: str, where: str) -> str:
    """Raises UserError for what is no text."""
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise UserError(f"{where} holds NUL characters (the first in line {line:,}), as no text does: remove them.")
    if len(CONTROLS.findall(text)) > MAX_CONTROLS * len(text):
        raise UserError(f"{where} is binary: it is full of control characters; give text files.")
    return text


def _not_utf8(data: bytes, where: str, at: int) -> str:
    line, value = data.count(b"\n", 0, at) + 1, data[at]
    if b"\0" in data[:4096] or len(re.findall(rb"[\x00-\x08\x0e-\x1f]", data[:4096])) > MAX_CONTROLS * 4096:
        return f"{where} is binary, not text: give text files in UTF-8."
    place = f"line {line:,} has the byte 0x{value:02x}"
    lines = data.split(b"\n")
    valid = next((number for number, each in enumerate(lines, 1) if not each.isascii() and _is_utf8(each)), None)
    if valid is not None:
        return f"{where} mixes encodings: line {valid:,} is UTF-8, and {place}, which is not: save it all as UTF-8."
    return f"{where} is not UTF-8 ({place}): save it as UTF-8, or say its --encoding, such as cp1252."


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
