"""What the texts of a table of series mean: times, and numbers such as 51,26. They are read as in tables, once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from ...errors import UserError, nearest
from ..table.columns import ASKED_TYPES, DROP, READINGS, Column, find
from ..table.text_formats.deciding import is_text, wanted
from ..table.text_formats.numbers import NumberFormat
from .clocks import numeric_time
from .headers import TIME_WORD
from .key_names import KEY, ORDER

COUNTED_TEXT = re.compile(r"([^\W\d]+[ _.-]?)(\d+)")
MIN_COUNTED = 3  # different ones
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
        open_ = [name for name in map(str, frame.columns) if types.get(name) in (None, "order")]
        asked |= {name: kind for name in open_ if (kind := numeric_time(frame[name]))}
        names = [
            name
            for name in map(str, frame.columns)
            if not numeric(frame[name].dtype) or wanted(asked.get(name)).type == "time"
        ]
        read = {name: _counted(name, frame[name], types.get(name) == "order") for name in open_ if name in names}
        counted = {name: column for name, column in read.items() if column is not None}
        names = [name for name in names if name not in counted]
        found = find(frame[names], {name: kind for name, kind in asked.items() if name in names}) if names else ()
        columns = counted | {column.name: column for column in found if column.kind in ("time", "integer", "float")}
        for name in columns:
            if name in asked and name not in types:
                columns[name] = replace(columns[name], why=f"as its numbers are; if not: --type {name}=channel")
    return NumberTable(frame.assign(**{name: column.cells(frame[name]) for name, column in columns.items()}), columns)


def _counted(name: str, values: pd.Series, said: bool) -> Column | None:
    """Texts such as t1, Day 2 and step_003 as counts, if the column, their word or a person (said) says so."""
    if not is_text(values) or values.isna().any() or (KEY.search(name) and not said):
        return None
    texts = values.unique()
    matches = [COUNTED_TEXT.fullmatch(text) for text in texts if isinstance(text, str)]
    found = [match for match in matches if match]
    words = {match[1] for match in found}
    if len(found) < max(MIN_COUNTED, len(texts)) or len(words) > 1:
        return None
    word = words.pop()
    width = min(len(match[2]) for match in found)
    text_format = NumberFormat(prefix=word, width=width)
    if not said and not ORDER.search(name) and not (len(word) > 2 and TIME_WORD.search(word)):
        return None
    if any(text_format.text(int(match[2])) != match[0] for match in found):
        return None
    why = f"as a count; if not: --type {name}=category"
    return Column(name, "integer", str(values.dtype), decimals=0, text_format=text_format, why=why)
