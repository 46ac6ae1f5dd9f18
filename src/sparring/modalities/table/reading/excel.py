"""Read a sheet of an Excel file as a table."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from ....errors import UserError, nearest

MIN_ROWS = 2  # of a sheet that holds a table


def read_excel(path: Path, sheet: str | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table of a sheet, and notes on what was chosen. sheet: as a person says; None: the first with a table.

    Raises UserError where there is no such sheet, or where cells are formulas whose values are not in the file.
    """
    import openpyxl

    notes: list[str] = []
    with pd.ExcelFile(path, engine="openpyxl") as book:
        names = [str(name) for name in book.sheet_names]
        if sheet is not None and sheet not in names:
            raise UserError(f"{path} has no sheet '{sheet}'; {nearest(sheet, names)}")
        frames = {name: book.parse(name) for name in ([sheet] if sheet else names)}
    full = [name for name, frame in frames.items() if len(frame) >= MIN_ROWS and len(frame.columns)]
    chosen = full[0] if full else next(iter(frames))
    others = [name for name in full if name != chosen]
    if others:
        notes.append(f"The sheet '{chosen}' is read, not {', '.join(map(repr, others[:5]))}: choose with --sheet.")
    marks = _marks(path)
    if marks & {"merged", "formula"}:
        with_values = openpyxl.load_workbook(path, data_only=True)[chosen]
        if "formula" in marks:
            _refuse_lost_values(path, chosen, with_values, openpyxl.load_workbook(path)[chosen])
        if with_values.merged_cells.ranges:
            notes.append(f"{len(with_values.merged_cells.ranges)} merged cells: each cell gets the value.")
            return _unmerged(with_values), tuple(notes)
    return frames[chosen], tuple(notes)


def _marks(path: Path) -> set[str]:
    """Do the sheets of a file hold merged cells or formulas?"""
    found = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name):
                text = archive.read(name)
                found |= {"merged"} if b"<mergeCell " in text else set()
                found |= {"formula"} if b"<f>" in text or b"<f " in text else set()
    return found


def _refuse_lost_values(path: Path, name: str, values: Any, formulas: Any) -> None:
    for row, written in zip(values.iter_rows(), formulas.iter_rows(), strict=False):
        for value, cell in zip(row, written, strict=False):
            if cell.data_type == "f" and value.value is None:
                raise UserError(
                    f"{path}: cell {cell.coordinate} of sheet '{name}' is a formula whose value is not in the file; "
                    "open the file in a spreadsheet program and save it"
                )


def _unmerged(sheet: Any) -> pd.DataFrame:
    """The sheet as a table in which every cell of a merged area has its value."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    top, left = sheet.min_row, sheet.min_column
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.max_col + 1):
                rows[row - top][column - left] = value
    whole = [row for row in rows if any(value is not None for value in row)]
    while len(whole) > 1 and len({*whole[0]}) == 1:  # a title over all columns
        whole = whole[1:]
    names = [str(name) if name is not None else f"Unnamed: {at}" for at, name in enumerate(whole[0])]
    return pd.DataFrame(whole[1:], columns=names).infer_objects()
