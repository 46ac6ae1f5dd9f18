"""The only door to the disk for anything that must survive a kill or a full disk."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any


def write_bytes(path: Path, data: bytes) -> None:
    """Write aside, flush to the disk, rename into place: a reader sees the old file or the new one, never half of one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def rename_folder(aside: Path, final: Path) -> None:
    """Put a finished folder in place of an older one of the same name; the folder's own entry reaches the disk too."""
    if final.exists():
        shutil.rmtree(final)
    os.replace(aside, final)
    _sync_folder(final.parent)


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
