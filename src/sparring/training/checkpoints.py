"""Checkpoints: full training states on disk, as plain tensors and readable text, with a hash of every file.

Each is written into a temporary folder, which is then renamed. A damaged one is found before it is used.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..util import files
from ..util.hashed import HASH, hash_matches, with_hash
from ..util.notes import warn
from ..util.safetensors import DamagedFile, from_bytes, hash_of, to_bytes

FORMAT = 6
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
        """The examples seen of every checkpoint, whole or damaged, in ascending order."""
        if not self.folder.is_dir():
            return []
        names = [entry.name for entry in self.folder.iterdir() if entry.name.isascii() and entry.name.isdigit()]
        return sorted(int(name) for name in names if name == f"{int(name):09d}")

    def save(self, examples: int, state: State, keep: set[int]) -> None:
        """Write a state, then remove old checkpoints.

        The two newest up to `examples` and those in `keep` remain. Later ones are removed too: they belong to examples
        that were discarded when the training went back.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{examples:09d}"
        aside = files.temporary_path(target)
        shutil.rmtree(aside, ignore_errors=True)
        try:
            aside.mkdir()
            hashes = {}
            for name, tensors in state.groups.items():
                data = to_bytes(tensors)
                hashes[name] = hash_of(data)
                files.write_bytes(aside / f"{name}.safetensors", data)
            facts = {"format": FORMAT, "examples": examples, "groups": hashes, **state.facts}
            files.write_json(aside / "state.json", with_hash(facts))
            files.replace_folder(aside, target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        newest = [number for number in self.numbers() if number <= examples][-2:]
        for number in self.numbers():
            if number > examples or (number not in newest and number not in keep):
                files.remove_folder(self.folder / f"{number:09d}")

    def load(self, examples: int) -> State:
        """The state of the checkpoint at `examples`.

        Raises:
            DamagedFile: A file is missing, changed, or of another checkpoint.
            UserError: It has another format than this version reads.
        """
        folder = self.folder / f"{examples:09d}"
        try:
            facts = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            told = isinstance(facts, dict) and (HASH not in facts or hash_matches(facts))
            if told and facts.get("format") != FORMAT:
                raise UserError(
                    f"checkpoint {folder} has format {facts.get('format')}, this version of sparring reads format "
                    f"{FORMAT}"
                )
            if not hash_matches(facts):
                raise DamagedFile("state.json does not match its hash")
            if facts["examples"] != examples:
                raise DamagedFile(f"state.json is that of the checkpoint at {facts['examples']:,} examples")
            return State({name: _group(folder, name, wanted) for name, wanted in facts["groups"].items()}, facts)
        except OSError as error:
            missing = Path(error.filename).name if error.filename else "a file"
            raise DamagedFile(f"checkpoint {folder} is damaged ({missing}: {error.strerror})") from None
        except (ValueError, RecursionError, DamagedFile) as error:
            raise DamagedFile(f"checkpoint {folder} is damaged ({error})") from None

    def load_whole(self, preferred: int | None = None) -> tuple[int, State] | None:
        """The newest state that is not damaged, with its number; None without any checkpoint.

        A damaged one is named in a note to the user.

        preferred: The number of the checkpoint that is tried first.

        Raises UserError if all are damaged.
        """
        numbers = sorted(self.numbers(), key=lambda number: (number == preferred, number), reverse=True)
        damaged = []
        for number in numbers:
            try:
                state = self.load(number)
            except DamagedFile as error:
                damaged.append(str(error))
                continue
            if damaged:
                warn(f"{'; '.join(damaged)}; going on from the one at {number:,} examples instead")
            return number, state
        if damaged:
            raise UserError(
                f"{'; '.join(damaged)}: no checkpoint is whole; put {self.folder} back from a copy, or train into "
                f"another --out, with --init-from {self.folder.parent} from the snapshot that is kept there"
            )
        return None

    def clean(self) -> None:
        """Remove the temporary files and folders of a killed process."""
        files.remove_temporary_files(self.folder, exclusive=True)


def _group(folder: Path, name: str, wanted: str) -> dict[str, Tensor]:
    """The tensors of one file of a checkpoint. Raises DamagedFile if they are not those of its state.json."""
    path = folder / f"{name}.safetensors"
    data = path.read_bytes()
    tensors = from_bytes(data, path)
    if hash_of(data) != wanted:
        raise DamagedFile(f"{path} is not of this checkpoint")
    return tensors


def with_prefix(tensors: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Nested tensors with dotted names: {"generator": {"weight": t}} -> {"generator.weight": t}."""
    return {f"{name}.{key}": value for name, each in tensors.items() for key, value in each.items()}


def without_prefix(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `name` and a dot, without that prefix."""
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
