"""Files of samples with their labels beside them, in a folder or a zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..util.spreadsheets import defused_row

LABELS = "labels.csv"

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
