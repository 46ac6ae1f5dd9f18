"""Files and folders that must survive a kill or a full disk.

Everything is written under a temporary name, .NAME.PID.tmp beside its place, and then renamed.
"""

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

FAULT_FILE = "sparring-fault.txt"  # the traceback of a fault of the program


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to, and renames it to `path` once it is on the disk.

    A reader sees the old file or the new one, never a part. If the block raises, the old file stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file with sorted keys atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        UserError: If the file is not in UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not text in UTF-8; save it in that encoding") from None


def replace_folder(temporary: Path, path: Path) -> None:
    """Rename a finished folder to `path`, in place of an older one, and wait until the renaming is on the disk."""
    _sync_folder(temporary)
    remove_folder(path)
    os.replace(temporary, path)
    _sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder, if there is one. A kill leaves a hidden temporary folder, never a part under this name."""
    if path.exists():
        temporary = path.with_name(f".{path.name}.{os.getpid()}.old.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        os.replace(path, temporary)
        shutil.rmtree(temporary)


def remove_temporary_files(folder: Path) -> None:
    """Remove the temporary files and folders that killed processes left in a folder."""
    for entry in folder.glob(".*.tmp"):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def cache_folder(*parts: str) -> Path:
    """A folder for files that can be made again, below $SPARRING_CACHE or the system's cache folder. It is created."""
    import platformdirs

    folder = Path(os.environ.get("SPARRING_CACHE") or platformdirs.user_cache_dir("sparring")).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def without_password(text: str) -> str:
    """The text with the passwords in its URLs hidden: postgresql://bob:***@host/shop."""
    return re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)


def _sync_folder(folder: Path) -> None:
    """Wait until the entries of a folder are on the disk."""
    if os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
