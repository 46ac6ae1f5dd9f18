"""Lines of log.jsonl, each with a hash, and reading the file in whatever state it is.

Keys and values of the log that other modules would otherwise repeat are named here once.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..util.files import json_text

Log = list[dict[str, Any]]

EXAMPLES = "examples"  # the key of the number of examples seen in a line, and of all planned ones in a recipe
SPEED = ("clock", "examples_per_second")
SECONDS = ("clock", "seconds")
NOT_ASSESSED = ("", "warming-up")  # the health of a training with too few ticks
ROLL_BACK = "roll back"  # the action of a return to the best snapshot


def line_of(values: Mapping[str, Any]) -> bytes:
    """The values as a line of the log. Raises ValueError for numbers that are not finite."""
    return hashed(json_text(values, allow_nan=False))


def hashed(text: str) -> bytes:
    """A JSON object as a line of the log, with a hash of what stands before the hash."""
    return f'{text[:-1]}, "hash": "{_digest(text[:-1])}"}}\n'.encode()


def read_log(run: Path) -> Log:
    """Every whole line of the run's log, in order.

    A last line without its line break is still being written and is left out; so are damaged lines. A missing file is
    an empty log.
    """
    return [line for line in _lines(run) if line is not None]


def damaged_lines(run: Path) -> list[int]:
    """The numbers, from 1, of the lines of the log that are not what was written."""
    return [number for number, line in enumerate(_lines(run), 1) if line is None]


def _lines(run: Path) -> list[dict[str, Any] | None]:
    try:
        content = (run / "log.jsonl").read_bytes()
    except OSError:
        return []
    return [_parse_line(line) for line in content.decode("utf-8", errors="replace").split("\n")[:-1]]


_HASHED = re.compile(r'(\{.*), "hash": "([0-9a-f]{16})"\}')


def _parse_line(text: str) -> dict[str, Any] | None:
    """The values of a line; None where it is damaged."""
    found = _HASHED.fullmatch(text)
    if not found or _digest(found[1]) != found[2]:
        return None
    try:
        value = json.loads(found[1] + "}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
    if named_by_final is not None:
        return next((row for row in reversed(rows) if examples_at(row) == named_by_final), None)
    if marked := [row for row in rows if row.get("best") is True]:
        return marked[-1]
    scored = [(value, row) for row in rows if (value := number(row.get("selection"))) is not None]
    return min(scored, key=lambda pair: pair[0])[1] if scored else None


def kept_snapshot(log: Log) -> int | None:
    """How many examples had been seen when the kept snapshot was taken."""
    named = whole((last_event(log, "final") or {}).get("snapshot"))
    return named if named is not None else examples_at(best_tick(log) or {})


def start_of_the_game(recipe: Mapping[str, Any]) -> float:
    """The number of examples seen after which the discriminator takes part; 0 where it does from the beginning."""
    algorithm = recipe.get("algorithm")
    share = number(algorithm.get("pretrain_fraction")) if isinstance(algorithm, Mapping) else None
    return (share or 0.0) * (examples_planned(recipe) or 0)


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
