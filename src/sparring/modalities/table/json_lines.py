"""Tables as JSON lines: an object in each line, its keys the columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...util.text_encodings import decoded


def read_json_lines(path: Path, encoding: str | None = None) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The rows of a file, and notes on what was guessed. Raises UserError, naming the line, for anything else."""
    text, notes = decoded(path.read_bytes(), encoding)
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UserError(f'{path}, line {number}, is no JSON object; write one row a line, as {{"age": 31}}')
        rows.append(row)
    return rows, notes
