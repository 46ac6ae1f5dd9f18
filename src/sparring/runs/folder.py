"""The folder that a training writes and every other command reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..config.recipe import FORMAT, Recipe, parse_yaml, recipe_from
from ..errors import UserError
from ..util import files

if TYPE_CHECKING:
    from ..inference.generator import Gan

ABOUT = ("data", "asked", "given", "reasons", "command", "planned_seconds", "versions", "machine")  # keys beside those of the recipe


class Run:
    """A run folder, for reading. Everything is read when asked for, so that a training may be going on in it."""

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __fspath__(self) -> str:
        """A run can be given wherever its folder can."""
        return str(self.path)

    @property
    def exists(self) -> bool:
        return (self.path / "recipe.yaml").is_file()

    def recipe(self) -> tuple[Recipe, dict[str, Any]]:
        """The resolved recipe, and what stands beside it: data, asked, reasons, command, planned_seconds, versions, machine.

        Raises UserError where there is no run or it cannot be read.
        """
        if not self.exists:
            raise UserError(f"{self.path} is not a run folder (it has no recipe.yaml); give the folder that `sparring train` printed")
        values = parse_yaml(files.read_text(self.path / "recipe.yaml"), str(self.path / "recipe.yaml"))
        about = {name: values.pop(name, {}) for name in ABOUT}
        return recipe_from(values, str(self.path / "recipe.yaml")), about

    def write_recipe(self, recipe: Recipe, about: dict[str, Any]) -> None:
        values = {"format": FORMAT, **recipe.model_dump(mode="json"), **about}
        files.write_text(self.path / "recipe.yaml", yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=140))

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files; refuses what is missing, damaged or of another format in one sentence."""
        path = self.path / name
        try:
            value = json.loads(files.read_text(path))
        except FileNotFoundError:
            raise UserError(
                f"{self.path} has no {name}; the training was stopped before it began, run the same train command again"
            ) from None
        except ValueError as error:
            raise UserError(f"{path} is damaged ({error})") from None
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise UserError(f"{path} is not of format {FORMAT}, the only one this version of sparring reads")
        return value

    def log(self) -> list[dict[str, Any]]:
        """The lines of log.jsonl; a last one still being written is left out."""
        path = self.path / "log.jsonl"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def load(self) -> Gan:
        """The trained generator, ready to use."""
        from ..inference.generator import load

        return load(self.path)
