"""The options of `sparring augment`, declared once for the command line and Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .options import TrainOptions

MAX_SEEDS, MAX_AMOUNT = 100, 20_000


class AugmentOptions(BaseModel):
    """What a person may ask of an augmentation beside the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Path | None = Field(
        None,
        description="A run folder whose generator makes the examples. Default: one is trained, in the output folder.",
        json_schema_extra={"metavar": "RUN"},
    )
    task: Literal["auto", "classify", "detect", "table"] = Field(
        "auto",
        description="What models learn from the data: classify (pictures in classes), detect (pictures with boxes) or "
        "table (the target column of a table). Default: auto, which follows from the data.",
    )
    target: str | None = Field(
        None,
        min_length=1,
        description="Of a table: the column that models should tell. Default: the last one with 2 to 20 categories.",
        json_schema_extra={"metavar": "COLUMN"},
    )
    amount: str | int = Field(
        "auto",
        description="How many generated examples to add, rarer classes first; of pictures with boxes, how many scenes. "
        "Default: auto, which tries several and "
        "chooses on validation examples.",
        json_schema_extra={"metavar": "auto|COUNT"},
    )
    seeds: int = Field(
        5, ge=2, le=MAX_SEEDS, description="How many times each model is trained in each arm. More narrow the interval."
    )
    budget: str | float = Field(
        "10m",
        description="How long to train the generator: 90s, 10m, 1h30m. The models that judge come on top.",
        json_schema_extra={"metavar": "TIME"},
    )
    anyway: bool = Field(False, description="Write the enlarged data whatever the verdict is. Default: no.")
    device: str = TrainOptions.model_fields["device"]  # type: ignore[assignment]

    @field_validator("run", mode="before")
    @classmethod
    def _folder(cls, given: Any) -> Any:
        """A Run stands for its folder."""
        return os.fspath(given) if isinstance(given, os.PathLike) else given

    @field_validator("amount", mode="before")
    @classmethod
    def _count(cls, given: Any) -> Any:
        whole = int(given) if isinstance(given, str) and given.isdigit() else given
        if given == "auto" or (isinstance(whole, int) and 0 < whole <= MAX_AMOUNT):
            return whole
        raise ValueError(f"should be auto or a whole number from 1 to {MAX_AMOUNT:,}")

    @field_validator("budget", mode="before")
    @classmethod
    def _time(cls, given: Any) -> Any:
        return TrainOptions._time(given)
