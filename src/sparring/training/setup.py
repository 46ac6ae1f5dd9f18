"""A new run: open the data, fill every open value, measure the machine, write down what will be trained."""

from __future__ import annotations

import shutil
import time
from math import prod
from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..callbacks.progress import Listener
from ..config.options import TrainOptions, plain_values
from ..config.recipe import Recipe, images_from, load_recipe, with_settings
from ..data.source import Source, TranslationSource
from ..errors import Diverged, UserError
from ..losses import adversarial
from ..metrics.feature_net import FeatureNet
from ..modalities.adapters import check_source, for_algorithm
from ..modalities.opening import open_data
from ..runs.folder import Run
from ..util import files
from ..util.devices import largest_side
from ..util.versions import machine, versions
from . import assembly as sessions
from .assembly import Session
from .autoconfig import Choices, rules, throughput
from .checkpoints import Checkpoints
from .trainer import NotFinite

FINISHING = 3.0  # seconds that the report and the film take at the end
FEATURES_SHARE = 0.2  # of a budget, at most, for learning the features of the score


def begin(
    run: Run,
    where: str | Path | Source,
    wishes: TrainOptions,
    device: torch.device,
    listener: Listener,
    budget_end: float | None = None,
    command: str | None = None,
    init_from: Path | None = None,
) -> Session:
    """Everything up to image 0: afterwards the run folder holds all that going on needs, and recipe.yaml, written last, says so.

    budget_end: when the budget is spent, by time.monotonic(). command: as typed, for the report. init_from: the run to start from.
    """
    _make_room(run)
    base = None if init_from is None else Run(init_from)
    named = _named_recipe(wishes, base)
    asked, context = wishes.opening(_opening_of(base), largest_side(device), named)
    source = open_data(where, asked, context)
    for note in source.notes:
        listener.note(note)
    given = named or load_recipe(source.recipe or modalities.get(source.modality).default_recipe)
    choices = Choices(_with_wishes(given, wishes))
    check_source(choices.recipe, source)
    plain, source = source, for_algorithm(choices.recipe, source)
    for note in source.notes[len(plain.notes) :]:
        listener.note(note)
    if wishes.input is not None and (not isinstance(source, TranslationSource) or plain is not source):
        raise UserError(f"--input names one side of pairs, and recipe '{choices.recipe.name}' learns from other data; leave it out")
    rules.from_data(choices, source)
    rules.from_machine(choices, device)
    rules.sizes(choices, source, device)
    rules.names(choices, source)
    codec = modalities.get(source.modality).fit_codec(source, choices.recipe.value_range)
    players = sessions.build_players(choices.recipe, codec, len(source.classes), device)
    if init_from is not None:
        sessions.start_from(players, init_from)
        listener.note(f"starting from the weights of {init_from}")
    else:
        sessions.fit_to_data(choices.recipe, players, source, codec)
    rules.micro_batch(choices, players)
    net = _features(source, run.path, listener, budget_end)
    session = sessions.build(choices.recipe, source, codec, players, device, run.path, net)
    planned = _plan(choices, session, budget_end, listener)
    for key, reason in choices.reasons.items():
        listener.note(f"{key}: {choices.value(key)} ({reason})")
    assert choices.recipe.micro_batch
    session.trainer.recipe, session.trainer.micro_batch = choices.recipe, choices.recipe.micro_batch
    _check_disk(session, run.path)
    session.watch()
    session.log.load_state({})
    session.trainer.save()
    files.write_json(run.path / "source.json", source.describe())
    files.write_json(run.path / "codec.json", codec.describe())
    files.write_json(run.path / "local.json", {"format": 1, "data": _place(where)})
    about = {
        "data": {"asked": plain_values(asked), "context": context.model_dump(mode="json")},
        "asked": wishes.stated(),
        "given": given.model_dump(mode="json") if wishes.own_recipe else None,
        "reasons": choices.reasons,
        "command": command or "",
        "planned_seconds": planned,
        "versions": versions(),
        "machine": machine(device),
    }
    run.write_recipe(choices.recipe, about)
    return session


def _make_room(run: Run) -> None:
    """Remove what an earlier beginning left that never came to image 0. Raises UserError where there is a training without its recipe."""
    if any(number > 0 for number in Checkpoints(run.path / "checkpoints").numbers()):
        raise UserError(f"{run.path} has checkpoints but no recipe.yaml; put that back to go on, or remove the folder to start anew")
    files.clean(run.path)
    files.remove_folder(run.path / "checkpoints")
    (run.path / "features.safetensors").unlink(missing_ok=True)  # perhaps of other labels or another size


def _opening_of(base: Run | None) -> dict[str, Any]:
    """How the run that is started from opened its data, at the size that this came to."""
    if base is None:
        return {}
    opened, about = base.recipe()[1]["data"], base.read_json("source.json")
    size = modalities.get(about["modality"]).options_for(tuple(about["shape"]))
    return {**opened, "asked": {**opened["asked"], **size}}


def _named_recipe(wishes: TrainOptions, base: Run | None) -> Recipe | None:
    """The recipe asked for, else that of the run that is started from; None: the modality's own."""
    if wishes.recipe is None and base is not None:
        return base.recipe()[0].model_copy(update=dict.fromkeys(("images", "tick", "score_samples", "final_samples", "precision")))
    return None if wishes.recipe is None else load_recipe(wishes.recipe)


def _with_wishes(recipe: Recipe, wishes: TrainOptions) -> Recipe:
    """The recipe with the settings asked for; what cannot be is refused before anything slow is done."""
    stated = {"images": wishes.images, "seed": wishes.seed}
    recipe = with_settings(recipe, {**wishes.settings, **{key: value for key, value in stated.items() if value is not None}})
    if recipe.objective:
        adversarial.get(**recipe.objective.model_dump())
    if recipe.images is not None:
        images_from(recipe.images, 1, 1)
    return recipe


def _features(source: Source, folder: Path, listener: Listener, budget_end: float | None) -> FeatureNet:
    """The score's, learned within their share of a budget."""
    begun = time.monotonic()

    def progress(done: float, what: str) -> bool:
        listener.progress(done, what)
        return budget_end is not None and time.monotonic() - begun > FEATURES_SHARE * (budget_end - begun)

    net = sessions.fit_features(source, folder, progress)
    if net.about.get("hurried"):
        listener.note(
            f"the features of the score were learned for {FEATURES_SHARE:.0%} of the budget, not to their end: "
            "compare its scores with those of this run only"
        )
    return net


def _plan(choices: Choices, session: Session, budget_end: float | None, listener: Listener) -> float | None:
    """Fill the lengths; returns the seconds that a budget leaves for the training."""
    fixed = choices.recipe.tick and choices.recipe.score_samples and choices.recipe.final_samples and budget_end is None
    left = None if budget_end is None else budget_end - time.monotonic()
    seconds = min(2.5, 0.05 * left) if left is not None and left > 0 else 1.5
    if not fixed:
        listener.note("timing a few steps ...")

    def sample(count: int) -> None:
        session.net(session.sampler(count)(session.trainer.averages["generator"].module, 100))

    def sheet() -> None:
        if left is None or left >= throughput.SHORT:  # in shorter trainings looks come as they come
            session.sheet()(session.trainer.averages["generator"].module)

    try:
        speed = throughput.Speed(1.0, 1.0) if fixed else throughput.measure(session.trainer, sample, sheet, seconds)
    except NotFinite as failure:
        raise Diverged(f"{failure} within the first steps; try a lower learning rate") from None
    left = None if budget_end is None else max(1.0, budget_end - time.monotonic() - FINISHING)
    throughput.plan(choices, speed, session.source.count("train"), prod(session.source.shape), session.trainer.step_images, left)
    return None if left is None else round(left, 1)


def _check_disk(session: Session, folder: Path) -> None:
    needed = 4 * sessions.state_bytes(session.trainer) + (50 << 20)  # two newest, the best, one being written; sheets and reports
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"{folder} has {free >> 20} MB free and this training needs about {needed >> 20} MB; free some or choose another --out"
        )


def _place(where: str | Path | Source) -> str:
    """Where the data lies on this machine, for local.json."""
    if isinstance(where, Source):
        return where.name
    return str(Path(where).absolute()) if Path(where).exists() else files.without_password(str(where))
