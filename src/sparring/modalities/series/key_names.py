"""Names of columns that tell series apart or order their steps, and those among them that fail to do so."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from ...errors import UserError

KEY = re.compile(
    r"(^|[_ -])(id|uuid|key|series|sequence|unit|entity|subject|patient|person|user|customer|session|trial|symbol"
    r"|ticker|device|sensor|station|store|machine)([_ -]|$)",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"(^|[_ -])(t|time|timestamp|date|datetime|step|index|year|yr|quarter|month|mnth|week|weekday|day|hour|hr|minute"
    r"|min|second|sec|frame|cycle|tick|period|round)([_ -]|$)",
    re.IGNORECASE,
)
MAX_EMPTY = 0.5  # share of the rows in which a key may be empty to be named as one
MAX_REPEATED = 0.01  # share of the rows that may repeat the time of another row of their series
MAX_NAMED_REPEATED = 0.1  # the same within one that is named like a key
MIN_LENGTH = 4  # steps of a series, on average


def refuse_unclear_keys(frame: pd.DataFrame, names: Sequence[str], order: str) -> None:
    """Raises UserError where a column seems to tell series apart, and is empty in some rows or repeats times in others.

    order: the column of the times, in numbers.
    """
    times = frame[order]
    for name in names:
        values = frame[name]
        if name == order or not _may_be_key(name, values):
            continue
        there = values.notna()
        repeated = int(pd.DataFrame({"key": values, "time": times})[there].duplicated().sum())
        if not there.all() and repeated <= MAX_REPEATED * len(frame):
            raise UserError(
                f"column '{name}' seems to tell series apart, and is empty in {int((~there).sum()):,} rows: fill or "
                f"remove these, or say --type {name}=channel"
            )
        if there.all() and KEY.search(name) and repeated > MAX_NAMED_REPEATED * len(frame):
            raise UserError(
                f"'{order}' occurs more than once within '{name}' in {repeated:,} rows: remove or merge these, or say "
                f"what tells series apart with --type COLUMN=series, or --type {name}=channel"
            )


def _may_be_key(name: str, values: pd.Series) -> bool:
    """Texts, or whole numbers with the name of a key, with several rows for each value."""
    there = values.dropna()
    if not 2 <= there.nunique() <= len(there) / MIN_LENGTH or len(there) < (1 - MAX_EMPTY) * len(values):
        return False
    if pd.api.types.is_numeric_dtype(values.dtype):
        return bool(KEY.search(name)) and not ORDER.search(name) and bool((there % 1 == 0).all())
    return True
