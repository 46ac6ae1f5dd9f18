"""The settings among which a search chooses, and their values: a small YAML file.

    players.generator.optimizer.lr: {low: 1e-4, high: 1e-2, log: true}    # a number between two
    batch: {low: 16, high: 128, step: 16}                                 # whole numbers, so far apart
    algorithm.objective.name: [non-saturating, hinge]                     # one of these

The keys are those of --set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from ..errors import UserError
from .reading import load_yaml, with_settings
from .recipe import Part, Recipe, first_fault

Number = Annotated[int | float, Field(allow_inf_nan=False)]
Value = str | int | float | bool | None


class Range(Part):
    """Numbers from low to high; whole ones where low, high and step are.

    low, high: Both are included. log: Even on a logarithmic scale. step: How far neighbours are apart.
    """

    low: Number
    high: Number
    log: bool = False
    step: Number | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low is smaller than high")
        if self.log and self.low <= 0:
            raise ValueError("low is above 0 where log is true")
        if self.log and self.step is not None:
            raise ValueError("log and step do not go together")
        return self

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int) and isinstance(self.step, int | None)

    def holds(self, value: Any) -> bool:
        """Whether a value is one of this range."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


Space = dict[str, Range | list[Value]]


def read_space(path: Path, recipe: Recipe) -> Space:
    """The space of a file. Raises UserError if it is none, or if the recipe does not have a setting or take a value."""
    try:
        found = load_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not found:
        raise UserError(f"{path} should be lines of KEY: [VALUE, VALUE ...] or KEY: {{low: NUMBER, high: NUMBER}}")
    space = {str(key): _values(str(key), values, path) for key, values in found.items()}
    for key, values in space.items():
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            _ = with_settings(recipe, {key: value}, str(path)).algorithm.adversarial_loss  # refuses unknown ones too
    return space


def _values(key: str, values: Any, path: Path) -> Range | list[Value]:
    if isinstance(values, list):
        if len(values) < 2 or not all(isinstance(value, Value) for value in values):
            raise UserError(f"{path}: {key} should have two values or more to choose from, each a number or a text")
        return values
    if not isinstance(values, dict):
        raise UserError(f"{path}: {key} should be [VALUE, VALUE ...] or {{low: NUMBER, high: NUMBER}}, not {values}")
    try:
        return Range.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{path}: {key}: {first_fault(error, Range)}") from None


def settings_of(recipe: Recipe, space: Space) -> dict[str, Any] | None:
    """The recipe's own values of the settings; None if one of them is open or outside of the space."""
    found = {}
    for key, values in space.items():
        value: Any = recipe.model_dump(mode="json")
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not (values.holds(value) if isinstance(values, Range) else value in values):
            return None
        found[key] = value
    return found
