"""What the page may ask of the studio. Everything that reaches a command line is checked here or by that command."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ...callbacks.progress import seconds_from
from ...config.reading import list_recipes
from ...errors import UserError
from ..requests import Asked

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Short = Annotated[str, Field(min_length=1, max_length=120)]


def _time(given: str | None) -> str | None:
    """A time as the command line reads it."""
    if given is not None:
        try:
            seconds_from(given)
        except UserError as error:
            raise ValueError(str(error)) from None
    return given


class Check(Asked):
    """Look at data."""

    data: Text
    recipe: Short | None = None

    @field_validator("recipe")
    @classmethod
    def _known(cls, given: str | None) -> str | None:
        """The name of a recipe that comes with sparring: a file would be read from anywhere."""
        if given is not None and given not in list_recipes():
            raise ValueError("there is no such recipe")
        return given

    def options(self) -> list[str]:
        """As the command line takes them."""
        return [] if self.recipe is None else [f"--recipe={self.recipe}"]


class Train(Check):
    """Begin a training."""

    name: Short
    budget: Short | None = None
    examples: Annotated[str, Field(pattern=r"^\d+(\.\d+)?[kKmM]?(epochs|steps)?$", max_length=20)] | None = None
    size: Annotated[str, Field(pattern=r"^\d{1,5}x\d{1,5}$")] | None = None
    labels: Short | None = None
    seed: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None

    checked_time = field_validator("budget")(staticmethod(_time))

    def options(self) -> list[str]:
        given = {name: getattr(self, name) for name in ("budget", "examples", "size", "labels", "seed")}
        return [*super().options(), *(f"--{name}={value}" for name, value in given.items() if value is not None)]


class GoOn(Asked):
    """Go on with a training; with a budget, for so much longer."""

    budget: Short | None = None

    checked_time = field_validator("budget")(staticmethod(_time))


class Evaluate(Asked):
    """Measure a run."""


class Export(Asked):
    """Export a run."""

    to: Literal["onnx", "html"]
