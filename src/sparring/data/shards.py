"""Shards: tar files of numbered items in the layout of WebDataset, in which large data travels.

An item is the files whose names are the same up to the first dot: 000012.jpg and 000012.cls, its class. Shards are
numbered, after the name of a split where there is one: train-000000.tar. `manifest.json` beside them says what belongs
to them, so that a missing or truncated shard is named before anything is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..util import files
from ..util.progress import track
from .contents import Contents, Member

MANIFEST, FORMAT = "manifest.json", 1
NUMBERED = re.compile(r"\d\.tar$", re.IGNORECASE)
CLASS, BESIDE = ".cls", (".json", ".txt", ".jsonl")  # suffixes of an item's class, and of its other facts
SHARD_BYTES = 256 << 20
SIGNATURES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif", b"II*\0": ".tif", b"MM\0*": ".tif"}
MAX_CLASS = 1000  # bytes of a file that names a class


def are_shards(archives: Sequence[str], others: Iterable[str]) -> bool:
    """Whether archives in a folder are the shards of one data set, by the names of all its files."""
    fewest = 1 if MANIFEST in others else 2
    return len(archives) >= fewest and all(NUMBERED.search(name) for name in archives)


def check_manifest(folder: Path, sizes: dict[str, int]) -> None:
    """Compare the shards of a folder, with their sizes in bytes, with its manifest, where it has one.

    Raises UserError if a shard is missing or has another size.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return
    try:
        listed = {str(each["name"]): int(each["bytes"]) for each in json.loads(path.read_bytes())["shards"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return  # another program's manifest
    for name, size in listed.items():
        if name not in sizes:
            raise UserError(f"{folder} lacks {name}, which its {MANIFEST} lists: copy it again")
        if sizes[name] != size:
            raise UserError(
                f"{folder / name} has {sizes[name]:,} bytes and not the {size:,} of {MANIFEST}: copy it again"
            )


def with_classes(found: Contents, wanted: bool) -> Contents:
    """The items of shards with their classes, without the files that only say something of them.

    Files .cls name classes only where each has an item and most items have one: some programs call other files so.

    found: Members with the names that they have in the shards. wanted: Whether labels are to be read. Raises UserError
    if a class cannot be read.
    """
    classes = {_key(member): member for member in found.members if member.name.lower().endswith(CLASS)}
    items = {_key(member) for member in found.members if not member.name.lower().endswith((CLASS, *BESIDE))}
    if not classes or not classes.keys() <= items or len(classes) < len(items) / 2:
        return found
    beside = [member for member in found.members if member.name.lower().endswith(BESIDE) and _key(member) in classes]
    if beside:
        found.notes.append(f"Not used: {len(beside):,} files beside the items, such as {beside[0].shown}.")
    others = {id(member) for member in (*classes.values(), *beside)}
    found.members = [member for member in found.members if id(member) not in others]
    if wanted:
        found.members = [replace(member, label=_class_of(classes.get(_key(member)))) for member in found.members]
        found.labelled_by = f"the {CLASS} files"
    return found


def write(found: Contents, folder: Path, shard_bytes: int = SHARD_BYTES) -> list[Path]:
    """Write the files of a data set as shards with a manifest.

    The names stay, so that folders name classes and splits as before, and a table of labels is found. Where the reader
    knew the class or the split of an item, it is numbered, and a file .cls or the name of the shard says them.

    Args:
        found: Files as a reader has found them, unchanged.
        folder: A new or empty folder.
        shard_bytes: A shard that is larger than this is closed, and the next one opened.

    Returns:
        The shards. Raises UserError if the folder holds something, or a file cannot be read.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty, and what it holds stays: name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    closed = list[dict[str, Any]]()
    open_ones = dict[str, _Shard]()
    try:
        for member in track(found.members, len(found.members), "Packing"):
            split = member.split or "data"
            if split not in open_ones:
                number = sum(each["name"].startswith(f"{split}-") for each in closed)
                open_ones[split] = _Shard(folder / f"{split}-{number:06d}.tar")
            open_ones[split].add(member)
            if open_ones[split].size > shard_bytes:
                closed.append(open_ones.pop(split).close())
        closed += [shard.close() for shard in open_ones.values()]
    except BaseException:
        for shard in open_ones.values():
            shard.remove()
        raise
    items = sum(each["files"] for each in closed)
    files.write_json(folder / MANIFEST, {"format": FORMAT, "files": items, "shards": closed})
    return [folder / each["name"] for each in closed]


class _Shard:
    """A tar file that is written beside its place until it is closed."""

    def __init__(self, path: Path):
        self.path, self.aside, self.count = path, files.temporary_path(path), 0
        self.file = open(self.aside, "wb")  # noqa: SIM115  # closed below
        self.archive = tarfile.TarFile(fileobj=self.file, mode="w", format=tarfile.PAX_FORMAT)

    @property
    def size(self) -> int:
        return self.file.tell()

    def add(self, member: Member) -> None:
        data = member.whole()
        if member.label is None:
            self._write(member.name, data)
        else:
            self._write(f"{self.count:09d}{_suffix_of(data)}", data)
            self._write(f"{self.count - 1:09d}{CLASS}", member.label.encode())

    def close(self) -> dict[str, Any]:
        """What the manifest says of this shard."""
        self.archive.close()
        os.fsync(self.file.fileno())
        self.file.close()
        with open(self.aside, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        about = {"name": self.path.name, "bytes": self.aside.stat().st_size, "files": self.count, "sha256": digest}
        self.aside.replace(self.path)
        return about

    def remove(self) -> None:
        self.file.close()
        self.aside.unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        about = tarfile.TarInfo(name)  # without owner and time, so that the same files make the same bytes
        about.size = len(data)
        self.archive.addfile(about, io.BytesIO(data))
        self.count += 1


def _key(member: Member) -> tuple[str, str]:
    """What the files of one item have in common: the shard, and the name up to the first dot."""
    return member.origin, _bare(member.name)


def _bare(name: str) -> str:
    """A name up to the first dot of its last part."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.split(".")[0]


def _suffix_of(data: bytes) -> str:
    """The usual suffix of a picture, by its first bytes; "" for others."""
    return next((suffix for start, suffix in SIGNATURES.items() if data.startswith(start)), "")


def _class_of(member: Member | None) -> str | None:
    if member is None:
        return None
    data = member.whole()
    try:
        return data[:MAX_CLASS].decode("utf-8-sig").strip() or None
    except UnicodeDecodeError:
        raise UserError(f"{member.shown} should name a class, and holds no text; pack it again") from None
