"""What a person asked for, kept beside a run, so that going on with other wishes can be refused with the difference."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import data
from .config import Recipe, load_recipe, with_settings
from .data.source import OpenOptions, Source
from .errors import UserError


@dataclass(frozen=True)
class Wishes:
    """What a person asked for; None: no wish. Rerunning a training with other wishes is refused, with the difference shown."""

    recipe: str | None = None
    images: str | int | None = None
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

    def opening(self, stored: dict[str, Any], largest_side: int, recipe: Recipe | None) -> OpenOptions:
        """How to open the data: as asked, else as `stored` with the run that is gone on with or started from, else as suits the device
        and the recipe (None: the one of the modality that is found)."""
        stored = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        wanted: dict[str, Any] = {} if recipe is None else {"modalities": recipe.modalities, "maps": recipe.maps}
        if recipe is not None and recipe.restores:
            wanted["fit"] = "cut"  # shrunk pictures are sharper and cleaner than those that will be restored
        keys = ("size", "fit", "mode", "labels", "label_level", "given", "types", "constraints")
        asked = {key: getattr(self, key) for key in keys if getattr(self, key) is not None}
        return OpenOptions(**{"max_side": largest_side, **wanted, **stored, **asked})


def open_source(where: str | Path | Source, options: OpenOptions) -> Source:
    return where if isinstance(where, Source) else data.open(where, options)


def refuse_changes(folder: Path, recipe: Recipe, about: dict[str, Any], wishes: Wishes) -> None:
    """Raises UserError naming every wish that differs from what the run was begun with. What is not wished for is not a difference.

    about: what stands beside the recipe in recipe.yaml.
    """
    asked = about["asked"]
    same = {"recipe": recipe.name, "seed": recipe.seed}  # what an unstated wish came to
    changed = [
        f"{key} {asked.get(key, same.get(key, 'unset'))} -> {now}"
        for key, now in wishes.stated().items()
        if key not in ("images", "settings") and now not in (asked.get(key), same.get(key))
    ]
    before = asked.get("settings", {})
    for key, value in wishes.settings.items():
        if before.get(key) != value and with_settings(recipe, {key: value}) != recipe:
            changed.append(f"{key} -> {value}")
    if about["given"] and wishes.own_recipe and wishes.recipe is not None:
        changed += differences(about["given"], load_recipe(wishes.recipe).model_dump(mode="json"))
    if changed:
        longer = " (for a longer training give --images)" if wishes.budget is not None else ""
        raise UserError(
            f"{folder} was begun differently ({'; '.join(changed)}); leave the change out to go on, or train into another folder with --out{longer}"
        )


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """Where two nested values differ: ["players.generator.optimizer.lr 0.0002 -> 0.001"]."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted({*then, *now})
        return [line for key in keys for line in differences(then.get(key), now.get(key), f"{path}.{key}".lstrip("."))]
    return [] if then == now else [f"{path} {then} -> {now}"]
