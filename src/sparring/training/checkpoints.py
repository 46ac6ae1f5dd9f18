"""Checkpoints: full training states on disk, as plain tensors and readable text.

Each is written into a temporary folder, which is then renamed.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..util import files
from ..util.safetensors import from_bytes, to_bytes

FORMAT = 3
Groups = dict[str, dict[str, Tensor]]


@dataclass(frozen=True)
class State:
    """Everything on which the rest of a training depends.

    groups: Tensors by file (players, ema, optimizers ...) and name. facts: JSON values.
    """

    groups: Groups
    facts: dict[str, Any]


class Checkpoints:
    """The folder `checkpoints` of a run, with one folder for each state, named by the examples seen."""

    def __init__(self, folder: Path):
        self.folder = folder

    def numbers(self) -> list[int]:
        """The examples seen of every complete checkpoint, in ascending order."""
        if not self.folder.is_dir():
            return []
        return sorted(
            int(entry.name)
            for entry in self.folder.iterdir()
            if entry.name.isdigit() and (entry / "state.json").is_file()
        )

    def save(self, examples: int, state: State, keep: set[int]) -> None:
        """Write a state, then remove old checkpoints.

        The two newest up to `examples` and those in `keep` remain. Later ones are removed too: they belong to examples
        that were discarded when the training went back.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f".{examples:09d}.{os.getpid()}.tmp"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            aside.mkdir()
            for name, tensors in state.groups.items():
                files.write_bytes(aside / f"{name}.safetensors", to_bytes(tensors))
            files.write_json(
                aside / "state.json",
                {"format": FORMAT, "examples": examples, "groups": sorted(state.groups), **state.facts},
            )
            files.replace_folder(aside, self.folder / f"{examples:09d}")
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        newest = [number for number in self.numbers() if number <= examples][-2:]
        for number in self.numbers():
            if number > examples or (number not in newest and number not in keep):
                files.remove_folder(self.folder / f"{number:09d}")

    def load(self, examples: int) -> State:
        """The state of the checkpoint at `examples`. Raises UserError if it is damaged or has another format."""
        folder = self.folder / f"{examples:09d}"
        try:
            facts = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            groups = {path.stem: from_bytes(path.read_bytes(), path) for path in sorted(folder.glob("*.safetensors"))}
        except (OSError, ValueError) as error:
            raise UserError(
                f"checkpoint {folder} cannot be read ({error}); remove that folder to go on from an earlier one"
            ) from None
        if facts.get("format") != FORMAT:
            raise UserError(
                f"checkpoint {folder} has format {facts.get('format')}, this version of sparring reads format {FORMAT}"
            )
        if facts["groups"] != sorted(groups):
            raise UserError(f"checkpoint {folder} is not whole; remove that folder to go on from an earlier one")
        return State(groups, facts)

    def clean(self) -> None:
        """Remove the temporary files and folders of a killed process."""
        files.remove_temporary_files(self.folder)


def with_prefix(tensors: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Nested tensors with dotted names: {"generator": {"weight": t}} -> {"generator.weight": t}."""
    return {f"{name}.{key}": value for name, each in tensors.items() for key, value in each.items()}


def without_prefix(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `name` and a dot, without that prefix."""
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
