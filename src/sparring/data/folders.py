"""The files of a folder, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..errors import UserError
from .contents import MAX_MEMBER, Contents, Member, Skipped, is_hidden


def list_folder(root: Path) -> Contents:
    """Every plain file below a folder. Raises UserError where the folder itself cannot be read."""
    found = Contents(stamp=os.path.realpath(root))
    try:
        found.members = list(walk(root, found.skipped))
    except PermissionError:
        raise UserError(
            f"No permission to read the folder {root}: change its permissions or open another one."
        ) from None
    return found


def walk(root: Path, skipped: Skipped) -> Iterator[Member]:
    """Files below `root`, sorted, lazily.

    Hidden files, links that lead out and unreadable folders are added to `skipped`.
    """
    yield from _walk(root, "", os.path.realpath(root), skipped)


def _walk(folder: Path, prefix: str, real_root: str, skipped: Skipped) -> Iterator[Member]:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = prefix + os.fsencode(entry.name).decode("utf-8", "replace")
        reason = _refused(entry, real_root)
        if reason:
            skipped.append((name, reason))
        elif entry.is_dir():
            try:
                yield from _walk(Path(entry.path), name + "/", real_root, skipped)
            except PermissionError:
                skipped.append((name, "no permission to read this folder"))
        else:
            about = entry.stat()
            yield Member(
                name, about.st_size, f"{about.st_mtime_ns}/{about.st_ctime_ns}", partial(read_file, entry.path)
            )


def _refused(entry: os.DirEntry, real_root: str) -> str | None:
    """Why an entry is not read; None where it is."""
    if is_hidden(entry.name):
        return "hidden"
    if entry.is_symlink():
        if os.path.commonpath([real_root, os.path.realpath(entry.path)]) != real_root:
            return "a link that leads out of the folder"
        if entry.is_dir():
            return "a link to another folder of the same data"  # following it would count its files twice, or never end
    return None if entry.is_dir() or entry.is_file() else "not a plain file"


def read_file(path: str | Path) -> bytes:
    """The bytes of a file. Raises ValueError for more than MAX_MEMBER."""
    with open(path, "rb") as file:
        data = file.read(MAX_MEMBER + 1)
    if len(data) > MAX_MEMBER:
        raise ValueError(f"larger than {MAX_MEMBER >> 20} MB")
    return data
