"""Rows of cells in a file, read by their numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ....errors import UserError

CELL = np.dtype("<f8")


class RowFile:
    """A file of rows, of which nothing stays in memory.

    Rows are read, not mapped: pages of a mapped file would count as memory of the program.

    Args:
        path: The file.
        count: Rows in it.
        columns: Cells of a row.

    Raises:
        UserError: The file has another size.
    """

    def __init__(self, path: Path, count: int, columns: int):
        self.path, self.count, self.columns = path, count, columns
        if not path.is_file() or path.stat().st_size != count * columns * CELL.itemsize:
            raise UserError(f"{path} is not whole; remove its folder, and it is made anew")

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """N x columns cells of these rows, in the given order."""
        different, places = np.unique(indices, return_inverse=True)
        if len(different) and not 0 <= different[0] <= different[-1] < self.count:
            raise IndexError(f"row {different[-1]} of {self.count}")
        found = np.empty((len(different), self.columns), CELL)
        ends = np.flatnonzero(np.diff(different, append=-2) != 1) + 1  # of runs of neighbours, each read at once
        with open(self.path, "rb", buffering=0) as file:
            start = 0
            for end in ends.tolist():
                file.seek(int(different[start]) * self.columns * CELL.itemsize)
                view = memoryview(found[start:end].data).cast("B")
                while len(view):
                    taken = file.readinto(view)
                    if not taken:
                        raise UserError(f"{self.path} ends early; remove its folder, and it is made anew")
                    view = view[taken:]
                start = end
        return found[places.reshape(-1)]


class RowWriter:
    """Writes rows one after the other. count: so far. hash: of all cells."""

    def __init__(self, path: Path):
        self.file, self.count, self.hash = open(path, "wb"), 0, hashlib.sha256()  # noqa: SIM115  # close() closes it

    def write(self, cells: np.ndarray) -> None:
        """Append N x columns cells."""
        data = np.ascontiguousarray(cells, CELL).tobytes()
        self.file.write(data)
        self.hash.update(data)
        self.count += len(cells)

    def close(self) -> None:
        """Everything is written."""
        self.file.close()
