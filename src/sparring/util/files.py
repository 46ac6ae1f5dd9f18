"""The only door to the disk for anything that must survive a kill or a full disk."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UserError


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path to write to, renamed into place when all of it is on the disk: a reader sees the old file or the new one, never half of one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    with aside(path) as draft:
        draft.write_bytes(data)


def without_password(text: str) -> str:
    """A URL, or a command with one, as it may be shown and kept: postgresql://bob:***@host/shop."""
    return re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def rename_folder(aside: Path, final: Path) -> None:
    """Put a finished folder in place of an older one of the same name; the folder's own entry reaches the disk too."""
    _sync_folder(aside)
    remove_folder(final)
    os.replace(aside, final)
    _sync_folder(final.parent)


def remove_folder(folder: Path) -> None:
    """Take a folder away at once: a kill in the middle leaves a hidden rest, never half a folder under its own name."""
    if folder.exists():
        rest = folder.with_name(f".{folder.name}.{os.getpid()}.old.tmp")
        shutil.rmtree(rest, ignore_errors=True)
        os.replace(folder, rest)
        shutil.rmtree(rest)


def clean(folder: Path) -> None:
    """Remove what killed writers left beside the files of a folder."""
    for entry in folder.glob(".*.tmp"):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def read_text(path: Path) -> str:
    """Raises UserError where the file is not UTF-8 text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not text in UTF-8") from None


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cache_folder(*parts: str) -> Path:
    """A folder for things that can be made again: $SPARRING_CACHE, else the system's own place for caches."""
    import platformdirs

    folder = Path(os.environ.get("SPARRING_CACHE") or platformdirs.user_cache_dir("sparring")).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
