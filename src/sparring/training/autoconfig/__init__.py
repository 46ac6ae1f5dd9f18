"""Fills open values of a recipe from the data, the machine and the budget, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...config.reading import with_settings
from ...config.recipe import Recipe


@dataclass
class Choices:
    """A recipe whose open values are being filled, and the reason of each choice by its dotted key."""

    recipe: Recipe
    reasons: dict[str, str] = field(default_factory=dict)

    def settle(self, key: str, value: Any, reason: str) -> None:
        """Fill a value if it is open. key: Dotted, as in --set."""
        if self.value(key) is None:
            self.change(key, value, reason)

    def change(self, key: str, value: Any, reason: str) -> None:
        """Set a value, open or not. key: Dotted, as in --set."""
        self.recipe = with_settings(self.recipe, {key: value})
        self.reasons[key] = reason

    def value(self, key: str) -> Any:
        """The present value of a dotted key; None if it is open."""
        found: Any = self.recipe
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else getattr(found, part)
        return found
