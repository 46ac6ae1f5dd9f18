"""The folder that a training writes and every other command reads."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..config.reading import FORMAT, load_yaml, recipe_from
from ..config.recipe import Recipe
from ..errors import UserError
from ..util import files
from .log import Log, kept_snapshot, read_log

# What recipe.yaml holds apart from the recipe itself.
ABOUT = ("data", "asked", "recipe_file", "reasons", "command", "planned_seconds", "versions", "machine")


class UnreadablePart(UserError):
    """A file of a run folder is missing or damaged. brief: the same in a few words, for a list."""

    def __init__(self, sentence: str, brief: str):
        super().__init__(sentence)
        self.brief = brief


@dataclass(frozen=True)
class RunParts:
    """The readable parts of a run, as plain values.

    A part that is missing or damaged is empty here, and `missing` names it. `samples` holds (examples seen, picture)
    pairs, the oldest first. `evaluation` belongs to the snapshot that is kept now; it is {} where there is none.
    """

    path: Path
    recipe: dict[str, Any]
    source: dict[str, Any]
    log: Log
    samples: list[tuple[int, Path]]
    missing: list[str]
    evaluation: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.resolve().name


class Run:
    """A run folder. Files are read at each call, so a training may be writing to the folder meanwhile."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __fspath__(self) -> str:
        """A run can be given wherever its folder can."""
        return str(self.path)

    @property
    def exists(self) -> bool:
        """Whether the folder has a recipe.yaml, which makes it a run."""
        return (self.path / "recipe.yaml").is_file()

    def recipe(self) -> tuple[Recipe, dict[str, Any]]:
        """The resolved recipe, and the other entries of recipe.yaml: data, asked, reasons, command, versions and so on.

        Raises:
            UserError: The folder holds no run, or its recipe cannot be read.
        """
        if not self.exists:
            raise UserError(
                f"{self.path} is not a run folder (it has no recipe.yaml); "
                "give the folder that `sparring train` printed"
            )
        values = self._read("recipe.yaml")
        del values["format"]
        about = {name: values.pop(name, {}) for name in ABOUT}
        return recipe_from(values, str(self.path / "recipe.yaml")), about

    def write_recipe(self, recipe: Recipe, about: dict[str, Any]) -> None:
        """Write recipe.yaml. about: what `recipe` returns as its second value."""
        values = {"format": FORMAT, **recipe.model_dump(mode="json"), **about}
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=140)
        files.write_text(self.path / "recipe.yaml", text)

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files.

        Raises:
            UnreadablePart: The file is missing or damaged.
            UserError: The file has another format than this version reads.
        """
        return self._read(name)

    def write_json(self, name: str, values: dict[str, Any]) -> None:
        """Write one of the run's JSON files, with its format."""
        files.write_json(self.path / name, {"format": FORMAT, **values})

    def data_place(self) -> str | None:
        """Where the data of the run lies on this machine: a path, a name or a URL; None where nobody has said.

        A path that is gone is looked for where it lay from the run folder, because both may have been moved together.
        """
        try:
            told = self._read("local.json")
        except UnreadablePart:
            return None
        place, beside = told.get("data"), told.get("beside_run")
        if isinstance(beside, str) and not Path(str(place)).exists() and (self.path / beside).exists():
            return str((self.path / beside).resolve())
        return place if isinstance(place, str) else None

    def remember_data(self, place: str | None) -> None:
        """Keep where the data lies, for every command that needs it; None leaves what is known."""
        if place is None and (self.path / "local.json").is_file():
            return
        told: dict[str, Any] = {"data": place}
        if place is not None and Path(place).is_absolute():
            with contextlib.suppress(ValueError):  # on another drive
                told["beside_run"] = os.path.relpath(place, self.path.resolve())
        if told != {key: value for key, value in self._read_or_note("local.json", []).items() if key != "format"}:
            self.write_json("local.json", told)

    def log(self) -> Log:
        """The lines of log.jsonl; see `read_log`."""
        return read_log(self.path)

    def samples(self) -> list[tuple[int, Path]]:
        """The sample sheets, oldest first: samples/000012800.png was made after 12,800 examples."""
        found = [path for path in (self.path / "samples").glob("*.png") if path.stem.isascii() and path.stem.isdigit()]
        return sorted((int(path.stem), path) for path in found)

    def evaluation(self) -> dict[str, Any]:
        """evaluation.json where it belongs to the snapshot that the run keeps now, else {}."""
        found = self._read_or_note("evaluation.json", [])
        return found if found.get("snapshot") == kept_snapshot(self.log()) else {}

    def parts(self) -> RunParts:
        """Everything that a report shows. Missing and damaged parts are named instead of raised.

        Raises:
            UserError: There is no such folder, or a file has another format than this version reads.
        """
        if not self.path.is_dir():
            raise UserError(f"there is no run folder at {self.path}: give the folder that `sparring train` wrote")
        missing: list[str] = []
        recipe, source = (self._read_or_note(name, missing) for name in ("recipe.yaml", "source.json"))
        log, samples = self.log(), self.samples()
        if not log:
            there = (self.path / "log.jsonl").exists()
            missing.append("log.jsonl has no whole line yet" if there else "log.jsonl is not there")
        if not samples:
            missing.append("samples/ holds no picture yet")
        return RunParts(self.path, recipe, source, log, samples, missing, self.evaluation())

    def _read_or_note(self, name: str, missing: list[str]) -> dict[str, Any]:
        """The file's values; {} and a note in `missing` where it cannot be read."""
        try:
            return self._read(name)
        except UnreadablePart as error:
            missing.append(error.brief)
            return {}

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        parse = load_yaml if path.suffix == ".yaml" else json.loads
        try:
            values = parse(path.read_bytes().decode("utf-8"))
        except FileNotFoundError:
            advice = "the training was stopped before it began, run the same train command again"
            raise UnreadablePart(f"{self.path} has no {name}; {advice}", f"{name} is not there") from None
        except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            why = " ".join(str(error).split())
            raise UnreadablePart(f"{path} is damaged ({why})", f"{name} cannot be read") from None
        if not isinstance(values, dict) or "format" not in values:
            raise UnreadablePart(f"{path} is damaged (it says no format)", f"{name} cannot be read")
        if values["format"] != FORMAT:
            found = values["format"]
            raise UserError(f"{path} has format {found}; this version of sparring reads format {FORMAT} only")
        return values
