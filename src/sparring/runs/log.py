"""Reading log.jsonl: what was logged, whatever state the file is in."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

Log = list[dict[str, Any]]


def read_log(run: Path) -> Log:
    """Every whole line of the run's log, in order; a half-written or foreign line is passed over, a missing file is an empty log."""
    try:
        content = (run / "log.jsonl").read_bytes()
    except OSError:
        return []
    entries = (_entry(line) for line in content.decode("utf-8", errors="replace").split("\n"))
    return [entry for entry in entries if entry is not None]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def ticks(log: Log) -> Log:
    """The ticks that say where they were, in order."""
    return [entry for entry in log if entry.get("event") == "tick" and whole(entry.get("examples")) is not None]


def last_event(log: Log, event: str) -> dict[str, Any] | None:
    """The last line with this event, unless the training went on after it (it was extended, or rolled back)."""
    for entry in reversed(log):
        if entry.get("event") == event:
            return entry
        if entry.get("event") == "tick":
            return None
    return None


def images_seen(log: Log) -> int | None:
    """How far the training came, in images."""
    return max((images for entry in log if (images := whole(entry.get("examples"))) is not None), default=None)


def best_tick(log: Log) -> dict[str, Any] | None:
    """The tick of the snapshot that is kept: the one the final line names, else the last marked best, else the lowest selection score."""
    rows = ticks(log)
    final = last_event(log, "final") or {}
    named = [row for row in rows if whole(row["examples"]) == whole(final.get("snapshot"))]
    marked = [row for row in rows if row.get("best") is True]
    if named or marked:
        return (named or marked)[-1]
    scored = [(value, row) for row in rows if (value := number(row.get("selection"))) is not None]
    return min(scored, key=lambda pair: pair[0])[1] if scored else None


def snapshot_images(log: Log) -> int | None:
    """At which image the kept snapshot was taken."""
    named = whole((last_event(log, "final") or {}).get("snapshot"))
    return named if named is not None else whole((best_tick(log) or {}).get("examples"))


def number(value: Any) -> float | None:
    """A finite number, or None for anything else (null, NaN, text, true)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A count, or None."""
    found = number(value)
    return None if found is None else int(found)
