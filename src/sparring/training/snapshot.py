"""The snapshot that a run hands out: one file with weights for each player, written back if it is damaged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from ..runs.folder import PRETRAINED
from ..util import files
from ..util.notes import warn
from ..util.safetensors import DamagedFile, read_metadata, to_bytes
from .checkpoints import Checkpoints, State, without_prefix

FORMAT = 3
__all__ = ["PRETRAINED", "restore", "weights_of", "write"]


def write(folder: Path, name: str, tensors: dict[str, Tensor], examples: int) -> None:
    """Write the weights of one player. examples: Seen when the snapshot was taken."""
    described = {"format": FORMAT, "player": name, "examples": examples}
    files.write_bytes(folder / f"{name}.safetensors", to_bytes(tensors, described))


def restore(folder: Path, checkpoints: Checkpoints, best: int | None, players: Iterable[str]) -> None:
    """Write the best snapshot again where a file of it is missing, damaged, or of another snapshot.

    Without a checkpoint of the best snapshot the files stay as they are.

    best: The examples seen at the best snapshot; None before there is one. players: The names of the networks.
    """
    if best is None or best not in checkpoints.numbers():
        return
    wrong = [name for name in players if _examples_of(folder / f"{name}.safetensors") != best]
    if not wrong:
        return
    try:
        state = checkpoints.load(best)
    except DamagedFile as error:
        warn(f"{error}; {folder} keeps the snapshot that it has")
        return
    for name in wrong:
        write(folder, name, weights_of(state, name), best)


def weights_of(state: State, player: str) -> dict[str, Tensor]:
    """The weights of a player in a checkpoint: its average where it has one, for that is what is handed out."""
    return without_prefix(state.groups["ema"], player) or without_prefix(state.groups["players"], player)


def _examples_of(path: Path) -> int | None:
    """The examples seen at the snapshot in this file; None where there is none that is whole."""
    try:
        return read_metadata(path.read_bytes(), path).get("examples") if path.is_file() else None
    except DamagedFile as error:
        warn(f"{error}; it is written back from its checkpoint")
        return None
