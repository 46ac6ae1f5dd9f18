"""Parquet files and folders of Hugging Face `datasets`, whose rows hold encoded items: {bytes, path} or plain bytes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import UserError
from .contents import MAX_MEMBER, Contents, Member
from .folders import walk
from .source import Split
from .splits import split_of

MAX_OTHER_FILES, MAX_LISTED = 10, 1000  # beside tables; files of a folder that are looked at
ITEM_NAMES = ("image", "img", "picture", "file", "bytes")
LABEL_NAMES = ("label", "labels", "class", "fine_label", "category")


def from_path(path: Path, column: str) -> Contents | None:
    """Rows of a Parquet file, a folder of them (or of data/*.parquet) or a save_to_disk folder; None for other paths.

    column: of the labels; "auto", "none" or a name. Raises UserError where a table cannot be read.
    """
    files = _files(path)
    if not files:
        return None
    _refuse_mixture(path, [file for file, _ in files])
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UserError(f'Reading {path.name} needs pyarrow: pip install "sparring[table]".') from None
    found = Contents(stamp=str(path.resolve()))
    for file, split in files:
        try:
            about = file.stat()
            _Table(file, column, found).add_rows(about.st_size, str(about.st_mtime_ns), split)
        except PermissionError:
            raise UserError(f"No permission to read {file}: change its permissions or open other data.") from None
        except (OSError, ValueError, KeyError, NotImplementedError) as error:  # pyarrow's own errors derive from these
            raise UserError(
                f"{file} is not a whole table ({str(error).splitlines()[0]}): download or write it again."
            ) from None
    return found


def _refuse_mixture(path: Path, files: Sequence[Path]) -> None:
    """Raises UserError where a folder holds many files beside its tables: either may be what is meant."""
    if path.is_file():
        return
    others = [
        member.name
        for member in islice(walk(path, []), MAX_LISTED)
        if not member.name.lower().endswith((".parquet", ".arrow", ".json", ".md", ".txt"))
    ]
    if len(others) > MAX_OTHER_FILES:
        raise UserError(
            f"{path} holds tables ({files[0].name}) and other files ({others[0]}): open {files[0]}, or a folder with "
            "one kind alone."
        )


def is_table_folder(path: Path) -> bool:
    """Does this folder hold tables of encoded items?"""
    return bool(_files(path))


def _files(path: Path) -> list[tuple[Path, Split | None]]:
    """Table files with the splits that their names or folders tell."""
    if path.is_file():
        return [(path, None)] if path.suffix.lower() == ".parquet" else []
    if not path.is_dir():
        return []
    try:
        if (path / "dataset_dict.json").is_file():
            names = json.loads((path / "dataset_dict.json").read_text("utf-8"))["splits"]
            return [(file, split_of(name)) for name in names for file in _shards(path / Path(name).name)]
        if (path / "state.json").is_file():
            return [(file, None) for file in _shards(path)]
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        raise UserError(f"{path} is not a whole data set saved to disk ({error}): save it again.") from None
    found = (
        sorted(path.glob("*.parquet")) or sorted((path / "data").glob("*.parquet")) or sorted(path.glob("*/*.parquet"))
    )
    return [(file, split_of(file.stem.split("-")[0]) or split_of(file.parent.name)) for file in found]


def _shards(folder: Path) -> list[Path]:
    """The files that state.json names; never one outside of the folder."""
    state = json.loads((folder / "state.json").read_text("utf-8"))
    return [folder / Path(entry["filename"]).name for entry in state["_data_files"]]


@dataclass
class _Columns:
    """The columns of items and labels. names: what the numbers of a ClassLabel mean."""

    item: str
    label: str | None
    names: tuple[str, ...]  # of a ClassLabel: what its numbers mean


class _Table:
    """The rows of one table file as members. They are read group by group, and the last two groups are kept."""

    def __init__(self, path: Path, column: str, found: Contents):
        self.path, self.found, self.lock = path, found, threading.Lock()
        self.schema, self.groups, self.load = (_open_parquet if path.suffix == ".parquet" else _open_arrow)(path)
        self.columns = _choose(self.schema, column, path)
        self.recent: dict[int, Any] = {}

    def add_rows(self, file_size: int, stamp: str, split: Split | None) -> None:
        label, number = self.columns.label, 0
        size = file_size // max(1, sum(self.groups))
        for group, rows in enumerate(self.groups):
            labels = list(self._labels(group)) if label else [None] * rows
            for row in range(rows):
                read = lambda group=group, row=row: self.item(group, row)  # noqa: E731
                self.found.members.append(
                    Member(f"row {number}", size, stamp, read, split, labels[row], f"{self.path.name} ")
                )
                number += 1
        if label:
            self.found.labelled_by, self.found.label_column = f"the column '{label}'", label
            self.found.classes = self.columns.names or self.found.classes

    def _labels(self, group: int) -> Iterator[str | None]:
        names = self.columns.names
        for value in self.load(group, [self.columns.label])[self.columns.label].to_pylist():
            known = names and isinstance(value, int)
            yield (
                None
                if value is None or known and not 0 <= value < len(names)
                else names[value]
                if known
                else str(value)
            )

    def item(self, group: int, row: int) -> bytes:
        with self.lock:
            if group not in self.recent:
                if len(self.recent) >= 2:
                    del self.recent[next(iter(self.recent))]
                self.recent[group] = self.load(group, [self.columns.item])[self.columns.item]
            value = self.recent[group][row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if data is None:
            raise ValueError(
                "the row holds no bytes"
            )  # a path in it could name any file of this machine: it is not followed
        if len(data) > MAX_MEMBER:
            raise ValueError(f"larger than {MAX_MEMBER >> 20} MB")
        return data


def _open_parquet(path: Path) -> tuple[Any, list[int], Callable]:
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    return file.schema_arrow, groups, lambda group, columns: file.read_row_group(group, columns=columns)


def _open_arrow(path: Path) -> tuple[Any, list[int], Callable]:
    import pyarrow

    mapped = pyarrow.memory_map(str(path))
    try:
        batches = list(reader := pyarrow.ipc.open_stream(mapped))
    except pyarrow.ArrowInvalid:
        reader = pyarrow.ipc.open_file(mapped)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    return reader.schema, [batch.num_rows for batch in batches], lambda group, columns: batches[group].select(columns)


def _choose(schema: Any, column: str, path: Path) -> _Columns:
    """The columns that hold items and labels: as the features of Hugging Face say, else by type and name."""
    import pyarrow.types as types

    features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {}).get("features") or {}
    features = {name: about for name, about in features.items() if isinstance(about, dict)}
    holds = [
        field.name
        for field in schema
        if types.is_binary(field.type)
        or types.is_large_binary(field.type)
        or (types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0)
    ]
    preferred = (
        [name for name in holds if features.get(name, {}).get("_type") == "Image"]
        + [name for name in ITEM_NAMES if name in holds]
        + holds
    )
    if not preferred:
        raise UserError(
            f"{path.name} has no column with encoded items (its columns: {', '.join(schema.names)}): one of bytes or "
            f"{{bytes, path}} is needed."
        )
    if column not in ("auto", "none") and column not in schema.names:
        raise UserError(f"{path.name} has no column '{column}': it has {', '.join(schema.names)}.")
    known = [name for name, about in features.items() if about.get("_type") == "ClassLabel"]
    guess = next((name for name in (*known, *LABEL_NAMES) if name in schema.names), None)
    label = {"auto": guess, "none": None}.get(column, column)
    names = tuple(features.get(label, {}).get("names") or ()) if label else ()
    return _Columns(preferred[0], label, names)
