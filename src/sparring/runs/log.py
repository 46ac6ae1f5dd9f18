"""Reading log.jsonl, whatever state the file is in.

Keys and values of the log that other modules would otherwise repeat are named here once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Log = list[dict[str, Any]]

EXAMPLES = "examples"  # the key of the number of examples seen in a line, and of all planned ones in a recipe
SPEED = ("clock", "examples_per_second")
SECONDS = ("clock", "seconds")
NOT_ASSESSED = ("", "warming-up")  # the health of a training with too few ticks
ROLL_BACK = "roll back"  # the action of a return to the best snapshot


def read_log(run: Path) -> Log:
    """Every line of the run's log, in order.

    A last line without its line break is still being written and is left out; so are lines that are no JSON objects.
    A missing file is an empty log.
    """
    try:
        content = (run / "log.jsonl").read_bytes()
    except OSError:
        return []
    lines = (_parse_line(line) for line in content.decode("utf-8", errors="replace").split("\n")[:-1])
    return [line for line in lines if line is not None]


def _parse_line(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def examples_at(line: Mapping[str, Any]) -> int | None:
    """How many examples had been seen when this line was written."""
    return whole(line.get(EXAMPLES))


def examples_planned(recipe: Mapping[str, Any]) -> int | None:
    """How many examples a training sees by its recipe."""
    return whole(recipe.get(EXAMPLES))


def value_at(line: Mapping[str, Any], path: tuple[str, ...]) -> float | None:
    """The finite number at this path of keys, or None."""
    value: Any = line
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return number(value)


def ticks(log: Log) -> Log:
    """The ticks that say how many examples had been seen, in order."""
    return [line for line in log if line.get("event") == "tick" and examples_at(line) is not None]


def last_event(log: Log, event: str) -> dict[str, Any] | None:
    """The last line with this event; None where the training went on after it (it was extended or rolled back)."""
    for line in reversed(log):
        if line.get("event") == event:
            return line
        if line.get("event") == "tick":
            return None
    return None


def examples_seen(log: Log) -> int | None:
    """How many examples the training has seen in all."""
    return max((seen for line in log if (seen := examples_at(line)) is not None), default=None)


def best_tick(log: Log) -> dict[str, Any] | None:
    """The tick of the kept snapshot.

    It is the one that the final line names, else the last one marked as best, else the one with the lowest score.
    """
    rows = ticks(log)
    named_by_final = whole((last_event(log, "final") or {}).get("snapshot"))
    named = [row for row in rows if examples_at(row) == named_by_final]
    marked = [row for row in rows if row.get("best") is True]
    if named or marked:
        return (named or marked)[-1]
    scored = [(value, row) for row in rows if (value := number(row.get("selection"))) is not None]
    return min(scored, key=lambda pair: pair[0])[1] if scored else None


def kept_snapshot(log: Log) -> int | None:
    """How many examples had been seen when the kept snapshot was taken."""
    named = whole((last_event(log, "final") or {}).get("snapshot"))
    return named if named is not None else examples_at(best_tick(log) or {})


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
