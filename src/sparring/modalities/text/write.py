"""Write texts to files. The same texts give the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...data.text_rows import texts_of
from ...errors import UserError
from ...util.files import write_bytes
from ...util.spreadsheets import defused_row
from ..labelled_files import LABELS, with_labels, write_folder, zipped
from .preview import files as preview_files
from .preview import joined

GRID = "grid.png"  # a picture of the texts, in the place of single files
SUFFIXES = (".txt", ".csv", ".jsonl", ".zip", ".png")


def write(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool = False) -> list[Path]:
    """Write texts to one file (.txt, .csv, .jsonl), .zip, .png (a picture of them), or a folder of .txt files.

    .txt has one text a line, or an empty line between texts where some have several lines. .csv and .jsonl have the
    columns text and, with labels, label. With `grid`, a folder gets one picture. Returns the paths. Raises UserError
    for another suffix.
    """
    out, suffix, texts = Path(out), Path(out).suffix.lower(), texts_of(values)
    if out.is_dir() or not suffix:
        return write_folder(_files(values, texts, labels, grid), out)
    if suffix == ".zip":
        data = zipped(_files(values, texts, labels, grid))
    elif suffix in SUFFIXES:
        data = preview_files(values)[".png"] if suffix == ".png" else _lines(texts, labels, suffix).encode()
    else:
        raise UserError(
            f"Texts cannot be written as {suffix} ({out}): use {', '.join(SUFFIXES[:-1])}, .png for a picture of them, "
            "or a folder's name without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, data)
    return [out]


def names_in_folder(count: int, grid: bool) -> Iterator[str]:
    """The names of the files that `write` makes in a folder."""
    if grid:
        yield GRID
        return
    yield from _names(count)
    yield LABELS


def lost_in(out: Path, passages: bool, grid: bool) -> str:
    """What a file of this name cannot hold; "" where it holds the texts as they are."""
    suffix = out.suffix.lower()
    if suffix == ".png" or (grid and suffix not in SUFFIXES):
        return f"{out.name} shows a picture of the texts; a folder, .txt, .csv or .jsonl holds the texts themselves"
    if suffix == ".txt" and passages:
        return f"{out.name} parts texts of several lines by empty lines; .jsonl holds each as it is"
    return ""


def _lines(texts: Sequence[str], labels: Sequence[str] | None, suffix: str) -> str:
    if suffix == ".txt":
        return joined(texts)
    rows = [{"text": text} for text in texts]
    if labels is not None:
        rows = [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows(defused_row(list(row.values())) for row in rows)
    return table.getvalue()


def _names(count: int) -> Iterator[str]:
    return (f"{index:06d}.txt" for index in range(count))


def _files(
    values: np.ndarray, texts: Sequence[str], labels: Sequence[str] | None, grid: bool
) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, preview_files(values)[".png"]
        return
    yield from with_labels(list(_names(len(texts))), (text.encode() for text in texts), labels)
