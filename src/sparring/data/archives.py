"""Zip and tar archives. They are read and never extracted, so that a name such as ../../x is just a name."""

from __future__ import annotations

import gzip
import lzma
import os
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
    found.members.sort(key=lambda member: member.name.split("/"))
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
        if info.flag_bits & 1:
            raise ValueError("encrypted")
        return self.opened.read(info) if info.file_size else b""


def _list_zip(path: Path) -> Contents:
    archive, found = _Zip(path), Contents()
    for info in archive.opened.infolist():
        if info.is_dir():
            continue
        if info.file_size > MAX_MEMBER:  # zipfile reads no more than the size declared here
            found.skipped.append((info.filename, f"larger than {MAX_MEMBER >> 20} MB"))
        else:
            found.members.append(
                Member(info.filename.lstrip("/"), info.file_size, f"{info.CRC:08x}", partial(archive.read, info))
            )
    return found


def _list_tar(path: Path) -> Contents:
    file, found = _plain_tar(path), Contents()
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for info in archive:
            name = info.name.removeprefix("./").lstrip("/")
            if info.isdir():
                continue
            if not info.isreg():
                found.skipped.append((name, "a link or special file inside the archive"))
            elif info.size > MAX_MEMBER:
                found.skipped.append((name, f"larger than {MAX_MEMBER >> 20} MB"))
            else:
                found.members.append(
                    Member(name, info.size, str(info.mtime), partial(_read_at, file, info.offset_data, info.size))
                )
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
