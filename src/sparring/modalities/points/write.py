"""Points to files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...util.files import write_bytes
from ...util.spreadsheets import defused
from ..drawing import png
from .plots import scatter


def write(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool = False) -> list[Path]:
    """Write float32 N x 2 to .csv, .npy, .npz, .png (a scatter plot), or to a folder of points.csv and points.png.

    grid: only the scatter plot goes into a folder. Returns the paths. Raises UserError for another suffix.
    """
    out, suffix = Path(out), Path(out).suffix.lower()
    if out.is_dir() or not suffix:
        names = ["points.png"] if grid else ["points.csv", "points.png"]
        return [path for name in names for path in write(values, labels, out / name)]
    if suffix not in WRITERS:
        raise UserError(
            f"Points cannot be written as {suffix} ({out}): use {', '.join(WRITERS)}, or a folder's name without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, WRITERS[suffix](values, labels))
    return [out]


def _csv(values: np.ndarray, labels: Sequence[str] | None) -> bytes:
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["x", "y"] + ([] if labels is None else ["label"]))
    for index, point in enumerate(values):
        rows.writerow([str(number) for number in point] + ([] if labels is None else [defused(labels[index])]))
    return table.getvalue().encode()


def _npy(values: np.ndarray, labels: Sequence[str] | None) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _npz(values: np.ndarray, labels: Sequence[str] | None) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"points": values} | ({} if labels is None else {"labels": np.array(labels, dtype=str)})
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _png(values: np.ndarray, labels: Sequence[str] | None) -> bytes:
    return png(scatter(values))


WRITERS = {".csv": _csv, ".npy": _npy, ".npz": _npz, ".png": _png}
