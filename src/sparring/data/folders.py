"""The files of a folder, in a fixed order. Links are followed, and nothing is read twice."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..errors import UserError
from .contents import MAX_MEMBER, Contents, Member, Skipped, is_hidden


def list_folder(root: Path) -> Contents:
    """Every plain file below a folder. Raises UserError where the folder itself cannot be read."""
    found = Contents(stamp=os.path.realpath(root))
    try:
        found.members = sorted(walk(root, found.skipped), key=lambda member: member.name.split("/"))
    except PermissionError:
        raise UserError(
            f"No permission to read the folder {root}: change its permissions or open another one."
        ) from None
    return found


def walk(root: Path, skipped: Skipped) -> Iterator[Member]:
    """Files below `root`, lazily: first those that lie there, then those that links lead to.

    A link to what is read anyhow, or to what another link has led to, is added to `skipped`. So no file counts twice,
    and links in a circle end. Hidden files, broken links, empty and unreadable folders are added too.
    """
    yield from _Walk(os.path.realpath(root), skipped).members()


class _Walk:
    """A walk below one folder.

    reached: the real paths of the root and of what links have led to, with the names under which they are read.
    """

    def __init__(self, real_root: str, skipped: Skipped):
        self.root, self.reached, self.skipped = real_root, {real_root: ""}, skipped
        self.links = deque[tuple[str, str]]()  # real path of the link, its name

    def members(self) -> Iterator[Member]:
        yield from self._plain(self.root, "")
        while self.links:
            path, name = self.links.popleft()
            real = os.path.realpath(path)
            if not os.path.exists(real):
                self.skipped.append((name, "a link that leads nowhere"))
            elif (known := self._known(real)) is not None:
                self.skipped.append((name, f"a link to what is read already: {known}"))
            elif os.path.isdir(real):
                self.reached[real] = name + "/"
                yield from self._unless_closed(real, name + "/")
            elif not os.path.isfile(real):
                self.skipped.append((name, "not a plain file"))
            elif member := self._member(real, name):
                self.reached[real] = name
                yield member

    def _known(self, real: str) -> str | None:
        """The name under which a real path is read already; None where it is not.

        A hidden part of a folder is not read with it, so that a link may lead there.
        """
        place, inside = real, list[str]()
        while place not in self.reached:
            parent, last = os.path.split(place)
            if parent == place or is_hidden(last):
                return None
            place, inside = parent, [last, *inside]
        return self.reached[place] + "/".join(inside) or "this folder"

    def _unless_closed(self, folder: str, prefix: str) -> Iterator[Member]:
        try:
            yield from self._plain(folder, prefix)
        except PermissionError:
            self.skipped.append((prefix.rstrip("/"), "no permission to read this folder"))
        except OSError as error:
            self.skipped.append((prefix.rstrip("/"), f"a folder that cannot be read: {error.strerror}"))

    def _plain(self, folder: str, prefix: str) -> Iterator[Member]:
        """What lies in a folder itself. Links are put aside."""
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        if prefix and not ordered:
            self.skipped.append((prefix.rstrip("/"), "an empty folder"))
        for entry in ordered:
            name = prefix + os.fsencode(entry.name).decode("utf-8", "replace")
            if is_hidden(entry.name):
                self.skipped.append((name, "hidden"))
            elif entry.is_symlink():
                self.links.append((entry.path, name))
            elif entry.is_dir():
                if entry.path not in self.reached:  # a link may lead above the root, or above where another led
                    yield from self._unless_closed(entry.path, name + "/")
            elif not entry.is_file():
                self.skipped.append((name, "not a plain file"))
            elif entry.path not in self.reached and (member := self._member(entry.path, name)):
                yield member

    def _member(self, path: str, name: str) -> Member | None:
        try:
            about = os.stat(path)
        except OSError as error:  # gone since the folder was listed, or in a folder that may be listed only
            self.skipped.append((name, f"cannot be read: {error.strerror}"))
            return None
        return Member(name, about.st_size, f"{about.st_mtime_ns}/{about.st_ctime_ns}", partial(read_file, path))


def read_file(path: str | Path) -> bytes:
    """The bytes of a file. Raises ValueError for more than MAX_MEMBER."""
    with open(path, "rb") as file:
        data = file.read(MAX_MEMBER + 1)
    if len(data) > MAX_MEMBER:
        raise ValueError(f"larger than {MAX_MEMBER >> 20} MB")
    return data
