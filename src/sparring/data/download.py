"""Download files with progress.

Interrupted downloads are continued. A file is put in place when its checksum is right.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import UserError
from ..util.files import sync_folder
from ..util.notes import warn
from ..util.progress import bar

MAX_BYTES = 4 << 30  # of one file: no server may fill the disk
TIMEOUT = 30  # seconds without a byte
ATTEMPTS = 3  # connections that break are taken up again where they stopped


def fetch_all(urls: Iterable[str], files: Mapping[str, str], folder: Path) -> None:
    """Download files into a folder.

    Args:
        urls: places that serve the files; each file is taken from the first one that works.
        files: name -> MD5 or SHA-256.
        folder: where to.

    Raises:
        UserError: no place serves a file, its checksum is wrong, or the disk is full.
    """
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):  # two trainings may want the same set
        for name, checksum in files.items():
            faults = []
            for url in urls:
                try:
                    fetch(url + name, folder / name, checksum)
                    break
                except UserError as error:
                    faults.append(str(error))
            else:
                raise UserError("; ".join(faults))


def fetch(url: str, target: Path, checksum: str, limit: int = MAX_BYTES) -> None:
    """Download one file, unless it is there already, undamaged.

    A partial file is kept beside the target, and the next call continues it. Raises UserError where the server does
    not answer or sends more than `limit` bytes, and where the checksum is wrong.
    """
    if intact(target, checksum):
        return
    part = target.with_name(target.name + ".part")
    for attempt in range(ATTEMPTS):
        try:
            _receive(url, part, limit)
            break
        except (urllib.error.HTTPError, _TooLarge) as error:
            raise UserError(f"{url}: {error}") from None
        except (http.client.HTTPException, urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if attempt == ATTEMPTS - 1:
                raise UserError(f"{url}: {getattr(error, 'reason', None) or error}") from None
        except OSError as error:
            raise UserError(f"{part} cannot be written: {error.strerror or error}") from None
    if _digest(part, checksum) != checksum:
        part.unlink()
        raise UserError(f"{url} sent a file with another checksum than the expected {checksum}")
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    sync_folder(target.parent)


def intact(path: Path, checksum: str) -> bool:
    """Whether a downloaded file is there and has its checksum. A damaged one is removed, with a note to the user."""
    if not path.is_file():
        return False
    if _digest(path, checksum) == checksum:
        return True
    warn(f"{path} is damaged: its checksum is wrong; it is downloaded again")
    path.unlink()
    return False


class _TooLarge(Exception):
    """The server sends more than is allowed."""


def _receive(url: str, part: Path, limit: int) -> None:
    """Append what the server sends to a partial file."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(
        url, headers={"Range": f"bytes={have}-", "User-Agent": "sparring"} if have else {"User-Agent": "sparring"}
    )
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left to send: the checksum decides whether that is right
            return
        raise
    with answer:
        if have and not (answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")):
            have = 0  # the server does not continue: it starts again
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        if total is not None and total > limit:
            raise _TooLarge(f"{total} bytes are more than the {limit} allowed")
        with (
            open(part, "ab" if have else "wb") as file,
            bar(total, part.name.removesuffix(".part"), unit_bytes=True, done=have) as advance,
        ):
            while block := answer.read(1 << 16):
                have += len(block)
                if have > limit:
                    raise _TooLarge(f"more than the {limit} bytes allowed")
                file.write(block)
                advance(len(block))
    if total is not None and have < total:
        raise http.client.IncompleteRead(b"", total - have)


def _digest(path: Path, like: str) -> str:
    """The hash of a file, by the algorithm of the expected one."""
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, "sha256" if len(like) == 64 else lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()
