"""A folder with a file for each series, in class folders or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...data.folders import list_folder
from ...data.splits import split_of
from ...errors import UserError
from ..table.reading import dispatch as reading
from . import arrays
from .options import SeriesOptions
from .sequences import Sequences

FILE = "file"  # the column that holds the name of the file
CLASS = "class"  # the column that holds the name of the folder
MAX_NAMED = 4  # files that are named in a note


def files_of(path: Path) -> tuple[list[str], list[str]]:
    """The names of the tables or else of the arrays in a folder, and of the other files. Raises UserError for none."""
    names = [member.name for member in list_folder(path).members]
    for wanted in (reading.READERS, arrays.SUFFIXES):
        found = [name for name in names if name.lower().endswith(tuple(wanted))]
        if found:
            return found, [name for name in names if name not in found]
    raise UserError(
        f"{path} holds no series: give a folder with a table ({', '.join(reading.READERS)}) or an array "
        f"({', '.join(arrays.SUFFIXES)}) for each series"
    )


def classes_of(names: list[str]) -> list[str] | None:
    """The class folder of each file; None where folders are no classes."""
    firsts = [name.split("/")[0] if "/" in name else "" for name in names]
    known = set(firsts)
    return firsts if len(known) > 1 and "" not in known and not all(map(split_of, known)) else None


def notes_on(names: list[str], others: list[str]) -> list[str]:
    """What is said about the files."""
    firsts = {name.split("/")[0] for name in names if "/" in name}
    notes = [f"{len(names):,} files, each with series of its own."]
    if firsts and all(map(split_of, firsts)):
        notes.append(f"The folders {' and '.join(sorted(firsts))} are read together; what is held out is chosen anew.")
    if others:
        more = f" and {len(others) - MAX_NAMED:,} more" if len(others) > MAX_NAMED else ""
        notes.append(f"Not used: {', '.join(others[:MAX_NAMED])}{more}.")
    return notes


def tables_of(path: Path, names: list[str], options: SeriesOptions) -> pd.DataFrame:
    """The rows of all tables, with the name of the file and of its class folder in columns of their own.

    Raises UserError where the tables have different columns, or numbers in some and none in others.
    """
    frames, classes = list[pd.DataFrame](), classes_of(names) if options.labels != "none" else None
    kinds = dict[str, tuple[str, str]]()
    for number, name in enumerate(names):
        frame = reading.read_file(path / name, options.encoding, options.sheet).frame
        if frames and set(frame.columns) != set(frames[0].columns) - {FILE, CLASS}:
            odd = sorted(set(frame.columns) ^ (set(frames[0].columns) - {FILE, CLASS}))
            raise UserError(
                f"{path}: {name} and {names[0]} have different columns ({', '.join(odd[:5])}); give all files "
                "the same ones"
            )
        for column, values in frame.items():
            if kind := _kind(values):
                first, where = kinds.setdefault(str(column), (kind, name))
                if first != kind:
                    raise UserError(f"{path}: column '{column}' holds {first} in {where}, and {kind} in {name}")
        told = {FILE: name} | ({CLASS: classes[number]} if classes else {})
        if taken := [column for column in told if column in frame.columns]:
            raise UserError(f"{path / name} has a column '{taken[0]}', which the files of a folder may not; rename it")
        frames.append(frame.assign(**told))
    return pd.concat(frames, ignore_index=True)


def _kind(values: pd.Series) -> str:
    """What a column holds, for a message; "" where it is empty."""
    if values.isna().all():
        return ""
    return "numbers" if pd.api.types.is_numeric_dtype(values.dtype) else "no numbers"


def arrays_of(path: Path, names: list[str], labels: str) -> Sequences:
    """The series of arrays, one in each file. Raises UserError where a file holds something else."""
    every = list[np.ndarray]()
    for name in names:
        try:
            every.append(np.load(path / name, allow_pickle=False))
        except Exception as error:  # damaged headers raise nearly anything
            raise UserError(f"{path / name} holds no whole array ({str(error)[:100]}): save it again.") from None
        if not isinstance(every[-1], np.ndarray):
            raise UserError(f"{path / name} holds several arrays; in a folder give a .npy file for each series")
    return arrays.from_list(every, classes_of(names) if labels != "none" else None, str(path), str(every[0].dtype))
