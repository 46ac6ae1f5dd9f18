"""What a run folder describes, and its averaged networks, ready to use. Nothing is unpickled."""

from __future__ import annotations

from typing import Any

from .. import modalities, networks
from ..config.recipe import Recipe
from ..errors import UserError
from ..runs.folder import Run
from ..util import safetensors
from ..util.devices import choose_device


def load_player(run: Run, name: str, device: str = "cpu") -> tuple[Recipe, dict[str, Any], Any, Any]:
    """Recipe, source.json, codec and one averaged network of a run, in eval mode. Raises UserError as `load`."""
    recipe, source, codec = described(run)
    if name not in recipe.players:
        raise UserError(f"{run.path} has no {name}")
    return recipe, source, codec, player_of(run, name, recipe, codec, len(source["classes"]), device)


def described(run: Run) -> tuple[Recipe, dict[str, Any], Any]:
    """Recipe, source.json and codec of a run."""
    recipe, _ = run.recipe()
    source, description = run.read_json("source.json"), run.read_json("codec.json")
    if not {"classes", "shape", "labels", "modality"} <= source.keys() or source["modality"] not in modalities.names():
        raise UserError(f"{run.path / 'source.json'} is damaged: it does not say what the model was trained on")
    return recipe, source, modalities.get(source["modality"]).codec_from(description)


def player_of(
    run: Run, name: str, recipe: Recipe, codec: Any, classes: int, device: str, file: str | None = None
) -> Any:
    """One averaged network of a run, ready to use. file: the name of its weights; None: its own."""
    weights = run.path / f"{file or name}.safetensors"
    if not weights.is_file():
        raise UserError(f"{run.path} has no trained {name} yet; the first is written at the first tick of a training")
    settings = recipe.players[name]
    try:
        network = networks.build(
            settings.network, settings.options, **networks.dimensions(name, codec, classes, recipe.latent.size)
        )
    except (RuntimeError, MemoryError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0][:200]
        raise UserError(f"recipe.yaml and codec.json of {run.path} do not describe a {name} ({why})") from None
    try:
        tensors = safetensors.from_bytes(weights.read_bytes(), weights)
    except safetensors.DamagedFile as error:
        raise UserError(f"{error}; run the train command of this run again, which writes it back") from None
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise UserError(
            f"{weights} does not fit the network in {run.path / 'recipe.yaml'}; one of them was replaced"
        ) from None
    if broken := safetensors.first_not_finite(tensors):
        raise UserError(
            f"{weights} holds numbers that are not finite (in '{broken}'), so that nothing can be generated; "
            "train again, at a lower learning rate"
        )
    return network.eval().requires_grad_(False).to(choose_device(device)[0])
