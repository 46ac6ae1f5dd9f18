"""Whole texts, with what is known of each, from files, folders, archives, tables and Python programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...data import archives, readers
from ...data.class_names import class_name
from ...data.contents import Contents, Item, Member
from ...data.folders import read_file
from ...data.in_memory import InMemory
from ...data.splits import split_of
from ...errors import UserError
from . import columns
from .cutting import Kind, kind_of, lines_of
from .decode import decoded, unpacked
from .detect import SUFFIXES
from .options import TextOptions


@dataclass
class Gathered:
    """Texts before they are cut, and the item of each. contents: says where labels come from. empty: left out."""

    kind: Kind
    texts: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    notes: list[str] = field(default_factory=list)
    empty: int = 0

    def add(self, text: str, item: Item) -> None:
        """Add a text, unless there is nothing in it."""
        if not text.strip():
            self.empty += 1
            return
        self.texts.append(text)
        self.items.append(item)


def from_path(path: Path, options: TextOptions) -> Gathered:
    """The texts of a path. Raises UserError where there are none."""
    if path.is_dir() or archives.is_archive(path):
        found = _from_folder(path, options)
    elif columns.is_table(path.name):
        found = _from_table(columns.read(path, options.encoding), str(path), options)
    else:
        found = _from_file(path, options)
    if not found.texts:
        raise UserError(f"{path} holds no text{': what is there is empty' if found.empty else ''}.")
    return found


def from_memory(memory: InMemory, options: TextOptions) -> Gathered:
    """The texts of a list of strings, or of a table. Raises UserError for other objects."""
    if memory.is_table:
        return _from_table(_columns_of(memory.data), f"the data in {memory}", options)
    data = memory.data.tolist() if isinstance(memory.data, np.ndarray) else memory.data
    if not isinstance(data, list | tuple) or not all(isinstance(each, str) for each in data):
        raise UserError(f"texts cannot be read from {memory}: give a list of strings, or a table with a column of them")
    labels = [None] * len(data) if memory.labels is None else [class_name(each) for each in list(memory.labels)]
    if len(labels) != len(data):
        raise UserError(f"there are {len(labels):,} labels for {len(data):,} texts: give one for each")
    found = Gathered("lines", contents=Contents(labelled_by=None if memory.labels is None else "the labels given"))
    for number, (text, label) in enumerate(zip(data, labels, strict=True)):
        if "\0" in text:
            raise UserError(f"text {number} holds a NUL character, as no text does: remove it")
        found.add(text, Item("", f"text {number}", None, label))
    return found


def _from_file(path: Path, options: TextOptions) -> Gathered:
    try:
        text = decoded(unpacked(read_file(path), str(path)), str(path), options.encoding)
    except ValueError as error:
        raise UserError(f"{path} cannot be used: it is {error}") from None
    if options.texts == "files":
        raise UserError(f"{path} is one file: say --texts lines or --texts passages, or give a folder of files.")
    kind, why = kind_of(text, options.texts, str(path))
    found = Gathered(kind)
    if kind == "passages":
        found.add(text, Item("", path.name, None, None))
        found.notes.append(f"{path.name} is one long text, learned by passages ({why}).")
        return found
    _add_lines(found, text, path.name, None)
    found.notes.append(f"Each line of {path.name} is a text ({why}).")
    return found


def _from_folder(path: Path, options: TextOptions) -> Gathered:
    contents = readers.read(path, options.labels, options.encoding)
    members = [member for member in contents.members if member.name.lower().endswith(SUFFIXES)]
    contents.skipped += [(each.shown, "no text file") for each in contents.members if each not in members]
    parts = [split_of(member.name.rsplit("/", 1)[-1].split(".")[0]) for member in members]
    by_lines = options.texts == "lines" or (options.texts == "auto" and bool(members) and all(parts))
    kind: Kind = "lines" if by_lines else "passages" if options.texts == "passages" else "files"
    found = Gathered(kind, contents=contents)
    for member, part in zip(members, parts, strict=True):
        try:
            text = decoded(unpacked(member.read(), member.shown), member.shown, options.encoding)
        except UserError as error:
            contents.skipped.append((member.shown, str(error).removeprefix(f"{member.shown} ").rstrip(".")))
            continue
        except Exception as error:  # damaged archives raise nearly anything
            contents.skipped.append((member.shown, f"cannot be read: {str(error)[:100]}"))
            continue
        if by_lines:
            _add_lines(found, text, member.shown, member, part)
        else:
            found.add(text, Item(member.name, member.shown, member.split, member.label))
    if not found.texts and contents.skipped:
        shown, reason = contents.skipped[0]
        raise UserError(f"{path} holds no usable text file (the first is {shown}: {reason}).")
    what = "Each line of the files is a text" if by_lines else "Each file is a text"
    found.notes.append(f"{what} ({'as asked' if options.texts != 'auto' else '--texts says otherwise'}).")
    return found


def _add_lines(found: Gathered, text: str, shown: str, member: Member | None, part: Any = None) -> None:
    lines, empty = lines_of(text)
    found.empty += empty
    name, split, label = ("", None, None) if member is None else (member.name, member.split or part, member.label)
    for number, line in enumerate(lines, 1):
        found.add(line, Item(name, f"{shown}, text {number:,}", split, label))


def _from_table(cells: columns.Columns, where: str, options: TextOptions) -> Gathered:
    if options.texts not in ("auto", "lines"):
        raise UserError(f"{where} is a table, each row of which is a text: leave --texts out.")
    table = columns.choose(cells, where, options.text_column, options.labels)
    by = f"the column '{table.label_column}'" if table.label_column else None
    found = Gathered("lines", contents=Contents(labelled_by=by, label_column=table.label_column), notes=table.notes)
    count = len(table.texts)
    labels, splits = table.labels or [None] * count, table.splits or [None] * count
    for number, (text, label, split) in enumerate(zip(table.texts, labels, splits, strict=True)):
        if text and "\0" in text:
            raise UserError(f"{where}, row {number + 1:,}, holds a NUL character, as no text does: remove it.")
        found.add(text or "", Item("", f"row {number + 1}", columns.split_name(split), label))
    return found


def _columns_of(data: Any) -> columns.Columns:
    """The columns of a DataFrame, a dictionary of columns or a list of dictionaries."""
    frame = data.to_pandas() if hasattr(data, "to_pandas") else data
    if hasattr(frame, "to_dict"):
        return columns.of_records(frame.to_dict("records"))
    if isinstance(frame, dict):
        names, rows = list(frame), zip(*frame.values(), strict=True)
        return columns.of_records([dict(zip(names, row, strict=True)) for row in rows])
    return columns.of_records(list(frame))


def named(texts: Sequence[str]) -> str:
    """How many texts there are, and how long, for people."""
    lengths = np.array([len(text) for text in texts])
    return (
        f"{len(texts):,} texts of {lengths.min():,} to {lengths.max():,} characters (half up to "
        f"{int(np.median(lengths)):,})"
    )
