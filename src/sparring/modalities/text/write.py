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
from ...util.spreadsheets import defused_row
from ..labelled_files import GRID, numbered, with_labels, write_folder, write_whole, zipped
from .preview import files as preview_files
from .preview import joined

SINGLE = ".txt"  # of the files in a folder
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
    return write_whole(data, out)


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


def _files(
    values: np.ndarray, texts: Sequence[str], labels: Sequence[str] | None, grid: bool
) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, preview_files(values)[".png"]
        return
    yield from with_labels(numbered(len(texts), SINGLE), (text.encode() for text in texts), labels)
