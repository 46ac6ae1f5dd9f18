"""An existing run, picked up at its newest checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..callbacks.progress import Listener
from ..config.options import TrainOptions
from ..config.recipe import Recipe, images_from, load_recipe, with_settings
from ..data.source import Source
from ..errors import Diverged, UserError
from ..modalities.adapters import for_algorithm
from ..modalities.opening import open_data
from ..runs.folder import Run
from ..util import files
from ..util.devices import largest_side
from ..util.versions import machine, versions
from . import assembly as sessions
from .assembly import Session


def resume(run: Run, where: str | Path | Source, wishes: TrainOptions, device: torch.device, listener: Listener) -> Session | None:
    """The session of an existing run at its newest checkpoint, or None when there is nothing left to do."""
    recipe, about = run.recipe()
    refuse_changes(run.path, recipe, about, wishes)
    ended = _ended(run, recipe)
    source = for_algorithm(recipe, open_data(where, *TrainOptions().opening(about["data"], largest_side(device), recipe)))
    if source.content_hash != run.read_json("source.json")["content_hash"]:
        raise UserError(
            f"the data in {where} is not what {run.path} was trained on; train into another folder with --out, perhaps with --init-from {run.path}"
        )
    if ended and (wishes.images is None or ended["health"] == "diverged"):
        _say_finished(run, ended, listener)
        return None
    codec = modalities.get(source.modality).codec_from(run.read_json("codec.json"))
    players = sessions.build_players(recipe, codec, len(source.classes), device)
    net = sessions.fit_features(source, run.path, listener.progress)
    session = sessions.build(recipe, source, codec, players, device, run.path, net)
    _extend(session, run, about, wishes, listener)
    if ended and session.trainer.recipe == recipe:
        _say_finished(run, ended, listener)
        return None
    for what, then, now in _differences(about, device):
        listener.note(f"{what} was {then} and is {now}: the training goes on, but not bit for bit as it would have")
    files.clean(run.path)
    session.watch()
    if not session.trainer.resume():
        raise UserError(
            f"{run.path} has no checkpoint to go on from; put its folder checkpoints back, or start anew with --init-from {run.path}"
        )
    if ended:
        session.trainer.ended = False  # more is asked for
    session.export.restore(session.trainer)
    (run.path / "report.html").unlink(missing_ok=True)  # of an earlier end
    return session


def _ended(run: Run, recipe: Recipe) -> dict[str, Any] | None:
    """The log's last line where the training came to its end. Raises Diverged for one that broke before it had a snapshot."""
    log = run.log()
    last: dict[str, Any] = log[-1] if log else {"event": None}
    assert isinstance(recipe.images, int)
    if last["event"] == "final" and (last["health"] == "diverged" or last.get("planned", last["images"]) >= recipe.images):
        return last
    if last["event"] == "diverged" and not last.get("action") and not (run.path / "generator.safetensors").is_file():
        raise Diverged(diverged_sentence(run.path, last))
    return None


def _say_finished(run: Run, last: dict[str, Any], listener: Listener) -> None:
    longer = f"to train on, ask for more than the {last.get('planned', last['images']):,} it was planned for with --images"
    advice = "try a lower learning rate in another --out" if last["health"] == "diverged" else longer
    listener.note(f"{run.path} is finished ({last['images']:,} images, {last['health']}); {advice}")


def _extend(session: Session, run: Run, about: dict[str, Any], wishes: TrainOptions, listener: Listener) -> None:
    """Raise the number of images where more are asked for, in whole steps."""
    recipe, step = session.trainer.recipe, session.trainer.step_images
    assert isinstance(recipe.images, int)
    if wishes.images is None:
        return
    asked = -(-images_from(wishes.images, session.source.count("train"), step) // step) * step
    if asked < recipe.images:
        listener.note(f"images stays at {recipe.images:,}: a training can be made longer, not shorter")
    elif asked > recipe.images:
        fidelity = recipe.fidelity
        if fidelity and fidelity.alone:  # an opponent that has come stays
            fidelity = fidelity.model_copy(update={"alone": fidelity.alone * recipe.images / asked})
        session.trainer.recipe = recipe.model_copy(update={"images": asked, "fidelity": fidelity})
        about["reasons"]["images"] = f"raised from {recipe.images:,}"
        run.write_recipe(session.trainer.recipe, about)


def _differences(about: dict[str, Any], device: torch.device) -> list[tuple[str, Any, Any]]:
    then = {**about["versions"], **about["machine"]}
    now = {**versions(), **machine(device)}
    return [(what, then.get(what), value) for what, value in now.items() if then.get(what) != value]


def diverged_sentence(folder: Path, line: dict[str, Any]) -> str:
    return f"{line.get('reason', 'training diverged')} at {line['images']:,} images, before {folder} had a usable snapshot; try a lower learning rate in another --out"


def refuse_changes(folder: Path, recipe: Recipe, about: dict[str, Any], wishes: TrainOptions) -> None:
    """Raises UserError naming every wish that differs from what the run was begun with. What is not wished for is not a difference.

    about: what stands beside the recipe in recipe.yaml.
    """
    asked = about["asked"]
    same = {"recipe": recipe.name, "seed": recipe.seed}  # what an unstated wish came to
    changed = [
        f"{key} {asked.get(key, same.get(key, 'unset'))} -> {now}"
        for key, now in wishes.stated().items()
        if key not in ("images", "settings") and now not in (asked.get(key), same.get(key))
    ]
    before = asked.get("settings", {})
    for key, value in wishes.settings.items():
        if before.get(key) != value and with_settings(recipe, {key: value}) != recipe:
            changed.append(f"{key} -> {value}")
    if about["given"] and wishes.own_recipe and wishes.recipe is not None:
        changed += differences(about["given"], load_recipe(wishes.recipe).model_dump(mode="json"))
    if changed:
        longer = " (for a longer training give --images)" if wishes.budget is not None else ""
        raise UserError(
            f"{folder} was begun differently ({'; '.join(changed)}); leave the change out to go on, or train into another folder with --out{longer}"
        )


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """Where two nested values differ: ["players.generator.optimizer.lr 0.0002 -> 0.001"]."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted({*then, *now})
        return [line for key in keys for line in differences(then.get(key), now.get(key), f"{path}.{key}".lstrip("."))]
    return [] if then == now else [f"{path} {then} -> {now}"]
