"""What a person may ask about series."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..table.options import ColumnOptions


class SeriesOptions(ColumnOptions):
    """Options of series: the type of a column may also be series, order, channel or whole."""

    window: int | None = Field(
        None,
        ge=1,
        description="Of series: learn windows of so many steps, and join them, in place of whole series. Default: "
        "whole series up to 2,048 steps, and windows of longer ones.",
        json_schema_extra={"metavar": "STEPS"},
    )
    layout: Literal["auto", "long", "wide"] = Field(
        "auto", description="Of series in a table: long (a row is a step) or wide (a row is a series). Default: found."
    )
