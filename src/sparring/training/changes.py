"""What a user asks for at a resume, compared with what the run was started with."""

from __future__ import annotations

from typing import Any

from .. import modalities
from ..config.options import TrainOptions, plain_values
from ..config.reading import load_recipe, with_settings
from ..config.recipe import Recipe
from ..errors import UserError
from ..modalities.opening import option_fields
from ..runs.folder import Run, differences

LENGTHS = ("examples", "budget")  # a run may be made longer, see `extension`


def refuse_changes(run: Run, recipe: Recipe, about: dict[str, Any], options: TrainOptions) -> None:
    """Raise UserError, naming every option that differs from the run's.

    Options that the user does not set now are no difference, nor are those that say what was chosen anyway.

    about: The facts in recipe.yaml beside the recipe.
    """
    then = _values_then(run, recipe, about)
    files = about["recipe_file"] and options.recipe_is_file and options.recipe is not None
    compared = {key: now for key, now in options.asked().items() if key not in (*LENGTHS, "settings")}
    if files:  # what they hold is compared, wherever they lie
        changed = differences(about["recipe_file"], load_recipe(compared.pop("recipe")).model_dump(mode="json"))
    else:
        changed = []
    changed += [f"{key} {then[key]} -> {now}" for key, now in compared.items() if then[key] != now]
    before = about["asked"].get("settings", {})
    for key, value in options.settings.items():
        if before.get(key) != value and with_settings(recipe, {key: value}) != recipe:
            changed.append(f"{key} -> {value}")
    if changed:
        raise UserError(
            f"{run.path} was started with other options ({'; '.join(changed)}); leave the change out to resume it, "
            f"or train into another folder with --out"
        )


def _values_then(run: Run, recipe: Recipe, about: dict[str, Any]) -> dict[str, Any]:
    """The value of every option at the start of the run: as asked, else as chosen, else the default."""
    defaults = {name: field.get_default() for name, field in {**TrainOptions.model_fields, **option_fields()}.items()}
    source, context = run.read_json("source.json"), about["data"]["context"]
    chosen = modalities.get(source["modality"]).options_for(source)
    if "fit" in context:
        chosen["fit"] = context["fit"] or "crop"
    return plain_values(defaults | chosen | {"recipe": recipe.name, "seed": recipe.seed}) | about["asked"]
