"""The options of a training, declared once for the command line, `sparring.train`, resume and the report."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator
from pydantic.fields import FieldInfo

from ..data.options import OpenContext
from ..errors import UserError, nearest
from ..util.options import checked, flag_of
from .recipe import Recipe

AUTO = "auto"  # the name that stands for the recipe that suits the data
MAX_LENGTH = 1e15  # examples or seconds; more would take years


class TrainOptions(BaseModel):
    """The options that a user set. None means not set: the value then comes from the recipe, the data or the machine.

    data: The options of the data by name, checked against the fields of all modalities.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    # These do not change what is trained.
    OF_THIS_PROCESS: ClassVar = frozenset({"out", "max_time", "device", "tensorboard", "epochs"})

    recipe: str | None = Field(
        None,
        description="A recipe by name (see `sparring recipes`) or a YAML file of your own, for example r3gan. "
        "Default: auto, the recipe that suits the data, the device and the length.",
    )
    out: Path | None = Field(None, description="The run folder. Default: runs/NAME.", json_schema_extra={"short": "-o"})
    examples: str | int | None = Field(
        None,
        description="How long to train, in real examples seen: 200000, 2M, 50epochs, 30000steps. Default: the length "
        "in the recipe.",
        json_schema_extra={"metavar": "COUNT"},
    )
    epochs: int | None = Field(
        None,
        ge=1,
        description="How long to train, in passes over the training data: 50 is short for 50epochs of --examples.",
    )
    budget: str | float | None = Field(
        None,
        description="How long to train, in time: 90s, 10m, 1h30m. Before the start, a few timed steps turn it into a "
        "number of examples.",
        json_schema_extra={"metavar": "TIME"},
    )
    max_time: str | float | None = Field(
        None,
        description="Save and stop after this time, for example 8h; the same command resumes. Default: no limit.",
        json_schema_extra={"metavar": "TIME"},
    )
    seed: int | None = Field(None, description="The seed of all random numbers. Default: 0.")
    init_from: Path | None = Field(
        None,
        description="Start from the weights of another run (fine-tuning), for example runs/faces. "
        "Default: new weights.",
        json_schema_extra={"metavar": "RUN"},
    )
    device: str = Field(
        "auto", description="auto, cpu, cuda, cuda:1 or mps. Default: auto, which uses a GPU if there is one."
    )
    settings: dict[str, Any] = Field(
        {},
        description="Change one value of the recipe: --set batch=64 --set players.generator.optimizer.lr=1e-3. Repeat "
        "it for each value.",
        json_schema_extra={
            "flag": "--set",
            "metavar": "KEY=VALUE",
            "in_python": 'Values of the recipe to change: {"batch": 64, "players.generator.optimizer.lr": 1e-3}.',
        },
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
        epochs = str(given.get("epochs")).lstrip("+")  # what is no number is refused when the fields are read
        return {**given, "examples": f"{epochs}epochs"} if epochs.isdigit() and int(epochs) > 0 else given

    @field_validator("seed", "epochs", mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        """No True, no 3.5; "3" is what a command line gives."""
        text = isinstance(given, str) and re.fullmatch(r"[+-]?\d+", given)
        if given is None or text or (isinstance(given, Integral) and not isinstance(given, bool)):
            return given if given is None else int(given)
        raise ValueError("should be a whole number")

    @field_validator("examples", mode="before")
    @classmethod
    def _count(cls, given: Any) -> Any:
        """A text that `length_from` reads, or a whole number above 0 and below MAX_LENGTH."""
        from .reading import length_from

        if _is_text(given):
            _read(length_from, given, 1, 1)
            return given
        if given is None or (isinstance(given, int) and 0 < given < MAX_LENGTH):
            return given
        raise ValueError("should be a whole number above 0 or a text such as 2M, 50epochs or 30000steps")

    @field_validator("budget", "max_time", mode="before")
    @classmethod
    def _time(cls, given: Any) -> Any:
        """A text that `seconds_from` reads, or a number above 0 and below MAX_LENGTH."""
        from ..callbacks.progress import seconds_from

        if _is_text(given):
            _read(seconds_from, given)
            return given
        if given is None or (isinstance(given, int | float) and 0 < given < MAX_LENGTH):
            return given
        raise ValueError("should be a number of seconds above 0 or a text such as 90s, 10m or 1h30m")

    @field_validator("recipe")
    @classmethod
    def _auto_is_open(cls, given: str | None) -> str | None:
        return None if given == AUTO else given

    @field_validator("recipe", "out", "init_from", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        if given is None or (isinstance(given, str | os.PathLike) and os.fspath(given) and "\0" not in str(given)):
            return given
        raise ValueError("should be a name or a path")

    @field_validator("out", mode="before")
    @classmethod
    def _here(cls, given: Any) -> Any:
        if given is not None and str(given).startswith("hf:/"):
            raise ValueError("should be a folder here (sparring export RUN --to hub shares a finished run)")
        return given

    @field_validator("settings", mode="before")
    @classmethod
    def _settings_from_texts(cls, given: Any) -> Any:
        from .reading import parse_settings

        if isinstance(given, str):
            return parse_settings([given])
        if isinstance(given, Mapping):
            return given
        if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
            raise ValueError('should be {"key": value} or ["key=value"]')
        return parse_settings(list(given))

    @property
    def recipe_is_file(self) -> bool:
        """Whether the recipe is a YAML file of the user, which may change between two runs."""
        return self.recipe is not None and self.recipe.endswith((".yaml", ".yml"))

    def asked(self) -> dict[str, Any]:
        """The options that were set, as plain values for recipe.yaml: {"seed": 3, "size": [64, 64]}."""
        plain = self.model_dump(mode="json", exclude_none=True, exclude=set(self.OF_THIS_PROCESS))
        plain |= plain_values(self.data)
        if self.init_from is not None:
            # The name alone, because recipe.yaml may be shared and a path of this machine is private.
            plain["init_from"] = self.init_from.absolute().name
        return {name: value for name, value in plain.items() if value != {}}


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given.strip())


def _read(reader: Callable[..., Any], *given: Any) -> None:
    """Raises ValueError where the reader raises UserError, so that the message gets the name of the option."""
    try:
        reader(*given)
    except UserError as error:
        raise ValueError(str(error)) from None


def train_options(given: Mapping[str, Any], data_fields: Mapping[str, FieldInfo]) -> TrainOptions:
    """Check the options that a user set.

    Args:
        given: Values by option name, as Python values or as texts of the command line ("64x64", ["code=category"]).
            None: not set.
        data_fields: The options of the data.

    Raises:
        UserError: If an option is unknown or its value is invalid; the message names the option in one sentence.
    """
    known = {**{name: field for name, field in TrainOptions.model_fields.items() if name != "data"}, **data_fields}
    for name in given:
        if name not in known:
            raise UserError(f"there is no option '{name}'; {nearest(name, list(known))}")
    data = data_options({name: value for name, value in given.items() if name in data_fields}, data_fields)
    own = {name: value for name, value in given.items() if name not in data_fields and value is not None}
    return checked(TrainOptions, {**own, "data": data})


def data_options(given: Mapping[str, Any], fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """The checked options of the data that were set (not None). Raises UserError as `train_options` does."""
    asked = {name: value for name, value in given.items() if value is not None}
    typed: Any = {name: (field.annotation, field) for name, field in fields.items()}
    model = create_model("DataOptions", **typed)
    values = checked(model, asked)
    return {name: getattr(values, name) for name in asked}


def how_to_open(
    asked: Mapping[str, Any], max_side: int, recipe: Recipe | None = None, stored: Mapping[str, Any] = {}
) -> tuple[dict[str, Any], OpenContext]:
    """The data options and the context with which the data is opened.

    Args:
        asked: The data options that were set now; they override those in `stored`.
        max_side: The largest longer side of pictures, in pixels, if the size is chosen automatically.
        recipe: The recipe; None if it depends on the data.
        stored: The options ("asked") and the context ("context") of an earlier run; its context overrides the new one.
    """
    context: dict[str, Any] = {"max_side": max_side}
    if recipe is not None:
        context |= {"modalities": recipe.modalities, "label_maps": recipe.algorithm.label_map_side}
        if recipe.algorithm.restores:
            # Downsampling would make the training pictures sharper and cleaner than the pictures to be restored.
            context["fit"] = "patches"
    return {**stored.get("asked", {}), **asked}, OpenContext(**{**context, **stored.get("context", {})})


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with tuples replaced by lists, since YAML has no tuples."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
