"""The options of a training, declared once for the command line, `sparring.train`, resume and the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator, model_validator
from pydantic.fields import FieldInfo

from ..data.options import OpenContext
from ..errors import UserError, nearest
from .recipe import Recipe


class TrainOptions(BaseModel):
    """What a person asked for. None means not asked: the value then comes from the recipe, the data or the machine.

    data: the options of the data, by name, checked against the fields of all modalities.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    OF_THIS_PROCESS: ClassVar = frozenset(
        {"out", "max_time", "device", "tensorboard", "epochs"}
    )  # they change nothing that is trained

    recipe: str | None = Field(
        None,
        description="A recipe by name (see `sparring recipes`) or a YAML file of your own, for example --recipe r3gan. "
        "Default: the one for this kind of data.",
    )
    out: Path | None = Field(None, description="The run folder. Default: runs/NAME.")
    examples: str | int | None = Field(
        None,
        description="How long to train, in real examples shown: 200000, 2M, 50epochs, 30000steps. Default: as the "
        "recipe says.",
        json_schema_extra={"metavar": "COUNT"},
    )
    epochs: int | None = Field(
        None,
        ge=1,
        description="The same in passes over the training data: --epochs 50 is short for --examples 50epochs.",
    )
    budget: str | float | None = Field(
        None,
        description="How long to train, in time: 90s, 10m, 1h30m. A few timed steps turn it into a number of "
        "examples before the start.",
        json_schema_extra={"metavar": "TIME"},
    )
    max_time: str | float | None = Field(
        None,
        description="Save and stop after this time, for example 8h; the same command resumes. Default: no limit.",
        json_schema_extra={"metavar": "TIME"},
    )
    seed: int | None = Field(None, description="The seed of everything random. Default: 0.")
    init_from: Path | None = Field(
        None,
        description="Start from the weights of another run (fine-tuning), for example --init-from runs/faces. "
        "Default: new weights.",
        json_schema_extra={"metavar": "RUN"},
    )
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1 or mps. Default: auto, a GPU where there is one.")
    settings: dict[str, Any] = Field(
        {},
        description="Change one value of the recipe: --set batch=64 --set players.generator.optimizer.lr=1e-3. Once "
        "for each value.",
        json_schema_extra={"flag": "--set", "metavar": "KEY=VALUE"},
    )
    tensorboard: bool = Field(False, description="Write TensorBoard event files into the run folder. Default: no.")
    data: dict[str, Any] = Field({}, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _epochs_are_examples(cls, given: dict[str, Any]) -> dict[str, Any]:
        lengths = [
            flag_of(name, cls.model_fields[name])
            for name in ("examples", "epochs", "budget")
            if given.get(name) is not None
        ]
        if len(lengths) > 1:
            raise UserError(f"give either {' or '.join(lengths)}: each says how long to train")
        return {**given, "examples": f"{given['epochs']}epochs"} if given.get("epochs") is not None else given

    @field_validator("settings", mode="before")
    @classmethod
    def _settings_from_texts(cls, given: Any) -> Any:
        from .reading import parse_settings

        return given if isinstance(given, Mapping) else parse_settings(list(given))

    @property
    def recipe_is_file(self) -> bool:
        """Is the recipe a file of the user's, which may change between two runs?"""
        return self.recipe is not None and self.recipe.endswith((".yaml", ".yml"))

    def asked(self) -> dict[str, Any]:
        """What was asked, as plain values for recipe.yaml and the report: {"seed": 3, "size": [64, 64]}."""
        plain = self.model_dump(mode="json", exclude_none=True, exclude=set(self.OF_THIS_PROCESS))
        plain |= plain_values(self.data)
        if self.init_from is not None:
            plain["init_from"] = (
                self.init_from.absolute().name
            )  # a recipe travels with its model, so no path of this machine
        return {name: value for name, value in plain.items() if value != {}}


def train_options(given: Mapping[str, Any], data_fields: Mapping[str, FieldInfo]) -> TrainOptions:
    """Check what a person asked for.

    Args:
        given: values by option name, as Python values or as texts of the command line ("64x64", ["code=category"]).
            None: not asked.
        data_fields: the options of the data.

    Raises:
        UserError: where an option is unknown or its value cannot be used, in one sentence that names the option.
    """
    known = {**{name: field for name, field in TrainOptions.model_fields.items() if name != "data"}, **data_fields}
    for name in given:
        if name not in known:
            raise UserError(f"there is no option '{name}'; {nearest(name, list(known))}")
    data = data_options({name: value for name, value in given.items() if name in data_fields}, data_fields)
    own = {name: value for name, value in given.items() if name not in data_fields and value is not None}
    return _checked(TrainOptions, {**own, "data": data})


def data_options(given: Mapping[str, Any], fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """What was asked about the data, checked; without what was not asked. Raises UserError as `train_options` does."""
    asked = {name: value for name, value in given.items() if value is not None}
    typed: Any = {name: (field.annotation, field) for name, field in fields.items()}
    model = create_model("DataOptions", **typed)
    checked = _checked(model, asked)
    return {name: getattr(checked, name) for name in asked}


def how_to_open(
    asked: Mapping[str, Any], max_side: int, recipe: Recipe | None = None, stored: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], OpenContext]:
    """What is asked of the data, and the context in which it is opened.

    Args:
        asked: options of the data.
        max_side: the longer side of pictures is at most this where their size is chosen.
        recipe: that the data is opened for; None where it depends on the data.
        stored: both, as an earlier run was opened. What is asked now goes before.
    """
    context: dict[str, Any] = {"max_side": max_side}
    if recipe is not None:
        context |= {"modalities": recipe.modalities, "label_maps": recipe.algorithm.label_map_side}
        if recipe.algorithm.restores:
            context["fit"] = "patches"  # pictures made smaller are sharper and cleaner than those that will be restored
    stored = stored or {}
    return {**stored.get("asked", {}), **asked}, OpenContext(**{**context, **stored.get("context", {})})


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """With lists in the place of tuples, as YAML has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def flag_of(name: str, field: FieldInfo) -> str:
    """How an option is typed: "--max-time"; another name where the declaration says so ("--set" for settings)."""
    extra = field.json_schema_extra
    return str(extra["flag"]) if isinstance(extra, dict) and "flag" in extra else f"--{name.replace('_', '-')}"


def help_text(field: FieldInfo) -> str:
    """The text of an option with its default."""
    text, default = field.description or "", field.get_default()
    return text if "Default: " in text or default in (None, False, {}, ()) else f"{text} Default: {default}."


def is_repeated(field: FieldInfo) -> bool:
    """May the option be given several times? It may where the value is a mapping or any number of texts."""
    return any(
        get_origin(kind) in (dict, list) or (get_origin(kind) is tuple and Ellipsis in get_args(kind))
        for kind in kinds(field)
    )


def kinds(field: FieldInfo) -> tuple[Any, ...]:
    """The types that a value may have, None left out."""
    return tuple(kind for kind in _alternatives(field.annotation) if kind is not type(None))


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The words among which the option chooses, () where it takes other values too."""
    words = kinds(field)
    return get_args(words[0]) if len(words) == 1 and get_origin(words[0]) is Literal else ()


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    union = (
        get_args(annotation)
        if not get_origin(annotation) or get_origin(annotation) not in (dict, list, tuple, Literal)
        else ()
    )
    return union or (annotation,)


def _checked(model: type[BaseModel], values: dict[str, Any]) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise UserError(_sentence(model, error)) from None


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    """The first error in one sentence: "--fit squeeze is not one of crop, pad, stretch, patches"."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    field = model.model_fields[name]
    flag, value = flag_of(name, field), first["input"]
    value = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
    if words := choices(field):
        hint = nearest(str(value), words)
        return f"{flag} {value} is not one of {', '.join(words)}" + (f"; {hint}" if hint.startswith("did you") else "")
    if first["type"] == "value_error":
        return f"{flag} {value} {first['msg'].removeprefix('Value error, ')}"
    return f"{flag} {value}: {first['msg'][0].lower()}{first['msg'][1:]}"
