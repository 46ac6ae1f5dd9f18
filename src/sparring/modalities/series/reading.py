"""Read files, folders and data in memory as sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...data.in_memory import InMemory
from ...errors import UserError
from ..table.reading import dispatch as reading
from . import arrays, folder
from .frames import of_frame
from .options import SeriesOptions
from .sequences import Sequences


def read(path: Path, options: SeriesOptions, like: Any = None) -> Sequences:
    """Read a file. like: the codec of other series that it is read like.

    Raises UserError where the file holds no series.
    """
    if path.is_dir():
        return _of_folder(path, options, like)
    if path.suffix.lower() in arrays.SUFFIXES:
        _refuse_columns(options, path)
        return arrays.from_file(path, options.layout, options.labels != "none")
    if reading.suffix_of(path) is None:
        raise UserError(
            f"{path} holds no series: give a table ({', '.join(reading.READERS)}), an array "
            f"({', '.join(arrays.SUFFIXES)}), or a folder with one for each series"
        )
    return _of_table(path, str(path), options, like, options.layout)


def _of_table(path: Path, where: str, options: SeriesOptions, like: Any, layout: str) -> Sequences:
    table = reading.read_file(path, options.encoding, options.sheet)
    found = of_frame(table.frame, where, options.types, options.labels, like, layout)
    found.notes[:0] = table.notes
    found.dialect = dict(table.dialect or {})
    return found


def _refuse_columns(options: SeriesOptions, where: object) -> None:
    """Raises UserError where a person speaks of columns, and the data are arrays without names."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"{where} has no column '{options.labels}': arrays have no columns; leave --labels out")
    if options.types:
        raise UserError(f"{where} has no column '{next(iter(options.types))}': arrays have none; leave --type out")


def _of_folder(path: Path, options: SeriesOptions, like: Any) -> Sequences:
    names, others = folder.files_of(path)
    if names[0].lower().endswith(arrays.SUFFIXES):
        _refuse_columns(options, path)
        found = folder.arrays_of(path, names, options.labels)
    elif len(names) == 1:
        found = _of_table(path / names[0], str(path), options, like, options.layout)
    else:
        frame = folder.tables_of(path, names, options)
        found = of_frame(frame, str(path), options.types, options.labels, like, "long")
    found.notes[:0] = folder.notes_on(names, others)
    return found


def in_memory(memory: InMemory, options: SeriesOptions, like: Any) -> Sequences:
    """The series of a DataFrame, an array, a tensor, or a list of these. Raises UserError where there are none."""
    data, where = memory.data, f"the data in {memory}"
    if memory.is_table:
        return of_frame(reading.from_memory(memory).frame, where, options.types, options.labels, like, options.layout)
    labels = None if memory.labels is None or options.labels == "none" else list(memory.labels)
    if isinstance(data, list | tuple) and data and all(hasattr(each, "iloc") for each in data):
        frames = [reading.table_of(each, where).frame.assign(series=number) for number, each in enumerate(data)]
        return of_frame(pd.concat(frames, ignore_index=True), where, options.types, options.labels, like, "long")
    _refuse_columns(options, where)
    if hasattr(data, "detach"):
        data = data.detach().cpu().numpy()
    if isinstance(data, np.ndarray) and data.dtype != object:
        return arrays.from_array(data, labels, where, options.layout)
    if isinstance(data, list | tuple | np.ndarray):
        return arrays.from_list(list(data), labels, where)
    raise UserError(f"{where} holds no series: give an array, a list of arrays (one a series) or a DataFrame")
