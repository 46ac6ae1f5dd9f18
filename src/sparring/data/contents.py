"""What a reader finds in a path, before anything is decoded. Readers do not know pictures, sound or text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from .source import Split

MAX_MEMBER = 512 << 20  # bytes of one encoded item; larger ones are named and skipped
MAX_ARRAYS = 32 << 30  # bytes of all arrays of one file: a wrong header must not eat the machine

LEFT_BEHIND = ("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin")  # by systems

Skipped = list[tuple[str, str]]


@dataclass(frozen=True)
class Member:
    """One encoded item: a file of a folder, a member of an archive, a row of a table."""

    name: str  # the place below the opened folder, with forward slashes: it tells split and class
    size: int  # bytes, as declared
    stamp: str  # changes when the content does, as far as one can tell without reading it
    read: Callable[[], bytes]  # at most MAX_MEMBER bytes; may raise anything that a damaged file can cause
    split: Split | None = None  # where the reader knows it
    label: str | None = None
    origin: str = ""  # put before the name when talking to the user ("train.zip/")

    @property
    def shown(self) -> str:
        """The name for people."""
        return self.origin + self.name

    def whole(self) -> bytes:
        """The bytes of a member that the data needs. Raises UserError where they cannot be read."""
        try:
            return self.read()
        except Exception as error:  # damaged archives raise nearly anything
            raise UserError(f"{self.shown} cannot be read ({error}): download or pack it again.") from None


@dataclass(frozen=True)
class ArrayPart:
    """Many items in one array, counted by its first axis."""

    name: str
    values: np.ndarray
    labels: list[str] | list[str | None] | None = None
    split: Split | None = None


class Item(NamedTuple):
    """What is known of one item, without its value."""

    name: str  # its place below the opened folder; "" where it has none
    shown: str  # its name for the user
    split: Split | None
    label: str | None


@dataclass
class Contents:
    """Members or arrays (never both), and what the reader says about them."""

    members: list[Member] = field(default_factory=list)
    arrays: list[ArrayPart] = field(default_factory=list)
    labelled_by: str | None = None  # "labels.csv", "the column 'label'": labels are given, folders name none
    label_column: str | None = None  # that was asked for, where the reader took the labels from it
    classes: tuple[str, ...] = ()  # the order of the classes where the data defines one
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)  # single ones beside arrays, by name, such as a rate
    stamp: str = ""  # of the container, for caches

    def __len__(self) -> int:
        return len(self.members) + sum(len(part.values) for part in self.arrays)

    def each(self) -> Iterator[Item]:
        """Every item, in order: members, then arrays."""
        yield from (Item(member.name, member.shown, member.split, member.label) for member in self.members)
        for part in self.arrays:
            for index in range(len(part.values)):
                yield Item("", f"{part.name}[{index}]", part.split, part.labels[index] if part.labels else None)


def is_hidden(name: str) -> bool:
    """Is this a file that a system leaves behind, such as .DS_Store, __MACOSX/... or Thumbs.db?"""
    return any(
        part.startswith(".") and part not in (".", "..") or part.lower() in LEFT_BEHIND for part in name.split("/")
    )
