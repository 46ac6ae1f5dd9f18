"""Does a path hold films? The answer comes from names alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from ...data import archives, folders
from ..image.frames import SUFFIXES as PICTURES

FILMS = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".ogv", ".ts")
MAX_NAMES = 5000  # looked at


def recognises(path: Path) -> bool:
    """A film, or a folder or archive with films and not more pictures.

    Frames in folders and animated pictures look like data for pictures; a recipe for films opens them.
    """
    if archives.is_archive(path):
        names = [member.name for member in archives.list_archive(path).members]
    elif path.is_file():
        return path.name.lower().endswith(FILMS)
    else:
        names = [member.name for member in islice(folders.walk(path, []), MAX_NAMES)]
    films = sum(name.lower().endswith(FILMS) for name in names)
    return films > 0 and films >= sum(name.lower().endswith(PICTURES) for name in names)
