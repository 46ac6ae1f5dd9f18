"""Does a path hold pictures? Answered by names and a few first bytes, before the full scan."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from ...data import archives, cifar, folders, idx, tables
from ...data.contents import Member
from .decode import SUFFIXES, Unusable, header_size

PATIENCE = 5000  # names looked at
TRIES = 20  # files opened where names tell nothing


def recognises(path: Path) -> bool:
    """Folders and archives with pictures, IDX, NumPy arrays and tables with an image column."""
    if archives.is_archive(path):
        return _pictures(archives.list_archive(path).members)
    if path.is_file():
        return path.suffix.lower() in (".npy", ".npz", ".parquet") or bool(idx.NAME.match(path.name))
    if tables.is_table_folder(path):
        return True
    return _pictures(list(islice(folders.walk(path, []), PATIENCE)))


def _pictures(members: list[Member]) -> bool:
    names = [member.name.lower().rsplit("/", 1)[-1] for member in members]
    if any(name.endswith((*SUFFIXES, *archives.SUFFIXES)) or idx.NAME.match(name) or cifar.NAME.match(name) for name in names):
        return True
    return any(_is_picture(member) for member in [member for member in members if "." not in member.name.rsplit("/", 1)[-1]][:TRIES])


def _is_picture(member: Member) -> bool:
    try:
        return bool(header_size(member.read(), member.name))
    except (Unusable, OSError, ValueError):
        return False
