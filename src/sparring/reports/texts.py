"""Texts of a run, for a page that shows them as text."""

from __future__ import annotations

from pathlib import Path

MAX_CHARACTERS = 20_000  # of a file


def shown_text(path: Path) -> str | None:
    """The contents of a text file, cut where it is long; None where it is missing or no UTF-8."""
    try:
        found = path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return found if len(found) <= MAX_CHARACTERS else f"{found[:MAX_CHARACTERS]} ..."
