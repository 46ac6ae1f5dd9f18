"""Does a path hold pictures? The answer comes from names and a few first bytes."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from ...data import archives, cifar, folders, idx, tables
from ...data.contents import Member
from .frames import SUFFIXES, header_size
from .unusable import Unusable

MAX_NAMES = 5000  # looked at
MAX_OPENED = 20  # files, where names tell nothing


def recognises(path: Path) -> bool:
    """Folders and archives with pictures, IDX, NumPy arrays and tables with an image column."""
    if archives.is_archive(path):
        return _pictures(archives.list_archive(path).members)
    if path.is_file():
        return path.suffix.lower() in (".npy", ".npz", ".parquet") or bool(idx.NAME.match(path.name))
    if tables.is_table_folder(path):
        return True
    return _pictures(list(islice(folders.walk(path, []), MAX_NAMES)))


def _pictures(members: list[Member]) -> bool:
    names = [member.name.lower().rsplit("/", 1)[-1] for member in members]
    if any(
        name.endswith((*SUFFIXES, *archives.SUFFIXES)) or idx.NAME.match(name) or cifar.NAME.match(name)
        for name in names
    ):
        return True
    without_suffix = [member for member, name in zip(members, names, strict=True) if "." not in name]
    return any(map(_is_picture, without_suffix[:MAX_OPENED]))


def _is_picture(member: Member) -> bool:
    try:
        return bool(header_size(member.read(), member.name))
    except (Unusable, OSError, ValueError):
        return False
