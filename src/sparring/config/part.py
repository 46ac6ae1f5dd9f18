"""The base class of all parts of a recipe."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]


class Part(BaseModel):
    """The base of all parts of a recipe: immutable, without unknown keys, without infinite or undefined numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
