"""Opens a table at a path: as a whole where it is small, else part by part."""

from __future__ import annotations

from pathlib import Path

from ....data.options import OpenContext
from .. import source
from ..options import TableOptions
from .parquet_parts import parts_of
from .source import is_large, open_large


def open_path(path: Path, options: TableOptions, context: OpenContext) -> source.TableSource:
    """Raises UserError where there is no table to learn from."""
    parts = parts_of(path)
    whole = context.like is not None or context.keep_rows  # compared with another table, or needed as it was read
    if parts and not whole and is_large(parts):
        source.refuse_labels(path, options)
        return open_large(parts, path.stem if path.is_file() else path.name, options)
    return source.open_path(path, options, context)
