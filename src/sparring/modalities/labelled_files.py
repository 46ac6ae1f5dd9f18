"""Files of samples with their labels beside them, in a folder or a zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..util.files import write_bytes
from ..util.spreadsheets import defused_row

LABELS, GRID = "labels.csv", "grid.png"  # beside single files; a picture of all in their place

NamedFiles = Iterable[tuple[str, bytes]]


def with_labels(
    names: Sequence[str], contents: Iterable[bytes], labels: Sequence[str] | None
) -> Iterator[tuple[str, bytes]]:
    """Files by name, (name, bytes) each, and labels.csv where there are labels (class names)."""
    yield from zip(names, contents, strict=True)
    if labels is not None:
        table = io.StringIO()
        rows = [("file", "label"), *zip(names, defused_row(labels), strict=True)]
        csv.writer(table, lineterminator="\n").writerows(rows)
        yield LABELS, table.getvalue().encode()


def numbered(count: int, suffix: str) -> list[str]:
    """The names of so many files: 000000.wav, 000001.wav ..."""
    return [f"{index:06d}{suffix}" for index in range(count)]


def names_in_folder(names: Iterable[str], grid: bool) -> Iterator[str]:
    """The names of all files of a folder of samples. names: of single files. grid: one picture takes their place."""
    yield from [GRID] if grid else [*names, LABELS]


def write_whole(data: bytes, out: Path) -> list[Path]:
    """Write one file, in a folder that is made. Returns its path, as `write_folder` does."""
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, data)
    return [out]


def npz(arrays: Mapping[str, np.ndarray], labels: Sequence[str] | None) -> bytes:
    """Arrays by name, with the labels where there are some, as a compressed .npz without pickles."""
    buffer = io.BytesIO()
    named = {} if labels is None else {"labels": np.array(labels, dtype=str)}
    np.savez_compressed(buffer, allow_pickle=False, **{**arrays, **named})
    return buffer.getvalue()


def write_folder(files: NamedFiles, out: Path) -> list[Path]:
    """Write files into a folder. Returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in files:
        (out / name).write_bytes(
            data
        )  # not flushed to the disk each: there may be thousands, and they can be made again
        written.append(out / name)
    return written


def zipped(files: NamedFiles) -> bytes:
    """Files as a zip archive, of the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            about = zipfile.ZipInfo(name)  # dated 1980, so that the bytes do not depend on the time
            about.create_system = 3
            archive.writestr(about, data)
    return buffer.getvalue()
