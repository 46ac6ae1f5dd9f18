"""What a person asked for, kept beside a run, so that going on with other wishes can be refused with the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..data.options import OpenContext
from .recipe import Recipe


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """With lists in the place of tuples, as YAML has them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


@dataclass(frozen=True)
class TrainOptions:
    """What a person asked for; None: no wish. Rerunning a training with other wishes is refused, with the difference shown."""

    recipe: str | None = None
    examples: str | int | None = None
    budget: str | float | None = None
    seed: int | None = None
    size: tuple[int, int] | None = None
    fit: str | None = None
    mode: str | None = None
    labels: str | None = None
    label_level: str | None = None
    input: str | None = None
    types: dict[str, str] | None = None
    constraints: tuple[str, ...] | None = None
    init_from: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def stated(self) -> dict[str, Any]:
        """The wishes that were made, as plain values for recipe.yaml."""
        return plain_values({key: value for key, value in asdict(self).items() if value not in (None, {})})

    @property
    def own_recipe(self) -> bool:
        """Is the recipe a file of the user's, which may change between two runs?"""
        return self.recipe is not None and self.recipe.endswith((".yaml", ".yml"))

    def opening(self, stored: dict[str, Any], largest_side: int, recipe: Recipe | None) -> tuple[dict[str, Any], OpenContext]:
        """How to open the data: what was asked (now, or as `stored` with the run that is continued or started from), and the context.

        recipe: None where it will be the default recipe of the modality that is found.
        """
        keys = ("size", "fit", "mode", "labels", "label_level", "input", "types", "constraints")
        asked = {key: getattr(self, key) for key in keys if getattr(self, key) is not None}
        context: dict[str, Any] = {"max_side": largest_side}
        if recipe is not None:
            context |= {"modalities": recipe.modalities, "label_maps": recipe.algorithm.label_map_side}
            if recipe.algorithm.restores:
                context["fit"] = "patches"  # resized pictures are sharper and cleaner than those that will be restored
        return {**stored.get("asked", {}), **asked}, OpenContext(**{**context, **stored.get("context", {})})
