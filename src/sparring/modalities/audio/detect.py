"""Does a path hold sounds? The answer comes from names alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from ...data import archives, folders
from ...errors import UserError

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".w64", ".caf")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")  # covers and plots beside sounds
MAX_NAMES = 5000  # looked at
MAX_PACKED = 3  # archives in a folder that are looked into: a lone one, or one for each split


def recognises(path: Path) -> bool:
    """A sound file, or a folder or archive with sounds and not more pictures."""
    if archives.is_archive(path):
        names = [member.name for member in archives.list_archive(path).members]
    elif path.is_file():
        return path.name.lower().endswith(SUFFIXES)
    else:
        names = [member.name for member in islice(folders.walk(path, []), MAX_NAMES)]
        packed = [name for name in names if "/" not in name and name.lower().endswith(archives.SUFFIXES)]
        if len(packed) <= MAX_PACKED:
            names += [inside for name in packed for inside in _inside(path / name)]
    sounds = sum(name.lower().endswith(SUFFIXES) for name in names)
    return sounds > 0 and sounds >= sum(name.lower().endswith(PICTURES) for name in names)


def _inside(path: Path) -> list[str]:
    """The names in an archive; none where it is damaged, which is said when it is opened."""
    try:
        return [member.name for member in archives.list_archive(path).members]
    except UserError:
        return []
