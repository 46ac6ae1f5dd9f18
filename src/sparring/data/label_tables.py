"""Read tables of labels: labels.csv, metadata.jsonl, StyleGAN's dataset.json, COCO's annotations."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from ..util.json_lines import objects
from ..util.spreadsheets import undefused
from ..util.text_encodings import decoded
from .class_names import class_name
from .contents import Member

FILE_COLUMNS = (
    *("file", "file_name", "filename", "filepath", "file_path", "path", "name", "image", "img", "picture"),
    *("image_name", "image_path", "image_id", "img_name", "id"),
)
LABEL_COLUMNS = ("label", "class", "labels", "category", "target")
TEXT_COLUMNS = ("text", "caption", "captions", "prompt", "description", "url")  # a lone column that names no class
SPLIT = "split"
CSV_NAMES = ("labels.csv", "labels.tsv", "metadata.csv")
STYLEGAN, COCO = "dataset.json", "coco.json"
MAX_JSON_FILES = 20  # that are read; where there are more, each belongs to one picture


@dataclass
class LabelTable:
    """A table with a row for each labelled file.

    format: the usual name of such a table, "labels.csv". rows: the name of a file and its cells by column, None where a
    cell is empty. columns: those that may hold labels. usual: the column that is taken where a person names none; None
    where none stands out. columns_are: what notes call the columns.
    """

    member: Member
    format: str
    rows: list[tuple[str, dict[str, str | None]]]
    columns: tuple[str, ...]
    usual: str | None
    columns_are: str = "column"
    notes: list[str] = field(default_factory=list)


def tables_in(members: Sequence[Member], encoding: str | None = None) -> list[LabelTable]:
    """Every table of labels among these members, the best kind first.

    encoding: of their texts, as a person says; None: UTF-8, or what their letters look like. Raises
    UserError where one is damaged.
    """
    found = list[LabelTable]()
    for name in CSV_NAMES:
        found += [_csv(member, encoding) for member in members if _last(member) == name]
    found += [_json_lines(member, encoding) for member in members if _last(member) == "metadata.jsonl"]
    others = [member for member in members if _last(member).endswith(".json")]
    of_json = (
        [table for member in others if (table := _of_json(member, encoding))] if len(others) <= MAX_JSON_FILES else []
    )
    return found + sorted(of_json, key=lambda table: table.format != STYLEGAN)


def _last(member: Member) -> str:
    return member.name.rsplit("/", 1)[-1].lower()


def _csv(member: Member, encoding: str | None) -> LabelTable:
    """A table with a header; cells are parted by what is most frequent in it: comma, semicolon, tab or bar."""
    try:
        text, notes = decoded(member.whole(), encoding)
        header = text.split("\n", 1)[0]
        reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t|", key=header.count))
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        rows = [
            {name: undefused(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in reader
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{member.shown} cannot be read as a table ({error}): save it as comma-separated UTF-8 text."
        ) from None
    return _of_rows(member, columns, rows, notes)


def _json_lines(member: Member, encoding: str | None) -> LabelTable:
    """metadata.jsonl of the image folders of Hugging Face: an object with `file_name` in each line."""
    try:
        text, notes = decoded(member.whole(), encoding)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{member.shown} is no {error.encoding} text: say its --encoding, or save it in UTF-8."
        ) from None
    rows = [row for row in objects(text, member.shown, "write one object with file_name a line.") if row]
    return _of_rows(member, list(dict.fromkeys(str(name) for row in rows for name in row)), rows, notes)


def _of_rows(member: Member, columns: list[str], rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> LabelTable:
    """Raises UserError where no column holds the names of the files."""
    low = [name.lower() for name in columns]
    file_column = next((columns[low.index(name)] for name in FILE_COLUMNS if name in low), None)
    if file_column is None:
        raise UserError(
            f"{member.shown} has no column 'file' (it has {', '.join(columns) or 'none'}): its first line names the "
            "columns file,label."
        )
    others = [name for name in columns if name and name != file_column and name.lower() != SPLIT]
    named = next((name for word in LABEL_COLUMNS for name in others if name.lower() == word), None)
    lone = others[0] if len(others) == 1 and others[0].lower() not in TEXT_COLUMNS else None
    kept = [
        (str(row[file_column]).strip(), {name: _cell(row.get(name)) for name in columns if name != file_column})
        for row in rows
        if row.get(file_column)
    ]
    about = [f"{member.shown}: {note}" for note in notes]
    table = LabelTable(member, _last(member), kept, tuple(others), named or lone, notes=about)
    return table if table.usual or not _from_one_hot(table) else table


def _cell(value: Any) -> str | None:
    """A cell as text; a list of one is its element, other lists and objects name no class."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list | dict):
        return None
    text = (class_name(value) or "").strip()
    return None if text.casefold() in ("", "nan") else text


def _from_one_hot(table: LabelTable) -> bool:
    """Make one label of columns of 0 and 1, of which each row has exactly one 1. False for other tables."""
    if len(table.columns) < 2:
        return False
    chosen = list[str]()
    for _, cells in table.rows:
        ones = [name for name in table.columns if cells[name] in ("1", "1.0")]
        if len(ones) != 1 or not all(cells[name] in ("0", "1", "0.0", "1.0") for name in table.columns):
            return False
        chosen += ones
    table.columns_are, table.usual = "columns", ", ".join(table.columns)
    for (_, cells), name in zip(table.rows, chosen, strict=True):
        cells[table.usual] = name
    return True


def _of_json(member: Member, encoding: str | None) -> LabelTable | None:
    """The labels of a JSON file; None where it holds none, or is no whole JSON."""
    try:
        text, notes = decoded(member.read(), encoding)
        told = json.loads(text)
    except Exception:  # not every .json is about labels, nor is each one whole
        return None
    try:
        table = (_stylegan(member, told) or _coco(member, told)) if isinstance(told, dict) else None
        if table:
            table.notes += [f"{member.shown}: {note}" for note in notes]
        return table
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(
            f"{member.shown} is damaged: its labels cannot be read; write it again or take it away."
        ) from None


def _stylegan(member: Member, told: dict[str, Any]) -> LabelTable | None:
    """{"labels": [[file, class number], ...]}; `labels` may be null, and a class one-hot."""
    if "labels" not in told or "images" in told or not isinstance(told["labels"], list | None):
        return None
    table, several = LabelTable(member, STYLEGAN, [], ("label",), "label", "list"), 0
    for name, label in told["labels"] or []:
        if isinstance(label, list):
            ones = [place for place, value in enumerate(label) if value]
            several += len(ones) != 1 or label[ones[0]] != 1
            label = ones[0] if len(ones) == 1 else None
        table.rows.append((str(name), {"label": _cell(label)}))
    if several:
        table.notes.append(
            f"{member.shown} gives numbers that are no class to {several:,} of {len(table.rows):,} files: they are "
            "not used."
        )
    if not table.rows:
        table.usual, table.columns = None, ()
        table.notes.append(f"{member.shown} holds no labels.")
    return table


def _coco(member: Member, told: dict[str, Any]) -> LabelTable | None:
    """COCO: the class of a picture is the category of its objects, where all of them have the same one."""
    if "images" not in told or "annotations" not in told:
        return None
    names = {each["id"]: str(each["name"]) for each in told.get("categories") or []}
    seen: dict[Any, set[str]] = {each["id"]: set() for each in told["images"]}
    for each in told["annotations"]:
        if "category_id" in each and each["image_id"] in seen:
            seen[each["image_id"]].add(names.get(each["category_id"], str(each["category_id"])))
    table = LabelTable(member, COCO, [], ("category",), "category")
    for each in told["images"]:
        kinds = seen[each["id"]]
        table.rows.append((str(each["file_name"]), {"category": next(iter(kinds)) if len(kinds) == 1 else None}))
    several = sum(len(kinds) > 1 for kinds in seen.values())
    if several:
        table.notes.append(f"{several:,} pictures of {member.shown} show several categories and get no class.")
    if not any(seen.values()):
        table.usual, table.columns = None, ()
        table.notes.append(f"{member.shown} holds no categories (captions and boxes are not used).")
    return table
