"""The recipe as rows for a reader: setting, value, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..runs.folder import ABOUT
from .values import mapping, plain

NOT_SETTINGS = {"format", "name", "summary", *ABOUT}
MAX_DEPTH = 6


def settings(recipe: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(dotted key, value, reason) of every setting; the reason is empty where the recipe itself fixes the value."""
    reasons = mapping(recipe.get("reasons"))
    chosen = {key: value for key, value in recipe.items() if key not in NOT_SETTINGS}
    return [(key, plain(value), plain(reasons.get(key, ""))) for key, value in flat(chosen)]


def flat(tree: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings with dotted names. An empty mapping is a leaf, and so is one below MAX_DEPTH."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and depth < MAX_DEPTH:
            yield from flat(value, name + ".", depth + 1)
        else:
            yield name, value
