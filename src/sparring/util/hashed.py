"""Values with a hash, so that a changed byte or an edit is found before anybody relies on the values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

HASH = "sha256"  # the key of the hash among the values


def with_hash(values: dict[str, Any]) -> dict[str, Any]:
    """The values with their hash, for a JSON or YAML file. The spelling and the order of keys do not change the hash.

    Raises ValueError for values that JSON cannot represent.
    """
    return {**values, HASH: _digest(values)}


def hash_matches(values: Any) -> bool:
    """Whether values read from a file are those that `with_hash` gave."""
    if not isinstance(values, dict) or not isinstance(values.get(HASH), str):
        return False
    try:
        return values[HASH] == _digest({key: value for key, value in values.items() if key != HASH})
    except (TypeError, ValueError, RecursionError):  # a date in YAML, or nested without end
        return False


def _digest(values: dict[str, Any]) -> str:
    plain = json.loads(json.dumps(values))  # tuples become lists and numbers as keys become texts, as in a file
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
