"""Zip and tar archives. They are read and never extracted, so that a name such as ../../x is just a name."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import os
import re
import stat
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

from ..errors import UserError
from .contents import MAX_ARRAYS, MAX_MEMBER, Contents, Member, is_hidden

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
SUFFIXES = (".zip", *TAR_SUFFIXES)
ENCRYPTED, UTF_8 = 0x1, 0x800  # flags of a member of a zip file


def is_archive(path: Path) -> bool:
    """Is this a zip or tar file, by its name?"""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def list_archive(path: Path) -> Contents:
    """Every file of an archive. Raises UserError where the archive is damaged or cannot be read."""
    try:
        about = path.stat()
        found = _list_zip(path) if path.suffix.lower() == ".zip" else _list_tar(path)
    except PermissionError:
        raise UserError(f"No permission to read {path}: change its permissions or open another file.") from None
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise UserError(f"{path} is not a whole archive ({error}): download or pack it again.") from None
    found.stamp = f"{path.resolve()}/{about.st_size}/{about.st_mtime_ns}/{about.st_ctime_ns}"
    found.members = [member for member in found.members if not _hidden(member.name, found)]
    last = {member.name: member for member in found.members}
    if len(last) < len(found.members):  # what unpacking the archive would leave
        found.skipped += [
            (member.name, "a file of the same name comes later in the archive")
            for member in found.members
            if last[member.name] is not member
        ]
    found.members = sorted(last.values(), key=lambda member: member.name.split("/"))
    return found


def _hidden(name: str, found: Contents) -> bool:
    if is_hidden(name):
        found.skipped.append((name, "hidden"))
    return is_hidden(name)


class _Zip:
    """A zip file that each process opens for itself.

    zipfile locks between threads, but a forked child would share the file position.
    """

    def __init__(self, path: Path):
        self.path, self.opened, self.owner, self.lock = path, zipfile.ZipFile(path), os.getpid(), threading.Lock()

    def read(self, info: zipfile.ZipInfo) -> bytes:
        if self.owner != os.getpid():
            with self.lock:
                self.opened, self.owner = zipfile.ZipFile(self.path), os.getpid()
        if info.flag_bits & ENCRYPTED:
            raise ValueError("protected by a password")
        return self.opened.read(info) if info.file_size else b""


def _list_zip(path: Path) -> Contents:
    archive, found = _Zip(path), Contents()
    files = [info for info in archive.opened.infolist() if not info.is_dir()]
    if files and all(info.flag_bits & ENCRYPTED for info in files):
        raise UserError(f"{path} is protected by a password: unpack it and open the folder.")
    slashes = any("/" in info.filename for info in files)
    for info in files:
        name = _plain_name(_unicode(info), keep_backslashes=slashes)
        if stat.S_ISLNK(info.external_attr >> 16):
            found.skipped.append((name, "a link inside the archive"))
        elif info.file_size > MAX_MEMBER:  # zipfile reads no more than the size declared here
            found.skipped.append((name, f"larger than {MAX_MEMBER >> 20} MB"))
        else:
            found.members.append(Member(name, info.file_size, f"{info.CRC:08x}", partial(archive.read, info)))
    if any(not info.flag_bits & UTF_8 and not name.isascii() for info in files if (name := _unicode(info))):
        found.notes.append(
            "The names in this archive are not marked as Unicode: if names of classes look wrong, pack it again."
        )
    return found


def _unicode(info: zipfile.ZipInfo) -> str:
    """The name of a member. Without the mark of UTF-8 it counts as cp437, but some programs write UTF-8 anyhow."""
    if not info.flag_bits & UTF_8:
        with contextlib.suppress(UnicodeError):
            return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def _plain_name(name: str, keep_backslashes: bool = True) -> str:
    """A name below the archive: without a root or a drive, and without parts that lead nowhere or up."""
    parts = (name if keep_backslashes else name.replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not re.fullmatch("[A-Za-z]:", part))


def _list_tar(path: Path) -> Contents:
    file, found = _plain_tar(path), Contents()
    with tarfile.open(fileobj=file, mode="r:") as archive:
        every = archive.getmembers()
        file.seek(archive.offset)  # where the last header was looked for: zeros mark the end
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise ValueError("its end is missing")
    files = {info.name: info for info in every if info.isreg()}
    for info in every:
        name, own = _plain_name(info.name), info
        if info.isdir():
            continue
        if info.islnk() and info.linkname in files:  # a second name of a file, as in a folder
            own = files[info.linkname]
        if not own.isreg() or own.issparse():
            found.skipped.append((name, "a link or special file inside the archive"))
        elif own.size > MAX_MEMBER:
            found.skipped.append((name, f"larger than {MAX_MEMBER >> 20} MB"))
        else:
            read = partial(_read_at, file, own.offset_data, own.size)
            found.members.append(Member(name, own.size, str(own.mtime), read))
    return found


def _plain_tar(path: Path) -> IO[bytes]:
    """The archive as a seekable, uncompressed tar.

    A compressed archive is unpacked once into a temporary file without a name.
    """
    if path.suffix.lower() == ".tar":
        return open(path, "rb")
    import bz2
    import lzma

    openers: dict[str, Callable[..., Any]] = {".bz2": bz2.open, ".xz": lzma.open}
    plain = tempfile.TemporaryFile()  # noqa: SIM115  # gone with the last member that reads from it
    with openers.get(path.suffix.lower(), gzip.open)(path, "rb") as packed:
        while block := packed.read(1 << 20):
            plain.write(block)
            if plain.tell() > MAX_ARRAYS:
                raise ValueError(f"it unpacks to more than {MAX_ARRAYS >> 30} GB")
    plain.seek(0)
    return plain


_POSITION = threading.Lock()


def _read_at(file: IO[bytes], offset: int, size: int) -> bytes:
    """Bytes from a place in a file.

    Where the system allows it, the shared file position is not used, which is safe in threads and after a fork.
    """
    if hasattr(os, "pread"):
        parts, done = [], 0
        while done < size and (block := os.pread(file.fileno(), size - done, offset + done)):
            parts.append(block)
            done += len(block)
        data = b"".join(parts)
    else:
        with _POSITION:
            file.seek(offset)
            data = file.read(size)
    if len(data) < size:
        raise ValueError("the archive ends in the middle of this file")
    return data
