"""Resumes an existing run at its newest checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..callbacks.base import Callback
from ..config.options import TrainOptions, how_to_open
from ..config.recipe import Recipe
from ..data.source import Source
from ..errors import Diverged, UserError
from ..modalities.adapters import for_algorithm
from ..modalities.opening import open_data, place_of
from ..runs.folder import Run
from ..runs.log import kept_snapshot
from ..util import files
from ..util.devices import max_image_side
from ..util.versions import machine, versions
from . import snapshot
from .assembly import Assembly, Parts, build_players, fit_features
from .changes import refuse_changes
from .checkpoints import Checkpoints
from .extension import extended
from .processes import ALONE, Processes, refuse_unshared


def resume(
    run: Run,
    where: Any,
    options: TrainOptions,
    device: torch.device,
    console: Callback,
    callbacks: Iterable[Callback] = (),
    started: float | None = None,
    processes: Processes = ALONE,
) -> Assembly | None:
    """The assembly of an existing run at its newest checkpoint, or None if the run is finished.

    Args:
        run: The folder.
        where: The data.
        options: The options that the user set.
        device: The device of the training.
        console: The callback that receives notes for the user.
        callbacks: The user's own callbacks.
        started: When this process began, by time.monotonic(); None: now.
        processes: Those of the training.

    Raises:
        UserError: If the options or the data differ from those of the run, or if there is no checkpoint.
        Diverged: If the training diverged before it had a snapshot.
    """
    started = time.monotonic() if started is None else started
    for name in run.write_back():
        console.note(f"{run.path / name} was damaged or missing; it was written back from its copy")
    for folder in (run.path, run.path / "samples"):
        files.remove_temporary_files(folder, exclusive=True)
    recipe, about = run.recipe()
    refuse_changes(run, recipe, about, options)
    refuse_unshared(recipe, processes)
    ended = _ended(run, recipe)
    source = same_data(run, recipe, where, about, device)
    run.remember_data(place_of(where))
    longer, about = extended(run, recipe, about, source, options, started, console)
    if ended and (longer == recipe or ended["health"] == "diverged"):
        snapshot.restore(run.path, Checkpoints(run.path / "checkpoints"), kept_snapshot(run.log()), recipe.players)
        _say_finished(run, ended, console)
        return None
    codec = modalities.get(source.modality).codec_from(run.read_json("codec.json"))
    players = build_players(longer, codec, len(source.classes), device)
    feature_net = fit_features(source, run.path, console.progress)
    assembly = Assembly(Parts(longer, source, codec, players, device, run.path, feature_net, processes), callbacks)
    _say_other_conditions(about, device, console)
    if not assembly.trainer.resume():
        raise UserError(
            f"{run.path} has no checkpoint to resume from; put its folder checkpoints back, "
            f"or start a new training with --init-from {run.path}"
        )
    console.note(f"resuming at {assembly.trainer.examples:,} of {assembly.trainer.end:,} examples")
    if assembly.trainer.ended and longer != recipe:
        assembly.trainer.go_on()
    if longer != recipe:
        console.note(f"examples: {longer.examples:,} ({about['reasons']['examples']})")
        run.write_recipe(longer, about)
    assembly.save_best.restore(assembly.trainer)
    return assembly


def same_data(run: Run, recipe: Recipe, where: Any, about: dict[str, Any], device: torch.device) -> Source:
    """The data of the run, opened as it was then. Raises UserError for other data."""
    asked, context = how_to_open({}, max_image_side(device), recipe, about["data"])
    source = for_algorithm(recipe, open_data(where, asked, context))
    if source.content_hash != run.read_json("source.json")["content_hash"]:
        raise UserError(
            f"the data in {where} is not what {run.path} was trained on; "
            f"train into another folder with --out, perhaps with --init-from {run.path}"
        )
    return source


def _ended(run: Run, recipe: Recipe) -> dict[str, Any] | None:
    """The last line of the log if the training reached its end, else None.

    Raises Diverged if the training diverged before it had a snapshot.
    """
    log = run.log()
    last: dict[str, Any] = log[-1] if log else {"event": None}
    assert isinstance(recipe.examples, int)
    if last["event"] == "final" and (
        last["health"] == "diverged" or last.get("planned", last["examples"]) >= recipe.examples
    ):
        return last
    if last["event"] == "diverged" and not last.get("action") and not (run.path / "generator.safetensors").is_file():
        raise Diverged(diverged_sentence(run.path, last))
    return None


def _say_finished(run: Run, last: dict[str, Any], console: Callback) -> None:
    planned = last.get("planned", last["examples"])
    longer = f"to train it longer, set --examples to more than the {planned:,} it was planned for, or a longer --budget"
    advice = "try a lower learning rate in another --out" if last["health"] == "diverged" else longer
    console.note(f"{run.path} is finished ({last['examples']:,} examples, {last['health']}); {advice}")


def _say_other_conditions(about: dict[str, Any], device: torch.device, console: Callback) -> None:
    """Tell the user what is other than when the run began: versions and the machine."""
    then = {**about["versions"], **about["machine"]}
    for what, now in {**versions(), **machine(device)}.items():
        if then.get(what) != now:
            console.note(
                f"{what} was {then.get(what)} and is now {now}: the training goes on, but its numbers may differ "
                "slightly"
            )


def diverged_sentence(folder: Path, line: dict[str, Any]) -> str:
    """A message for the user about a training that diverged before it had a snapshot. line: Its last in the log."""
    reason = line.get("reason", "training diverged")
    return (
        f"{reason} at {line['examples']:,} examples, before {folder} had a usable snapshot; "
        "try a lower learning rate in another --out"
    )
