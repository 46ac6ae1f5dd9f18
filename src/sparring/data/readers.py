"""From a path to its contents: which reader knows the format, and how readers are combined."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..errors import UserError
from . import archives, arrays, cifar, folders, idx, label_files, shards, tables
from .contents import Contents, Member
from .splits import split_of

FILE_READERS: tuple[Callable[[Path], Contents | None], ...] = (arrays.from_file, idx.from_file)
MAX_OTHER_FILES = 10  # beside train.zip and test.zip, such as a README or a licence; more files are the data itself
KNOWN_SETS = (idx.from_members, cifar.from_members)  # formats recognised by the names of several files together


def read(path: Path, labels: str = "auto", encoding: str | None = None) -> Contents:
    """What a file or folder holds, before anything is decoded.

    labels: "auto", "none", "filename", or the column of a table beside the files or of a Parquet file.
    encoding: of that table, as a person says. Raises
    UserError where nothing can be read from the path.
    """
    if encoding is not None and not (path.is_dir() or archives.is_archive(path)):
        raise UserError(f"--encoding is for text files, and {path.name} is none; leave it out")
    for reader in FILE_READERS:
        found = reader(path)
        if found is not None:
            return found
    found = tables.from_path(path, labels)
    if found is not None:
        return found
    if path.is_dir():
        return _folder(path, labels, encoding)
    if archives.is_archive(path):
        return _settle(archives.list_archive(path), labels, encoding)
    raise UserError(
        f"{path} is not data that sparring can open: give a folder, .zip, .tar, IDX, .npy, .npz or .parquet file."
    )


def single_file(path: Path) -> Contents:
    """A file that is one item, such as a recording, as contents."""
    about = path.stat()
    member = Member(path.name, about.st_size, str(about.st_mtime_ns), partial(folders.read_file, path))
    return Contents(members=[member], stamp=str(path.resolve()))


def files_of(path: Path) -> Contents:
    """The files of a folder or an archive as they are, or the encoded items of Parquet files with their classes.

    Raises UserError for a path that is none of these.
    """
    found = tables.from_path(path, "auto")
    if found is None and not path.is_dir() and not archives.is_archive(path):
        raise UserError(f"{path} is neither a folder nor an archive nor Parquet: only data of many files can be packed")
    return found or listed(path)


def listed(path: Path) -> Contents:
    """The files of a folder or archive, in no known format. Raises UserError where it cannot be read."""
    return archives.list_archive(path) if archives.is_archive(path) else folders.list_folder(path)


def name_of(path: Path, default: str) -> str:
    """A name fit for a folder, from the name of a file or folder; `default` where nothing of it is left."""
    stem = re.sub(r"(\.(gz|bz2|xz|tar|zip|npy|npz|parquet|tgz))+$", "", path.resolve().name.lower())
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or default


def _folder(path: Path, labels: str, encoding: str | None) -> Contents:
    """The contents of a folder, which may hold one archive or one for each split."""
    found = folders.list_folder(path)
    packed = [
        member for member in found.members if "/" not in member.name and member.name.lower().endswith(archives.SUFFIXES)
    ]
    splits = [member for member in packed if split_of(_stem(member.name))]
    if len(packed) == 1 == len(found.members) and not splits:
        return _settle(archives.list_archive(path / packed[0].name), labels, encoding)
    names = {member.name for member in packed}
    others = [member.name for member in found.members if member.name not in names]
    if shards.are_shards(sorted(names), others) and len(others) <= MAX_OTHER_FILES:
        found.skipped += [(name, "beside shards") for name in others if name != shards.MANIFEST]
        return _shards(path, packed, found, labels, encoding)
    if not splits or len(found.members) - len(splits) > MAX_OTHER_FILES:
        return _settle(found, labels, encoding)
    return _split_archives(path, [member.name for member in splits], found, labels, encoding)


def _shards(path: Path, packed: list[Member], found: Contents, labels: str, encoding: str | None) -> Contents:
    """The contents of all shards together, as if they had been unpacked into one folder."""
    shards.check_manifest(path, {member.name: member.size for member in packed})
    every = Contents(skipped=found.skipped, notes=[f"Read as one data set: {len(packed):,} shards."])
    for shard in packed:
        part = archives.list_archive(path / shard.name)
        split = split_of(_stem(shard.name))
        every.members += [replace(member, split=split, origin=f"{shard.name}/") for member in part.members]
        every.skipped += [(f"{shard.name}/{skipped}", reason) for skipped, reason in part.skipped]
        every.notes += [note for note in part.notes if note not in every.notes]
        every.stamp += part.stamp + "\n"
    return _settle(every, labels, encoding)


def _split_archives(path: Path, names: list[str], found: Contents, labels: str, encoding: str | None) -> Contents:
    """The contents of archives that are named by splits, such as train.zip and test.zip."""
    both = Contents(
        skipped=[
            *found.skipped,
            *(
                (member.shown, "beside archives named train and test")
                for member in found.members
                if member.name not in names
            ),
        ]
    )
    for name in names:
        part = _settle(archives.list_archive(path / name), labels, encoding)
        split = split_of(_stem(name))
        both.members += [replace(member, split=split, origin=f"{name}/") for member in part.members]
        both.arrays += [replace(array, split=split) for array in part.arrays]
        both.skipped += [(f"{name}/{skipped}", reason) for skipped, reason in part.skipped]
        both.notes += part.notes
        both.stamp += part.stamp + "\n"
        both.labelled_by, both.classes = part.labelled_by or both.labelled_by, part.classes or both.classes
        both.label_column = part.label_column or both.label_column
    return both


def _settle(found: Contents, labels: str, encoding: str | None) -> Contents:
    """The arrays of a known set, or else the files with their labels."""
    for known in KNOWN_SETS:
        arrays_found = known(found.members)
        if arrays_found is not None:
            return arrays_found
    plain = list[Member]()
    for member in found.members:
        if member.name.lower().endswith((*archives.SUFFIXES, ".7z", ".rar")):
            found.skipped.append((member.shown, "an archive beside or inside other data: unpack it"))
        else:
            plain.append(member)
    found.members = plain
    found = shards.with_classes(found, labels == "auto")
    return found if found.labelled_by else label_files.apply(found, labels, encoding)


def _stem(name: str) -> str:
    return name.lower().split(".")[0]
