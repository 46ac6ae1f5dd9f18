"""Types of DataFrames beyond numbers, times, truths and texts: learned as one of these, given back as they were.

Each conversion has two halves: `learnable` makes a column that can be learned, and says in terms of JSON what it was;
`given_back` makes a column of generated values such a column again.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .text_formats.missing import is_missing_number

NANO = 1_000_000_000
Was = dict[str, Any]  # what a column was: "as" names the conversion; {} for a column that is learned as it is


def learnable(values: pd.Series) -> tuple[pd.Series, Was]:
    """A column that can be learned, and what it was."""
    dtype = values.dtype
    if isinstance(dtype, pd.SparseDtype):
        inner, was = learnable(values.sparse.to_dense())
        return inner, {"as": "sparse", "dtype": str(dtype), "inner": was}
    if isinstance(dtype, pd.PeriodDtype):
        return values.dt.to_timestamp(), {"as": "period", "freq": str(dtype)[len("period[") : -1]}
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _seconds(values), {"as": "timedelta", "dtype": str(dtype)}
    if isinstance(dtype, pd.ArrowDtype):
        return _of_arrow(values)
    if isinstance(dtype, pd.CategoricalDtype):
        if isinstance(dtype.categories.dtype, pd.IntervalDtype):
            return _of_intervals(values)
        return values, {"as": "category", "dtype": str(dtype.categories.dtype)}
    if isinstance(dtype, pd.StringDtype) and str(dtype) == "string":
        return values, {"as": "string", "storage": dtype.storage}
    if pd.api.types.is_object_dtype(dtype):
        return _of_objects(values)
    return values, {}


def given_back(values: pd.Series, was: Was) -> pd.Series:
    """Generated values as the column was."""
    return GIVEN_BACK[was["as"]](values, was) if was else values


def _seconds(values: pd.Series) -> pd.Series:
    nanoseconds = values.astype("timedelta64[ns]")
    counts = nanoseconds.astype(np.int64).to_numpy() / NANO
    return pd.Series(np.where(values.isna(), np.nan, counts), index=values.index, name=values.name)


def _durations(values: pd.Series, was: Was) -> pd.Series:
    there = values.notna().to_numpy()
    seconds = np.where(there, values.to_numpy(np.float64, na_value=0.0), 0)
    found = pd.Series((seconds * NANO).round().astype(np.int64).astype("timedelta64[ns]"), index=values.index)
    return found.where(there).astype(was["dtype"]).rename(values.name)


def _of_arrow(values: pd.Series) -> tuple[pd.Series, Was]:
    import pyarrow as pa

    kind = values.dtype.pyarrow_dtype
    packed = base64.b64encode(pa.schema([("x", kind)]).serialize().to_pybytes()).decode()
    objects = pd.Series(values.to_numpy(object, na_value=None), index=values.index, name=values.name, dtype=object)
    if pa.types.is_dictionary(kind):
        return objects.astype("category"), {"as": "arrow", "type": packed, "inner": {}}
    inner, was = _of_objects(objects)
    return inner, {"as": "arrow", "type": packed, "inner": was}


def _of_intervals(values: pd.Series) -> tuple[pd.Series, Was]:
    """Groups of numbers or times, as pd.cut makes them."""
    groups = values.cat.categories
    ends = {side: [str(end) for end in getattr(groups, side)] for side in ("left", "right")}
    was = {"as": "intervals", **ends, "of": str(groups.dtype.subtype), "closed": groups.closed}
    return values.cat.rename_categories([str(group) for group in groups]), was


def _as_intervals(values: pd.Series, was: Was) -> pd.Series:
    left, right = (pd.Index(pd.Series(was[side], dtype=object).astype(was["of"])) for side in ("left", "right"))
    groups = pd.IntervalIndex.from_arrays(left, right, closed=was["closed"])
    return values.cat.rename_categories(groups)


def _to_arrow(values: pd.Series, was: Was) -> pd.Series:
    import pyarrow as pa

    kind = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(was["type"]))).field("x").type
    objects = given_back(values, was["inner"]).astype(object)
    plain = [None if _is_empty(value) else value for value in objects]
    if pa.types.is_dictionary(kind):  # whose categories are kept as texts where they are no numbers
        texts = any(isinstance(value, str) for value in plain)
        found = (pa.array(plain, pa.string()) if texts else pa.array(plain)).cast(kind.value_type)
        found = found.dictionary_encode().cast(kind)
    else:
        found = pa.array(plain, kind)
    return pd.Series(pd.arrays.ArrowExtensionArray(found), index=values.index, name=values.name)


def _is_empty(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _of_objects(values: pd.Series) -> tuple[pd.Series, Was]:
    """A column of Python objects: all of one type, or numbers with texts such as "n/a" among them."""
    there = values.dropna()
    types = {type(value) for value in there}
    for kinds, name, convert in OBJECTS:
        if types and types <= kinds:
            return convert(values, there, {"as": name})
    if len(types) > 1 and str in types and types <= {str, int, float}:
        numbers = there[there.map(lambda value: not isinstance(value, str))]
        if all(is_missing_number(value) for value in there if isinstance(value, str)):
            return _of_objects(numbers.reindex(values.index))
    return values, {}


def _integers(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    if all(-(2**63) <= int(value) < 2**63 for value in there):
        return values.astype("Int64"), was
    return values.map(str, na_action="ignore").astype(object), was  # too large for a number of the machine


def _decimals(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    places = max(0, *(-int(value.as_tuple().exponent) for value in there if value.is_finite()), 0)
    return values.astype(np.float64), was | {"places": places}


def _moments(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    try:
        return pd.to_datetime(values), was
    except (ValueError, TypeError):  # of several offsets
        return pd.to_datetime(values, utc=True), was


def _dates(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    days = [None if _is_empty(value) else np.datetime64(value, "s") for value in values]
    return pd.Series(np.array(days, "datetime64[s]"), index=values.index, name=values.name), was


def _mapped(change: Callable[[Any], Any]) -> Callable[[pd.Series, Was], pd.Series]:
    """A column of objects, each changed, and None where it is empty."""

    def apply(values: pd.Series, was: Was) -> pd.Series:
        made = [None if _is_empty(value) else change(value) for value in values.astype(object)]
        return pd.Series(made, index=values.index, name=values.name, dtype=object)

    return apply


def _texts(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    return values.map(str, na_action="ignore").astype(object), was


def _timedeltas(values: pd.Series, there: pd.Series, was: Was) -> tuple[pd.Series, Was]:
    return _seconds(pd.to_timedelta(values)), was


def _as_decimals(values: pd.Series, was: Was) -> pd.Series:
    return _mapped(lambda value: decimal.Decimal(f"{value:.{was['places']}f}"))(values, was)


def _as_categories(values: pd.Series, was: Was) -> pd.Series:
    names = pd.Index(values.cat.categories, dtype=was["dtype"])
    return values.astype(pd.CategoricalDtype(names, values.cat.ordered))


# Types of Python, the name of the conversion, and its first half. A Timestamp is a datetime, and a datetime is a date.
OBJECTS: tuple[tuple[set[type], str, Callable[[pd.Series, pd.Series, Was], tuple[pd.Series, Was]]], ...] = (
    ({int, np.int64, np.int32, np.int16, np.int8, np.uint8}, "int", _integers),
    ({float, int, np.float64, np.float32}, "float", lambda values, there, was: (values.astype(np.float64), was)),
    ({decimal.Decimal}, "decimal", _decimals),
    ({datetime.datetime, pd.Timestamp}, "datetime", _moments),
    ({datetime.date}, "date", _dates),
    ({datetime.time}, "time", _texts),
    ({datetime.timedelta, pd.Timedelta}, "delta", _timedeltas),
    ({uuid.UUID}, "uuid", _texts),
)
GIVEN_BACK: dict[str, Callable[[pd.Series, Was], pd.Series]] = {
    "sparse": lambda values, was: given_back(values, was["inner"]).astype(was["dtype"]),
    "period": lambda values, was: values.dt.to_period(was["freq"]),
    "timedelta": _durations,
    "arrow": _to_arrow,
    "category": _as_categories,
    "intervals": _as_intervals,
    "string": lambda values, was: values.astype(pd.StringDtype(was["storage"])),
    "int": _mapped(int),
    "float": _mapped(float),
    "decimal": _as_decimals,
    "datetime": _mapped(lambda value: value.to_pydatetime()),
    "date": _mapped(lambda value: value.date()),
    "time": _mapped(datetime.time.fromisoformat),
    "delta": lambda values, was: _mapped(lambda value: value.to_pytimedelta())(
        _durations(values, {"dtype": "timedelta64[ns]"}), was
    ),
    "uuid": _mapped(uuid.UUID),
}
