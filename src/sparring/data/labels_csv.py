"""A labels.csv beside the files, with the columns file, label and perhaps split."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from ..errors import UserError
from .contents import Contents, Member
from .splits import SPLIT_WORDS, split_of

FILE_COLUMNS = ("file", "file_name", "filename", "name")


def apply(contents: Contents, column: str) -> Contents:
    """Take labels (and splits) from a labels.csv among the members, where there is one.

    column: "auto", "none" or the name of the column with labels. Raises UserError where the table is damaged, lacks
    the column or names an unknown split.
    """
    tables = [member for member in contents.members if member.name.rsplit("/", 1)[-1].lower() == "labels.csv"]
    if not tables:
        return contents
    table = min(tables, key=lambda member: member.name.count("/"))
    folder = table.name.rpartition("/")[0]
    rows, label_column = _rows(table, column)
    contents.members.remove(table)
    members = []
    for member in contents.members:
        row = rows.pop(member.name.removeprefix(folder + "/") if folder else member.name, None)
        if row is None:
            contents.skipped.append((member.shown, f"not listed in {table.shown}"))
        else:
            label = (row.get(label_column) or "").strip() if label_column else ""
            members.append(replace(member, label=label or None, split=_split(row, table) or member.split))
    contents.skipped += [(name, f"listed in {table.shown}, but not there") for name in rows]
    contents.members = members
    if label_column:
        contents.labelled_by = f"the column '{label_column}' of {table.name}"
    return contents


def _rows(table: Member, column: str) -> tuple[dict[str, dict[str, str]], str | None]:
    """The rows of the table by file, and the name of the column with labels."""
    try:
        reader = csv.DictReader(io.StringIO(table.whole().decode("utf-8-sig")))
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{table.shown} cannot be read as a table ({error}): save it as comma-separated UTF-8 text."
        ) from None
    file_column = next((name for name in columns if name.lower() in FILE_COLUMNS), None)
    if file_column is None:
        raise UserError(
            f"{table.shown} has no column 'file' (it has {', '.join(columns) or 'none'}): its first line names the "
            "columns file,label."
        )
    if column not in ("auto", "none") and column not in columns:
        raise UserError(f"{table.shown} has no column '{column}': it has {', '.join(columns)}.")
    others = [name for name in columns if name != file_column and name.lower() != "split"]
    label_column = (
        column
        if column not in ("auto", "none")
        else "label"
        if "label" in others
        else others[0]
        if len(others) == 1
        else None
    )
    named = {
        row[file_column].strip().replace("\\", "/").removeprefix("./"): row for row in rows if row.get(file_column)
    }
    return named, None if column == "none" else label_column


def _split(row: dict[str, str], table: Member):
    """The split that a row names; None where it names none."""
    word = (row.get("split") or "").strip()
    if word and split_of(word) is None:
        raise UserError(f"{table.shown} names the split '{word}': use one of {', '.join(SPLIT_WORDS)}.")
    return split_of(word)
