"""Resumes an existing run at its newest checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..callbacks.base import Callback
from ..config.options import TrainOptions, how_to_open
from ..config.reading import length_from, load_recipe, with_settings
from ..config.recipe import Recipe
from ..data.source import Source
from ..errors import Diverged, UserError
from ..modalities.adapters import for_algorithm
from ..modalities.opening import open_data
from ..runs.folder import Run
from ..util import files
from ..util.devices import max_image_side
from ..util.versions import machine, versions
from .assembly import Assembly, Parts, build_players, fit_features
from .autoconfig.lengths import whole_steps


def resume(
    run: Run,
    where: Any,
    options: TrainOptions,
    device: torch.device,
    console: Callback,
    callbacks: Iterable[Callback] = (),
) -> Assembly | None:
    """The assembly of an existing run at its newest checkpoint, or None if the run is finished.

    Args:
        run: The folder.
        where: The data.
        options: The options that the user set.
        device: The device of the training.
        console: The callback that receives notes for the user.
        callbacks: The user's own callbacks.

    Raises:
        UserError: If the options or the data differ from those of the run, or if there is no checkpoint.
        Diverged: If the training diverged before it had a snapshot.
    """
    recipe, about = run.recipe()
    refuse_changes(run.path, recipe, about, options)
    ended = _ended(run, recipe)
    asked, context = how_to_open({}, max_image_side(device), recipe, about["data"])
    source = for_algorithm(recipe, open_data(where, asked, context))
    if source.content_hash != run.read_json("source.json")["content_hash"]:
        raise UserError(
            f"the data in {where} is not what {run.path} was trained on; "
            f"train into another folder with --out, perhaps with --init-from {run.path}"
        )
    longer = _longer(recipe, source, options, console)
    if ended and (longer == recipe or ended["health"] == "diverged"):
        _say_finished(run, ended, console)
        return None
    codec = modalities.get(source.modality).codec_from(run.read_json("codec.json"))
    players = build_players(longer, codec, len(source.classes), device)
    feature_net = fit_features(source, run.path, console.progress)
    assembly = Assembly(Parts(longer, source, codec, players, device, run.path, feature_net), callbacks)
    for what, then, now in _other_conditions(about, device):
        console.note(f"{what} was {then} and is now {now}: the training goes on, but its numbers may differ slightly")
    files.remove_temporary_files(run.path)
    if not assembly.trainer.resume():
        raise UserError(
            f"{run.path} has no checkpoint to resume from; put its folder checkpoints back, "
            f"or start a new training with --init-from {run.path}"
        )
    console.note(f"resuming at {assembly.trainer.examples:,} of {assembly.trainer.end:,} examples")
    if longer != recipe:
        about["reasons"]["examples"] = f"raised from {recipe.examples:,}"
        run.write_recipe(longer, about)
    if ended:
        assembly.trainer.ended = False  # the user asked for more examples
    assembly.save_best.restore(assembly.trainer)
    (run.path / "report.html").unlink(missing_ok=True)  # the report of the shorter training
    return assembly


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
    longer = f"to train it longer, set --examples to more than the {planned:,} it was planned for"
    advice = "try a lower learning rate in another --out" if last["health"] == "diverged" else longer
    console.note(f"{run.path} is finished ({last['examples']:,} examples, {last['health']}); {advice}")


def _longer(recipe: Recipe, source: Source, options: TrainOptions, console: Callback) -> Recipe:
    """The recipe with more examples if the options ask for more, in whole steps; else the recipe itself."""
    assert isinstance(recipe.examples, int)
    if options.examples is None:
        return recipe
    step = recipe.examples_per_step
    asked = whole_steps(length_from(options.examples, source.count("train"), step), step)
    if asked < recipe.examples:
        console.note(f"examples stays at {recipe.examples:,}: a training can be made longer, not shorter")
    if asked <= recipe.examples:
        return recipe
    algorithm = recipe.algorithm.extended(asked / recipe.examples)
    return recipe.model_copy(update={"examples": asked, "algorithm": algorithm})


def _other_conditions(about: dict[str, Any], device: torch.device) -> list[tuple[str, Any, Any]]:
    """Differences of versions and machine since the run began: (name, value then, value now)."""
    then = {**about["versions"], **about["machine"]}
    now = {**versions(), **machine(device)}
    return [(what, then.get(what), value) for what, value in now.items() if then.get(what) != value]


def diverged_sentence(folder: Path, line: dict[str, Any]) -> str:
    """A message for the user about a training that diverged before it had a snapshot. line: Its last in the log."""
    reason = line.get("reason", "training diverged")
    return (
        f"{reason} at {line['examples']:,} examples, before {folder} had a usable snapshot; "
        "try a lower learning rate in another --out"
    )


def refuse_changes(folder: Path, recipe: Recipe, about: dict[str, Any], options: TrainOptions) -> None:
    """Raise UserError, naming every option that differs from the run's.

    Options that the user does not set now are no difference.

    about: The facts in recipe.yaml beside the recipe.
    """
    asked = about["asked"]
    same = {"recipe": recipe.name, "seed": recipe.seed}  # the values of options that were not set
    changed = [
        f"{key} {asked.get(key, same.get(key, 'unset'))} -> {now}"
        for key, now in options.asked().items()
        if key not in ("examples", "settings") and now not in (asked.get(key), same.get(key))
    ]
    before = asked.get("settings", {})
    for key, value in options.settings.items():
        if before.get(key) != value and with_settings(recipe, {key: value}) != recipe:
            changed.append(f"{key} -> {value}")
    if about["recipe_file"] and options.recipe_is_file and options.recipe is not None:
        changed += differences(about["recipe_file"], load_recipe(options.recipe).model_dump(mode="json"))
    if changed:
        longer = " (for a longer training give --examples)" if options.budget is not None else ""
        raise UserError(
            f"{folder} was started with other options ({'; '.join(changed)}); leave the change out to resume it, "
            f"or train into another folder with --out (in Python out=){longer}"
        )


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """The differences of two nested values, one text each: ["players.generator.optimizer.lr 0.0002 -> 0.001"]."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted({*then, *now})
        return [line for key in keys for line in differences(then.get(key), now.get(key), f"{path}.{key}".lstrip("."))]
    return [] if then == now else [f"{path} {then} -> {now}"]
