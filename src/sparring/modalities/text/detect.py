"""Does a path hold texts? The answer comes from names, and of tables from their first rows."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from ...data import archives, folders
from . import columns

SUFFIXES = (".txt", ".txt.gz", ".text")
TEXT_SHARE = 0.9  # of the files of a folder: beside pictures and sounds, texts describe them
MAX_NAMES = 5000  # looked at


def recognises(path: Path) -> bool:
    """A text file, a folder or archive of them, or a table with one column of free text and perhaps labels."""
    if path.is_dir():
        return _mostly_texts([member.name for member in islice(folders.walk(path, []), MAX_NAMES)])
    if archives.is_archive(path):
        return _mostly_texts([member.name for member in archives.list_archive(path).members])
    if columns.is_table(path.name):
        first = columns.head(path)
        return bool(first) and columns.holds_texts(first or {})
    return path.name.lower().endswith(SUFFIXES)


def _mostly_texts(names: list[str]) -> bool:
    return bool(names) and sum(name.lower().endswith(SUFFIXES) for name in names) >= TEXT_SHARE * len(names)
