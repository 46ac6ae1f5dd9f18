"""Files and folders that must survive a kill or a full disk.

Everything is written under a temporary name, .NAME.OWNER.tmp beside its place, and then renamed. OWNER names the
machine and the process, so that a later start can tell what a killed process left from what another one is writing.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..errors import UNPRINTABLE, UserError, printable

FAULT_FILE = "sparring-fault.txt"  # the traceback of a fault of the program
UNFINISHED: set[Path] = set()  # files and folders that are removed where the process is ended now
ABANDONED_SECONDS = 24 * 3600  # after which what another machine was writing counts as left behind
_ESCAPED = {code: f"\\u{code:04x}" for code in UNPRINTABLE - {ord("\n")}}  # json.dumps indents by line breaks
_STARTED = time.time()
_MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"
MAX_NAME_BYTES = 120  # of a file made from a text; systems take 255, and suffixes are added
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # by Windows
_swept: set[Path] = set()
_passing: ContextVar[bool] = ContextVar("passing", default=False)
_TEMPORARY = re.compile(r"\.(?P<name>.*)\.(?P<machine>[0-9a-f]{8})-(?P<process>\d+)\.tmp", re.DOTALL)


@contextmanager
def in_passing() -> Iterator[None]:
    """Within this block nothing waits for the disk: what is written is read at once and then removed."""
    before = _passing.set(True)
    try:
        yield
    finally:
        _passing.reset(before)


def temporary_path(path: Path) -> Path:
    """A hidden name beside a path, for what this process writes before it is renamed to the path."""
    name = path.name.encode("utf-8", "surrogateescape")[:180].decode("utf-8", "ignore")  # a file system takes 255 bytes
    return path.with_name(f".{name}.{_MACHINE}-{os.getpid()}.tmp")


def final_path(path: str) -> str:
    """The path under which people know a file, also where it still has its temporary name."""
    folder, name = os.path.split(path)
    found = _TEMPORARY.fullmatch(name)
    return os.path.join(folder, found["name"]) if found else path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to, and renames it to `path` once it is on the disk.

    A reader sees the old file or the new one, never a part. If the block raises, the old file stays.
    """
    temporary = temporary_path(path)
    UNFINISHED.add(temporary)
    try:
        yield temporary
        if not _passing.get():
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        UNFINISHED.discard(temporary)
    sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file with sorted keys atomically."""
    write_text(path, json_text(value, indent=2, sort_keys=True) + "\n")


def json_text(value: Any, **options: Any) -> str:
    """JSON in which letters of all languages are readable and what a terminal would obey is escaped.

    options: Of json.dumps.
    """
    return json.dumps(value, ensure_ascii=False, **options).translate(_ESCAPED)


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
    sync_folder(temporary)
    aside = _set_aside(path)
    os.replace(temporary, path)
    sync_folder(path.parent)
    if aside:
        shutil.rmtree(aside)


def remove_folder(path: Path) -> None:
    """Remove a folder, if there is one. A kill leaves a hidden temporary folder, never a part under this name."""
    if aside := _set_aside(path):
        shutil.rmtree(aside)


def _set_aside(path: Path) -> Path | None:
    """Give a folder a temporary name. Returns None where there is no folder."""
    if not path.exists():
        return None
    aside = temporary_path(path.with_name(f"{path.name}.old"))
    shutil.rmtree(aside, ignore_errors=True)
    os.replace(path, aside)
    return aside


def remove_temporary_files(folder: Path, exclusive: bool = False) -> None:
    """Remove the temporary files and folders that killed processes left directly in a folder.

    exclusive: No other process writes there now, so that every temporary file is a leftover.
    """
    with contextlib.suppress(FileNotFoundError):
        for entry in folder.glob(".*.tmp"):
            if exclusive or _is_left_over(entry):
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _is_left_over(entry: Path) -> bool:
    """Whether the process that wrote a temporary file is gone."""
    owner = _TEMPORARY.fullmatch(entry.name)
    if not owner:
        return False
    try:
        changed = entry.stat().st_mtime
    except FileNotFoundError:
        return False
    if owner["machine"] != _MACHINE or os.name == "nt":  # whether that process is alive cannot be asked here
        return time.time() - changed > ABANDONED_SECONDS
    if int(owner["process"]) == os.getpid():
        return changed < _STARTED  # of an earlier process with the same number
    try:
        os.kill(int(owner["process"]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


def cache_folder(*parts: str) -> Path:
    """A folder for files that can be made again, below $SPARRING_CACHE or the system's cache folder. It is created.

    What killed processes left there is removed the first time that it is asked for.
    """
    import platformdirs

    folder = Path(os.environ.get("SPARRING_CACHE") or platformdirs.user_cache_dir("sparring")).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in _swept:
        _swept.add(folder)
        remove_temporary_files(folder)
    return folder


def file_name(text: str) -> str:
    """A name for a file or folder from any text: one part of a path, on every system, that cannot leave its folder."""
    name = re.sub(r'[<>:"/\\|?*]+', "-", printable(text)).strip(" .") or "unnamed"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore")


def without_password(text: str) -> str:
    """The text with the passwords in its URLs hidden: postgresql://bob:***@host/shop."""
    return re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)


def sync_folder(folder: Path) -> None:
    """Wait until the entries of a folder are on the disk."""
    if os.name == "nt" or _passing.get():  # Windows cannot open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
