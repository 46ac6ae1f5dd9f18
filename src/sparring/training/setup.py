"""Sets up a new run: opens the data, fills all open values, measures the machine, writes the run folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..callbacks.base import Callback
from ..config.options import TrainOptions, how_to_open, plain_values
from ..config.reading import length_from, load_recipe, with_settings
from ..config.recipe import Recipe
from ..data.source import Source, TranslationSource
from ..errors import Diverged, UserError
from ..metrics.feature_net import FeatureNet
from ..modalities.adapters import check_source, for_algorithm
from ..modalities.opening import open_data, place_of
from ..runs.folder import Run
from ..util import files
from ..util.devices import max_image_side
from ..util.versions import machine, versions
from .assembly import Assembly, Parts, build_players, fit_features, fit_to_data, start_from, state_bytes
from .autoconfig import Choices, rules
from .autoconfig.lengths import Data, settle_lengths
from .autoconfig.throughput import Throughput, measure, try_steps
from .checkpoints import Checkpoints
from .gradients import NotFinite
from .processes import ALONE, Processes

FINISHING_SECONDS = 3.0  # for the report and the film at the end
FEATURES_SHARE = 0.2  # the largest share of a budget for learning the features of the score
TIMING_SECONDS, TIMING_SHARE = 10.0, 0.05  # for timed steps: the most in seconds, and as a share of a budget
# What a set-up that was stopped may leave in the run folder. recipe.yaml is written last.
SET_UP_NAMES = {"checkpoints", "features.safetensors", "source.json", "codec.json", "local.json", "tensorboard"}
SET_UP_NAMES |= {files.FAULT_FILE}
SPARE_DISK_BYTES = 50 << 20  # for previews and reports


def set_up(
    run: Run,
    where: Any,
    options: TrainOptions,
    device: torch.device,
    console: Callback,
    budget_end: float | None = None,
    command: str | None = None,
    callbacks: Iterable[Callback] = (),
    processes: Processes = ALONE,
) -> Assembly:
    """The assembly of a new training, before its first step.

    Afterwards the run folder holds everything that a resume needs. recipe.yaml is written last.

    Args:
        run: The folder.
        where: The data.
        options: The options that the user set.
        device: The device of the training.
        console: The callback that receives notes for the user.
        budget_end: The end of the budget, by time.monotonic(); None without a budget.
        command: The command as the user typed it, for the report.
        callbacks: The user's own callbacks.
        processes: Those of the training.

    Raises:
        UserError: For every problem that the user can correct.
        Diverged: If a loss or a gradient is not finite in the timed steps.
    """
    _make_room(run)
    init_from = options.init_from
    base = None if init_from is None else Run(init_from)
    named, plain, opened = _open(where, options, device, console, base)
    seconds = None if budget_end is None else budget_end - time.monotonic()
    given, why = (named, "") if named else _chosen_recipe(plain, options, device, seconds)
    choices = Choices(_with_options(given, options), {"name": why} if why else {})
    source = _adapt(choices.recipe, plain, options, console)
    _settle_from_data(choices, source, device)
    modality, recipe = modalities.get(source.modality), choices.recipe
    codec = modality.codec_of(recipe.representation, source, recipe.value_range)
    players = build_players(choices.recipe, codec, len(source.classes), device)
    if base is not None:
        start_from(players, base.path)
        console.note(f"starting from the weights of {init_from}")
    else:
        fit_to_data(choices.recipe, players, source, codec)
    rules.shards(choices, players, device, processes.count)
    rules.micro_batch(choices, players)
    feature_net = _features(source, run.path, console, budget_end)
    parts = Parts(choices.recipe, source, codec, players, device, run.path, feature_net, processes)
    _check_disk(parts, run.path)
    choices, planned, assembly = _planned(choices, parts, budget_end, console, tuple(callbacks))
    for key, reason in choices.reasons.items():
        console.note(f"{'recipe' if key == 'name' else key}: {choices.value(key)} ({reason})")
    about = {"data": opened, "asked": options.asked(), "command": command or "", "planned_seconds": planned}
    about |= {"recipe_file": given.model_dump(mode="json") if options.recipe_is_file else None}
    about |= {"reasons": choices.reasons, "versions": versions(), "machine": machine(device)}
    _write_down(run, assembly, where, about)
    return assembly


def _write_down(run: Run, assembly: Assembly, where: Any, about: dict[str, Any]) -> None:
    """Write the files that describe the run. recipe.yaml is last, because a folder that has it is a run."""
    parts = assembly.parts
    run.remember_data(place_of(where))
    run.describe(parts.recipe, about, {"source.json": parts.source.describe(), "codec.json": parts.codec.describe()})


def _open(
    where: Any, options: TrainOptions, device: torch.device, console: Callback, base: Run | None
) -> tuple[Recipe | None, Source, dict[str, Any]]:
    """The recipe that was named, the data before any adapter, and the options with which it was opened."""
    named = _named_recipe(options, base)
    asked, context = how_to_open(options.data, max_image_side(device), named, _opening_of(base))
    source = open_data(where, asked, context)
    for note in source.notes:
        console.note(note)
    return named, source, {"asked": plain_values(asked), "context": context.model_dump(mode="json")}


def _chosen_recipe(
    source: Source, options: TrainOptions, device: torch.device, seconds: float | None
) -> tuple[Recipe, str]:
    """The recipe that suits the data, the device and the length, before any setting, and why."""
    name, reason = modalities.get(source.modality).choose_recipe(source, device, options.examples, seconds)
    return load_recipe(name), reason


def _adapt(recipe: Recipe, plain: Source, options: TrainOptions, console: Callback) -> Source:
    """The data in the form that the recipe's algorithm needs. Raises UserError if the recipe cannot learn from it."""
    check_source(recipe, plain)
    source = for_algorithm(recipe, plain)
    for note in source.notes[len(plain.notes) :]:
        console.note(note)
    if "input" in options.data and (not isinstance(source, TranslationSource) or plain is not source):
        raise UserError(
            f"--input names one side of pairs, and recipe '{recipe.name}' learns from other data; leave it out"
        )
    return source


def _settle_from_data(choices: Choices, source: Source, device: torch.device) -> None:
    rules.from_data(choices, source)
    rules.from_machine(choices, device)
    rules.sizes(choices, source, device)
    rules.classes(choices, source)


def _make_room(run: Run) -> None:
    """Remove the files of an earlier set-up that was interrupted before the first step.

    Raises UserError if the folder has checkpoints of a training but no recipe.yaml, or files of somebody else.
    """
    if any(number > 0 for number in Checkpoints(run.path / "checkpoints").numbers()):
        raise UserError(
            f"{run.path} has checkpoints but no recipe.yaml; put that back to resume, or remove the folder to start "
            "again"
        )
    others = [entry.name for entry in run.path.iterdir() if not _left_by_set_up(entry)]
    if others:
        raise UserError(
            f"{run.path} holds files that are not of a training, such as {min(others)}; "
            "choose a new or empty folder with --out"
        )
    files.remove_temporary_files(run.path, exclusive=True)
    files.remove_folder(run.path / "checkpoints")
    (run.path / "features.safetensors").unlink(missing_ok=True)  # its labels or size may differ


def _left_by_set_up(entry: Path) -> bool:
    empty = not any(entry.iterdir()) if entry.is_dir() else entry.stat().st_size == 0
    return empty or entry.name.startswith(".") or entry.name in SET_UP_NAMES


def _opening_of(base: Run | None) -> dict[str, Any]:
    """The options with which the base run opened its data, and the size chosen then; {} without a base run."""
    if base is None:
        return {}
    opened, about = base.recipe()[1]["data"], base.read_json("source.json")
    like = modalities.get(about["modality"]).options_for(about)
    context = {**opened["context"], "modalities": opened["context"].get("modalities") or [about["modality"]]}
    return {**opened, "asked": {**opened["asked"], **like}, "context": context}


def _named_recipe(options: TrainOptions, base: Run | None) -> Recipe | None:
    """The recipe that the user named, else that of the base run; None: the one that suits the data."""
    if options.recipe is None and base is not None:
        open_values = ("examples", "tick", "score_samples", "final_samples", "precision")
        return base.recipe()[0].model_copy(update=dict.fromkeys(open_values))
    return None if options.recipe is None else load_recipe(options.recipe)


def _with_options(recipe: Recipe, options: TrainOptions) -> Recipe:
    """The recipe with the user's settings. Raises UserError for invalid ones, before any slow work begins."""
    stated = {"examples": options.examples, "seed": options.seed}
    asked = {key: value for key, value in stated.items() if value is not None}
    recipe = with_settings(recipe, {**options.settings, **asked})
    _ = recipe.algorithm.adversarial_loss  # raises UserError for an unknown objective
    if recipe.examples is not None:
        length_from(recipe.examples, 1, 1)
    return recipe


def _features(source: Source, folder: Path, console: Callback, budget_end: float | None) -> FeatureNet:
    """The features of the score. With a budget, learning them takes at most FEATURES_SHARE of it."""
    started = time.monotonic()

    def progress(share: float, what: str) -> bool:
        console.progress(share, what)
        return budget_end is not None and time.monotonic() - started > FEATURES_SHARE * (budget_end - started)

    net = fit_features(source, folder, progress)
    if net.about.get("hurried"):
        console.note(
            f"the features of the score were learned for {FEATURES_SHARE:.0%} of the budget, not to their end: "
            "compare the scores of this run with each other only"
        )
    return net


def _planned(
    open_choices: Choices, parts: Parts, budget_end: float | None, console: Callback, callbacks: tuple[Callback, ...]
) -> tuple[Choices, float | None, Assembly]:
    """Fill the lengths, and assemble the training, saved before its first step.

    With a budget this is done twice: preparing the scores takes time too, and the second plan counts what the first
    one took. Returns the choices, the seconds of the budget that the training may take, and the assembly.
    """
    speed = _try(open_choices.recipe, parts, budget_end, console)
    data = Data(parts.source.count("train"), prod(parts.source.shape), open_choices.recipe.examples_per_step)
    for _ in range(1 if budget_end is None else 2):
        choices = replace(open_choices, reasons=dict(open_choices.reasons))
        if speed.micro_batch and speed.micro_batch < (choices.recipe.micro_batch or 0):
            choices.change("micro_batch", speed.micro_batch, "memory ran out with more")
        remaining = None if budget_end is None else max(1.0, budget_end - time.monotonic() - FINISHING_SECONDS)
        settle_lengths(choices, speed, data, remaining)
        assembly = Assembly(replace(parts, recipe=choices.recipe), callbacks)
        assembly.log.load_state({})
        assembly.trainer.save()
    return choices, None if remaining is None else round(remaining, 1), assembly


def _try(recipe: Recipe, parts: Parts, budget_end: float | None, console: Callback) -> Throughput:
    """Take some steps before the training, and time them where a budget needs that."""
    try:
        if budget_end is not None:
            console.note("timing a few steps ...")
            return measure(parts, min(TIMING_SECONDS, TIMING_SHARE * max(0.0, budget_end - time.monotonic())))
        fixed = recipe.tick and recipe.score_samples and recipe.final_samples
        return Throughput(1.0, 1.0, micro_batch=None if fixed else try_steps(parts))
    except NotFinite as failure:
        raise Diverged(f"{failure} within the first steps; try a lower learning rate") from None


def _check_disk(parts: Parts, folder: Path) -> None:
    checkpoints = 4  # the two newest, the best, and one that is being written
    needed = checkpoints * state_bytes(parts.players) + SPARE_DISK_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"{folder} has {free >> 20} MB free and this training needs about {needed >> 20} MB; "
            "free some space or choose another --out"
        )
