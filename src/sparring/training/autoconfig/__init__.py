"""How open values of a recipe are filled from the data, the machine and the budget: one rule a function, each with its
reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...config.reading import with_settings
from ...config.recipe import Recipe


@dataclass
class Choices:
    """A recipe being filled, and why each value was chosen."""

    recipe: Recipe
    reasons: dict[str, str] = field(default_factory=dict)

    def settle(self, key: str, value: Any, reason: str) -> None:
        """Fill a value that is open; keep one that the recipe or the user fixed. key: Dotted, as in --set."""
        if self.value(key) is None:
            self.change(key, value, reason)

    def change(self, key: str, value: Any, reason: str) -> None:
        self.recipe = with_settings(self.recipe, {key: value})
        self.reasons[key] = reason

    def value(self, key: str) -> Any:
        found: Any = self.recipe
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else getattr(found, part)
        return found
