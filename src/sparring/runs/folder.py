"""The folder that a training writes and every other command reads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config.reading import recipe_from
from ..config.recipe import Recipe
from ..errors import UserError
from ..util import checks
from . import hub, stored
from .log import Log, damaged_lines, kept_snapshot, read_log
from .stored import ABOUT, HASH, UnreadablePart

COPY = "checkpoints/description.json"  # of all files of DESCRIBED, from which damaged ones are written back
DESCRIBED = ("source.json", "codec.json", "recipe.yaml")  # in the order in which they are written
PRETRAINED = "pretrained"  # the name of the generator's weights from before the discriminator took part
MAX_NAMED = 5  # edited settings that a message names


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
    """A run folder. Files are read at each call, so a training may be writing to the folder meanwhile.

    `hf://user/name@revision` stands for a run on a hub: its folder is one in the cache, and it is read only.
    """

    def __init__(self, path: str | os.PathLike[str]):
        given = checks.path(path, "`path`")
        self.is_shared = hub.is_address(given)
        self.path = hub.fetched(given) if self.is_shared else given

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __fspath__(self) -> str:
        """A run can be given wherever its folder can."""
        return str(self.path)

    @property
    def exists(self) -> bool:
        """Whether the folder has a recipe.yaml, which makes it a run."""
        return (self.path / "recipe.yaml").is_file()

    @property
    def has_lost_its_recipe(self) -> bool:
        """Whether recipe.yaml is missing from a run that has trained, so that it can be written back from its copy."""
        examples = [int(entry.name) for entry in (self.path / "checkpoints").glob("*") if entry.name.isdecimal()]
        return not self.exists and (self.path / COPY).is_file() and max(examples, default=0) > 0

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
        about = {name: values.pop(name) for name in ABOUT}
        return recipe_from(values, str(self.path / "recipe.yaml")), about

    def write_recipe(self, recipe: Recipe, about: dict[str, Any]) -> None:
        """Write recipe.yaml, and its copy. about: what `recipe` returns as its second value."""
        values = {**recipe.model_dump(mode="json"), **about}
        stored.write(self.path / "recipe.yaml", values)
        stored.write(self.path / COPY, {**self._copies(), "recipe.yaml": values})

    def describe(self, recipe: Recipe, about: dict[str, Any], parts: Mapping[str, Any]) -> None:
        """Write all files that describe the run, and a copy of them.

        recipe.yaml is last, because a folder that has it is a run.

        parts: The values of source.json and codec.json by name.
        """
        copies = {**parts, "recipe.yaml": {**recipe.model_dump(mode="json"), **about}}
        stored.write(self.path / COPY, copies)
        for name in DESCRIBED:
            stored.write(self.path / name, copies[name])

    def write_back(self) -> list[str]:
        """Write damaged and missing files of DESCRIBED back from their copy. Returns their names.

        Raises UserError for a recipe.yaml that was edited, with what was changed.
        """
        copies, mended = self._copies(), []
        for name in DESCRIBED:
            try:
                self._read(name)
            except UnreadablePart as error:
                if name not in copies:
                    raise
                path, known = self.path / name, error.values
                damaged = name != "recipe.yaml" or known is None or stored.is_cut(path, copies[name])
                if not damaged and (changes := _changes(copies[name], known or {})):
                    raise UserError(
                        f"{path} was edited ({changes}), and a training keeps the settings it began with; "
                        f"undo that, or remove the file to have it written back, or train into another folder with "
                        f"--out and --set"
                    ) from None
                stored.write(path, copies[name])
                mended.append(name)
        return mended

    def _copies(self) -> dict[str, Any]:
        try:
            return stored.read(self.path / COPY)
        except UnreadablePart:
            return {}

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files.

        Raises:
            UnreadablePart: The file is missing or damaged.
            UserError: The file has another format than this version reads.
        """
        return self._read(name)

    def write_json(self, name: str, values: dict[str, Any]) -> None:
        """Write one of the run's JSON files, with its format and hash."""
        stored.write(self.path / name, values)

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
        before = self._read_or_note("local.json", [])
        if place is None and before:
            return
        told: dict[str, Any] = {"data": place}
        if place is not None and Path(place).is_absolute():
            with contextlib.suppress(ValueError):  # on another drive
                told["beside_run"] = os.path.relpath(place, self.path.resolve())
        if told != before:
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
        belongs = self.is_shared or found.get("snapshot") == kept_snapshot(self.log())  # no log is shared
        return found if belongs else {}

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
        if damaged := damaged_lines(self.path):
            missing.append(f"{len(damaged)} damaged lines of log.jsonl are left out (the first is line {damaged[0]})")
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
        return stored.read(self.path / name)


def _changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What differs: "batch 64 -> 32; reasons"."""
    ignored = ("format", HASH)
    return "; ".join(differences(before, {key: value for key, value in now.items() if key not in ignored})[:MAX_NAMED])


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """The differences of two nested values, one text each: ["players.generator.optimizer.lr 0.0002 -> 0.001"]."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted({*then, *now}, key=str)
        return [line for key in keys for line in differences(then.get(key), now.get(key), f"{path}.{key}".lstrip("."))]
    return [] if then == now else [f"{path} {then} -> {now}"]
