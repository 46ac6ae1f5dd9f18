"""What the texts of a table of series mean: times, and numbers such as 51,26. They are read as in tables, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from ...errors import UserError, nearest
from ..table.columns import ASKED_TYPES, DROP, READINGS, Column, find
from ..table.written.deciding import wanted
from .clocks import numeric_time

COLUMN_ROLES = ("series", "order", "channel", "whole")  # roles that a person may give to a column


class NumberTable(NamedTuple):
    """A table in which times and numbers are numbers.

    columns: of the times, and of the texts that are numbers, by name. joined: columns that were joined from others.
    """

    frame: pd.DataFrame
    columns: Mapping[str, Column]
    joined: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def said_as_order(self, name: str) -> str:
        """The option with which a person says that a column orders the steps."""
        return " ".join(f"--type {each}=order" for each in self.joined.get(name, (name,)))

    @property
    def times(self) -> frozenset[str]:
        return frozenset(name for name, column in self.columns.items() if column.kind == "time")


def check_types(frame: pd.DataFrame, types: Mapping[str, str]) -> None:
    """Raises UserError for a column that is not there, or what is neither a role nor a type."""
    for name, kind in types.items():
        if name not in frame.columns:
            raise UserError(f"there is no column '{name}'; {nearest(name, list(frame.columns))}")
        if kind not in (*COLUMN_ROLES, DROP) and wanted(kind).type not in ASKED_TYPES:
            known = [*COLUMN_ROLES, DROP, *ASKED_TYPES, *READINGS]
            raise UserError(f"'{kind}' is not a type of a column of series; {nearest(kind, known)}")


def as_numbers(frame: pd.DataFrame, types: Mapping[str, str], like: Mapping[str, Column] | None) -> NumberTable:
    """Read times and texts that are numbers.

    types: column -> type or role, as a person says. like: the columns of another table that this one is read like.
    """
    if like is not None:
        columns = {name: column for name, column in like.items() if name in frame.columns}
    else:
        asked = {name: kind for name, kind in types.items() if kind not in COLUMN_ROLES}
        numeric = pd.api.types.is_numeric_dtype
        asked |= {
            name: kind for name in map(str, frame.columns) if name not in types and (kind := numeric_time(frame[name]))
        }
        names = [
            name
            for name in map(str, frame.columns)
            if not numeric(frame[name].dtype) or wanted(asked.get(name)).type == "time"
        ]
        found = find(frame[names], {name: kind for name, kind in asked.items() if name in names}) if names else ()
        columns = {column.name: column for column in found if column.kind in ("time", "integer", "float")}
        for name in columns.keys() - types.keys():
            if asked.get(name) is not None:
                columns[name] = replace(columns[name], why=f"as its numbers are; if not: --type {name}=channel")
    return NumberTable(frame.assign(**{name: column.cells(frame[name]) for name, column in columns.items()}), columns)
