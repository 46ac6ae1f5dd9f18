"""The roles of the columns in a table of series: key, order of the steps, channels, choices, label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...errors import UserError, nearest
from ..table.columns import Column, find
from ..table.text_formats.deciding import wanted
from .calendar_parts import Part
from .codec import SeriesCodec
from .followers import followers
from .grid import local_times
from .grouping import Grouping, find_grouping, series_numbers
from .number_table import COLUMN_ROLES, NumberTable

LABEL = ("label", "class", "target", "y")
MAX_CLASSES = 100


class Roles(NamedTuple):
    """What each column of a table is."""

    grouping: Grouping  # what tells series apart, and what orders their steps
    channels: list[str]  # numbers that change along a series
    choices: Sequence[Column]  # categories that change along a series
    whole: list[str]  # belong to a whole series
    label: str | None  # the class of a series
    left_out: Sequence[str] = ()  # neither numbers nor categories, each with its kind
    text_channels: Sequence[Column] = ()  # channels whose numbers are texts, such as 51,26

    @property
    def key(self) -> str | None:
        """The column that alone tells series apart; a pair of columns belongs to whole series, and so does no key."""
        return self.grouping.keys[0] if len(self.grouping.keys) == 1 and not self.grouping.restarts else None

    @property
    def order(self) -> str | None:
        return self.grouping.order

    def without_followers(
        self,
        frame: pd.DataFrame,
        order: Column,
        starts: np.ndarray,
        types: Mapping[str, str],
        columns: Mapping[str, Column],
    ) -> tuple[Roles, tuple[Part, ...]]:
        """The roles without columns that follow from the order, if any others change; and these columns.

        frame: a row for each step, in order. starts: the first row of each series. types: what a person said.
        columns: of times and texts that are numbers.
        """
        names = [*self.channels, *(column.name for column in self.choices)]
        names = [name for name in names if types.get(name) != "channel"]
        times = local_times(order, order.cells(frame[order.name])) if order.kind == "time" else None
        left_out = {f"{name} (time)": column for name, column in columns.items() if column.kind == "time"}
        others = {column.name: column for shown, column in left_out.items() if shown in self.left_out}
        found = followers(frame, names, times, starts, others)
        after = {part.name for part in found}
        if len(after & set(names)) == len(self.channels) + len(self.choices):
            return self, ()
        return self._replace(
            channels=[name for name in self.channels if name not in after],
            choices=[column for column in self.choices if column.name not in after],
            text_channels=[column for column in self.text_channels if column.name not in after],
            left_out=[shown for shown in self.left_out if not (shown in left_out and left_out[shown].name in after)],
        ), found


def roles_like(codec: SeriesCodec, frame: pd.DataFrame, where: str) -> Roles:
    """The roles of the columns that a codec was fitted to. Raises UserError where a column is missing."""
    key, order = (None if column is None else column.name for column in (codec.key, codec.order))
    channels = [each.name for each in codec.channels[: len(codec.channels) - codec.paced]]
    grouping = Grouping(codec.apart or ((key,) if key else ()), order, codec.restarts)
    roles = Roles(grouping, channels, codec.choices, [each.name for each in codec.whole], codec.label)
    roles = roles._replace(text_channels=codec.text_channels)
    wanted = [
        name
        for name in (key, order, *channels, *(each.name for each in codec.choices), *roles.whole, roles.label)
        if name is not None
    ]
    if missing := [name for name in wanted if name not in frame.columns]:
        raise UserError(f"{where} has no column '{missing[0]}'; it should have {', '.join(wanted)}")
    if (
        key is None and "series" in frame.columns and "series" not in codec.columns
    ):  # several series that were generated, where no column told series apart
        return roles._replace(grouping=Grouping(("series",), order))
    return roles


def find_roles(table: NumberTable, where: str, types: Mapping[str, str], labels: str) -> Roles:
    """The roles of the columns, as a person says, else by names and values.

    Args:
        table: a row for each step.
        where: it comes from, for messages.
        types: column -> role or type, as a person says.
        labels: "auto", "none" or the column that holds the classes.

    Raises:
        UserError: nothing changes along a series, or what the person says cannot be.
    """
    roles = {name: kind for name, kind in types.items() if kind in COLUMN_ROLES}
    said = {role: [name for name, each in roles.items() if each == role] for role in COLUMN_ROLES}
    if len(said["order"]) > 1:
        raise UserError("two columns were said to be the order; one can be")
    frame = table.frame
    for name in said["order"]:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype) or pd.api.types.is_bool_dtype(frame[name].dtype):
            raise UserError(f"{where}: column '{name}' cannot order the steps: it holds neither numbers nor times")
    empty = [str(name) for name in frame.columns if name not in types and frame[name].isna().all()]
    frame = frame.drop(columns=empty)
    others = [*said["channel"], *said["whole"]]
    grouping = find_grouping(table._replace(frame=frame), said["series"], next(iter(said["order"]), None), others)
    groups = series_numbers(frame, grouping.keys, grouping.order, grouping.restarts)
    key = grouping.keys[0] if len(grouping.keys) == 1 and not grouping.restarts else None
    rest = [str(name) for name in frame.columns if name not in (key, grouping.order)]
    rows, many = np.argsort(groups, kind="stable"), bool(grouping.keys) or grouping.restarts
    whole = [
        name
        for name in rest
        if roles.get(name) == "whole"
        or (many and roles.get(name) != "channel" and _constant(frame[name].iloc[rows], groups[rows]))
    ]
    label = find_label(frame, whole, labels, where)
    changing = frame[[name for name in rest if name not in whole]]
    channels, choices, left_out = _changing(changing, types, table.times)
    if not channels and not choices:
        raise UserError(
            f"{where} has no column of numbers or categories that change along a series; say with --type "
            "COLUMN=channel which do"
        )
    return Roles(
        grouping,
        channels,
        choices,
        [name for name in whole if name != label],
        label,
        [*left_out, *(f"{name} (empty)" for name in empty)],
        [table.columns[name] for name in channels if name in table.columns],
    )


def _changing(
    frame: pd.DataFrame, types: Mapping[str, str], times: frozenset[str]
) -> tuple[list[str], list[Column], list[str]]:
    """Columns of numbers, of categories, and of neither with their kinds."""
    channels, choices, left_out = list[str](), list[Column](), list[str]()
    for name in map(str, frame.columns):
        dtype, asked = frame[name].dtype, types.get(name)
        kind = None if asked in COLUMN_ROLES else wanted(asked).type
        number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        if asked == "channel" or (number and kind in (None, "integer", "float") and name not in times):
            channels.append(name)
            continue
        column = find(frame[[name]], {name: kind} if kind and name not in times else {})[0]
        if column.kind in ("category", "boolean"):
            choices.append(column)
        else:
            left_out.append(f"{name} ({'time' if name in times else column.kind})")
    return channels, choices, left_out


def _constant(values: pd.Series, groups: np.ndarray) -> bool:
    codes = pd.factorize(values)[0]
    return not (np.diff(codes)[np.diff(groups) == 0] != 0).any()


def find_label(frame: pd.DataFrame, whole: list[str], labels: str, where: str) -> str | None:
    """The column, among those that belong to whole series, that holds their classes."""
    if labels == "none":
        return None
    if labels != "auto":
        if labels not in whole:
            why = (
                "it changes along a series"
                if labels in frame.columns
                else f"there is no such column; {nearest(labels, whole)}"
            )
            raise UserError(f"{where}: column '{labels}' cannot be the class of a series: {why}")
        return labels
    return next((name for name in whole if name.lower() in LABEL and 2 <= frame[name].nunique() <= MAX_CLASSES), None)
