"""What a person asked for, kept beside a run, so that going on with other wishes can be refused with the difference."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..data.source import DataOptions
from .recipe import Recipe


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
    given: str | None = None
    types: dict[str, str] | None = None
    constraints: tuple[str, ...] | None = None
    init_from: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def stated(self) -> dict[str, Any]:
        """The wishes that were made, as plain values for recipe.yaml."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items() if value not in (None, {})}

    @property
    def own_recipe(self) -> bool:
        """Is the recipe a file of the user's, which may change between two runs?"""
        return self.recipe is not None and self.recipe.endswith((".yaml", ".yml"))

    def opening(self, stored: dict[str, Any], largest_side: int, recipe: Recipe | None) -> DataOptions:
        """How to open the data: as asked, else as `stored` with the run that is gone on with or started from, else as suits the device
        and the recipe (None: the one of the modality that is found)."""
        stored = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        wanted: dict[str, Any] = {} if recipe is None else {"modalities": recipe.modalities, "maps": recipe.algorithm.label_map_side}
        if recipe is not None and recipe.algorithm.restores:
            wanted["fit"] = "cut"  # shrunk pictures are sharper and cleaner than those that will be restored
        keys = ("size", "fit", "mode", "labels", "label_level", "given", "types", "constraints")
        asked = {key: getattr(self, key) for key in keys if getattr(self, key) is not None}
        return DataOptions(**{"max_side": largest_side, **wanted, **stored, **asked})
