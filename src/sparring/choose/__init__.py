"""How open values of a recipe are filled from the data, the machine and the budget: one rule a function, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..config import Recipe


@dataclass
class Choices:
    """A recipe being filled. `settle` keeps what the recipe or the user fixed, and remembers why the rest was chosen."""

    recipe: Recipe
    reasons: dict[str, str] = field(default_factory=dict)

    def settle(self, key: str, value: Any, reason: str) -> None:
        if getattr(self.recipe, key) is None:
            self.change(key, value, reason)

    def change(self, key: str, value: Any, reason: str) -> None:
        self.recipe = self.recipe.model_copy(update={key: value})
        self.reasons[key] = reason
