"""JSON lines: an object in each line."""

from __future__ import annotations

import json
from typing import Any

from ..errors import UserError


def objects(text: str, where: str, advice: str) -> list[dict[str, Any]]:
    """The objects of a text, without its empty lines. Raises UserError, naming the line, for any other line."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise UserError(f"{where}, line {number}, is no JSON object: {advice}")
        found.append(value)
    return found
