"""Take the labels and splits of files from a table that lies beside them (see `label_tables`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import UserError, nearest
from .contents import Contents, Member
from .label_tables import SPLIT, LabelTable, tables_in
from .source import Split
from .splits import NOT_COLUMNS, SPLIT_WORDS, split_of

SIDE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".txt", ".xml", ".parquet", ".xlsx")  # that may hold labels
NO_LISTS = ("readme", "licen", "pairs.csv", "classes.json")  # beginnings of names of other files
SEVERAL = ";|,"  # between the classes in a label that names several


class _Row(NamedTuple):
    label: str | None
    split: Split | None


def apply(contents: Contents, column: str, encoding: str | None = None) -> Contents:
    """Take labels (and splits) from a table among the members, where there is one.

    column: "auto", "none", "filename" or the name of the column with labels. encoding: of the table; None:
    as it looks. Raises UserError where a table is damaged, lacks the column, contradicts itself, lists none of the
    files or names an unknown split.
    """
    tables = tables_in(contents.members, encoding)
    if encoding is not None and not tables:
        raise UserError("--encoding is for tables of labels beside the files, and there is none; leave it out")
    used = [table for table in tables if table.format == tables[0].format]
    contents.notes += [
        f"Not used: {table.member.shown}, because {used[0].member.shown} is there."
        for table in tables
        if table.format != tables[0].format
    ]
    names = {table.member.name for table in tables}
    contents.members = [member for member in contents.members if member.name not in names]
    _say_unused(contents)
    rows, sources, places = dict[str, _Row](), list[str](), _Places(contents.members)
    for table in used:
        label_column = _label_column(table, column)
        rows |= _rows(table, label_column, places, contents)
        if label_column:
            sources.append(f"the {table.columns_are} '{label_column}' of {table.member.name}")
    if sources or any(row.split for row in rows.values()):
        shown = " or ".join(table.member.shown for table in used[:3])
        contents.skipped += [
            (member.shown, f"not listed in {shown}") for member in contents.members if member.name not in rows
        ]
        contents.members = [member for member in contents.members if member.name in rows]
    contents.members = [_labelled(member, rows.get(member.name), bool(sources)) for member in contents.members]
    if sources:
        contents.labelled_by, contents.label_column = sources[0], column
    return contents


def _labelled(member: Member, row: _Row | None, labels: bool) -> Member:
    if row is None:
        return member
    return replace(member, label=row.label if labels else member.label, split=row.split or member.split)


def _say_unused(contents: Contents) -> None:
    """Name tables and lists among the files: they may hold labels under a name that is not looked for."""
    names = [
        member.shown
        for member in contents.members
        if member.name.lower().endswith(SIDE_SUFFIXES)
        and not member.name.rsplit("/", 1)[-1].lower().startswith(NO_LISTS)
    ]
    if names and len(names) < len(contents.members) / 2:
        contents.notes.append(
            f"Not used: {', '.join(names[:3])}{f' and {len(names) - 3:,} more' if len(names) > 3 else ''}; labels are "
            "read from labels.csv (with the columns file and label), metadata.jsonl, dataset.json and COCO files."
        )


def _label_column(table: LabelTable, column: str) -> str | None:
    """The column of labels, as asked or as usual; None where there is none, or none is wanted."""
    if column == "auto":
        return table.usual
    if column in NOT_COLUMNS:
        return None
    if column not in (*table.columns, table.usual):
        raise UserError(f"{table.member.shown} has no column '{column}'; {nearest(column, list(table.columns))}")
    return column


class _Places:
    """Finds the file that a table means by a name.

    The name counts from the folder of the table, then from the top. Else its last part decides, where one file alone
    has that; case is ignored, and the suffix may be missing.
    """

    def __init__(self, members: Sequence[Member]):
        self.names = {member.name for member in members}
        self.last = _unique(self.names, lambda name: name.casefold().rsplit("/", 1)[-1])
        self.bare = _unique(self.names, lambda name: name.casefold().rsplit("/", 1)[-1].rsplit(".", 1)[0])

    def find(self, written: str, table: Member) -> str | None:
        """The name of the member; None where there is none."""
        name = written.replace("\\", "/").removeprefix("./")
        folder = table.name.rpartition("/")[0]
        for whole in (f"{folder}/{name}" if folder else name, name):
            if whole in self.names:
                return whole
        if ".." in name.split("/"):  # a file elsewhere, not one of its name here
            return None
        last = name.casefold().rsplit("/", 1)[-1]
        return self.last.get(last) or (self.bare.get(last) if "." not in last else None)


def _unique(names: set[str], short: Callable[[str], str]) -> dict[str, str]:
    counts = Counter(map(short, names))
    return {short(name): name for name in names if counts[short(name)] == 1}


def _rows(table: LabelTable, label_column: str | None, places: _Places, contents: Contents) -> dict[str, _Row]:
    """The rows of the table by the names of the members. Adds notes, and files that are missing, to the contents."""
    found, missing = dict[str, _Row](), list[str]()
    for written, cells in table.rows:
        row = _Row(cells.get(label_column) if label_column else None, _split(cells, table))
        name = places.find(written, table.member)
        if name is None:
            missing.append(written)
        elif found.setdefault(name, row) != row:
            raise UserError(
                f"{table.member.shown} lists {written} twice, as '{found[name].label}' and '{row.label}': leave one "
                "of them, or use --labels none."
            )
    if missing and not found and places.names:
        raise UserError(
            f"{table.member.shown} lists none of the files here (it lists {missing[0]}, and here is "
            f"{min(places.names)}): write names from its own folder, or take it away."
        )
    contents.skipped += [(name, f"listed in {table.member.shown}, but not there") for name in missing]
    contents.notes += table.notes
    if label_column:
        found = _whole_numbers(found)
        _say_columns(table, label_column, found, contents)
    elif table.columns and not table.usual:
        contents.notes.append(
            f"No labels are taken from {table.member.shown}: none of its columns ({', '.join(table.columns[:8])}) is "
            "named label; choose one with --labels COLUMN."
        )
    return found


def _say_columns(table: LabelTable, label_column: str, found: dict[str, _Row], contents: Contents) -> None:
    """Note columns that are not used, and labels that name several classes."""
    unused = [name for name in table.columns if name not in label_column.split(", ")]
    if unused:
        contents.notes.append(
            f"Of {table.member.shown}, '{label_column}' names the classes; not used: {', '.join(unused[:8])} "
            "(--labels COLUMN takes another)."
        )
    labels = {row.label for row in found.values() if row.label}
    several = sorted(label for label in labels if any(mark in label for mark in SEVERAL))
    parts = {part.strip() for label in several for part in label.replace("|", ";").replace(",", ";").split(";")}
    if several and len(parts) <= len(several) + 1:
        contents.notes.append(
            f"Labels such as '{several[0]}' seem to name several classes: each combination is learned as a class of "
            "its own."
        )


def _whole_numbers(found: dict[str, _Row]) -> dict[str, _Row]:
    """With labels 1 and 2 where all are written as 1.0 and 2.0."""
    labels = {row.label for row in found.values() if row.label}
    if not labels or not all(label.removesuffix(".0").lstrip("-").isdecimal() for label in labels):
        return found
    return {
        name: row._replace(label=row.label.removesuffix(".0") if row.label else None) for name, row in found.items()
    }


def _split(cells: dict[str, str | None], table: LabelTable) -> Split | None:
    """The split that a row names; None where it names none."""
    word = next((cells[name] for name in cells if name.lower() == SPLIT), None) or ""
    if word and split_of(word) is None:
        raise UserError(f"{table.member.shown} names the split '{word}': use one of {', '.join(SPLIT_WORDS)}.")
    return split_of(word)
