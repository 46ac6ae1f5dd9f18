"""DataFrames of pandas and polars: what is learned is a plain table, what is generated is like the frame that came.

Names of columns may be numbers, None, times or, with several levels, tuples; an index may be more than row numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ...errors import UserError
from .frame_types import Was, given_back, learnable

Label = Any  # the name of a column


@dataclass(frozen=True)
class FrameLayout:
    """What a frame had beside its values.

    labels: of all columns, those of the index first. levels: names of the levels of the columns' labels, of which there
    are several where `multi`. index: how many columns are the index. was: what each column was (see `frame_types`).
    enums: categories of the columns of polars that may hold nothing else. arrow: was it a table of pyarrow?
    """

    labels: tuple[Label, ...] = ()
    levels: tuple[Label, ...] = (None,)
    multi: bool = False
    index: int = 0
    was: tuple[Was, ...] = ()
    polars: bool = False
    enums: tuple[tuple[str, tuple[str, ...]], ...] = ()
    arrow: bool = False

    def of(self, names: Sequence[str]) -> FrameLayout:
        """The layout of those columns of the plain table alone. Without columns of the index, there is no index."""
        if not self.labels:
            return self
        every = _names(self.labels, self.index)
        kept = [at for at, name in enumerate(every) if name in set(names)]
        labels, was = (tuple(part[at] for at in kept) for part in (self.labels, self.was))
        whole = kept[: self.index] == list(range(self.index))
        enums = tuple(each for each in self.enums if each[0] in set(names))
        return replace(self, labels=labels, was=was, index=self.index if whole else 0, enums=enums)

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Generated rows with the types of the frame, but plain names and no index."""
        if not any(self.was):
            return frame
        pairs = zip(frame.columns, self.was, strict=True)
        return pd.DataFrame({name: given_back(frame[name], was) for name, was in pairs})

    def restored(self, frame: pd.DataFrame) -> Any:
        """Generated rows as a frame like the one that came."""
        if not self.labels:
            return frame
        found = self.typed(frame)
        if self.polars:
            return _to_polars(found, self.enums)
        if self.arrow:
            return _to_arrow(found)
        labels = self.labels[self.index :]
        made = found.iloc[:, self.index :]
        if self.multi:
            made.columns = pd.MultiIndex.from_tuples(labels, names=list(self.levels))
        else:
            made.columns = pd.Index(list(labels), name=self.levels[0], tupleize_cols=False)
        if self.index:
            parts = [pd.Index(found.iloc[:, at]).rename(self.labels[at]) for at in range(self.index)]
            made.index = parts[0] if len(parts) == 1 else pd.MultiIndex.from_arrays(parts)
        return made

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        if not self.labels:
            return {}
        return {
            "labels": [_encoded(label) for label in self.labels],
            "levels": [_encoded(level) for level in self.levels],
            "multi": self.multi,
            "index": self.index,
            "was": list(self.was),
            "polars": self.polars,
            "enums": [[name, list(names)] for name, names in self.enums],
            "arrow": self.arrow,
        }


def layout_from(description: dict[str, Any]) -> FrameLayout:
    """The inverse of FrameLayout.describe(). Raises KeyError, TypeError or ValueError for another description."""
    if not description:
        return FrameLayout()
    return FrameLayout(
        tuple(map(_decoded, description["labels"])),
        tuple(map(_decoded, description["levels"])),
        bool(description["multi"]),
        int(description["index"]),
        tuple(map(dict, description["was"])),
        bool(description["polars"]),
        tuple((str(name), tuple(map(str, names))) for name, names in description["enums"]),
        bool(description.get("arrow", False)),
    )


def plain_frame(data: Any) -> tuple[pd.DataFrame, FrameLayout]:
    """A table of a Python program (see `data.in_memory`) as a plain table, and what it had beside that.

    Raises UserError where two columns get the same name or one cannot be read.
    """
    polars, arrow = (type(data).__module__.partition(".")[0] == each for each in ("polars", "pyarrow"))
    enums: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if polars:
        data = data.collect() if hasattr(data, "collect") else data
        enums = tuple(
            (name, tuple(kind.categories)) for name, kind in data.schema.items() if type(kind).__name__ == "Enum"
        )
        frame = data.to_pandas(use_pyarrow_extension_array=True)
    else:
        frame = _as_frame(data, arrow)
    index = _index_columns(frame)
    labels = [*(label for label, _ in index), *frame.columns]
    columns = [*(values for _, values in index), *(frame.iloc[:, at] for at in range(len(frame.columns)))]
    names = _names(labels, len(index))
    for label in frame.columns:
        _encoded(label)  # a name that could not be given back is refused now
    found = [_learnable(name, values) for name, values in zip(names, columns, strict=True)]
    plain = pd.DataFrame(
        {name: values for name, (values, _) in zip(names, found, strict=True)}, index=range(len(frame))
    )
    multi = isinstance(frame.columns, pd.MultiIndex)
    was = tuple(each for _, each in found)
    return plain, FrameLayout(tuple(labels), tuple(frame.columns.names), multi, len(index), was, polars, enums, arrow)


def _as_frame(data: Any, arrow: bool) -> pd.DataFrame:
    """The table as a DataFrame of pandas. Raises UserError where columns have different lengths."""
    if arrow:
        return data.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    frame = data.to_pandas() if hasattr(data, "to_pandas") else data
    if isinstance(frame, Mapping):
        lengths = {name: len(column) for name, column in frame.items()}
        if len({*lengths.values()}) > 1:
            some = ", ".join(f"'{name}' {length:,}" for name, length in list(lengths.items())[:3])
            raise UserError(f"the columns of the table have different lengths: {some}; give each row a cell of each")
    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        return frame.to_frame("value" if frame.name is None else frame.name)
    if isinstance(frame, list):  # of dictionaries, one a row
        rows = pd.DataFrame(frame, dtype=object)
        return pd.DataFrame({label: _typed(rows[label]) for label in rows.columns}, columns=rows.columns)
    return frame if hasattr(frame, "columns") else pd.DataFrame(frame)


def _typed(values: pd.Series) -> pd.Series:
    """Objects of Python as a column of their type; whole numbers and truths stay such beside empty cells."""
    there = values[values.notna()]
    kinds = {type(value) for value in there}
    if len(there) < len(values) and kinds in ({int}, {bool}):
        return values.where(values.notna(), None).astype("Int64" if kinds == {int} else "boolean")
    return values.infer_objects()


def _learnable(name: str, values: pd.Series) -> tuple[pd.Series, Was]:
    """Raises UserError for a column of a type that pandas cannot read."""
    try:
        return learnable(values.reset_index(drop=True))
    except NotImplementedError:
        kind = values.dtype
        raise UserError(
            f"column '{name}' is of the type {kind}, which pandas cannot read: write it as text or leave it out"
        ) from None


def _index_columns(frame: pd.DataFrame) -> list[tuple[Label, pd.Series]]:
    """The levels of an index that says more than the number of a row: one that has a name, or holds no integers."""
    index = frame.index
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return []
    if index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index.dtype):
        return []
    return [(index.names[at], index.get_level_values(at).to_series()) for at in range(index.nlevels)]


def _names(labels: Sequence[Label], index: int) -> list[str]:
    """A text for each label, those of the index first. Raises UserError where two are the same."""
    names = [".".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in labels]
    for at in range(index):  # a level of the index without a name
        names[at] = names[at] if labels[at] is not None else f"index {at + 1}" if index > 1 else "index"
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise UserError(f"the table has two columns named '{name}'; give each a name of its own")
    return names


def _encoded(label: Label) -> Any:
    if label is None or isinstance(label, str):
        return label
    if isinstance(label, tuple):
        return {"tuple": [_encoded(part) for part in label]}
    if isinstance(label, pd.Timestamp):
        return {"time": label.isoformat()}
    value = label.item() if hasattr(label, "item") else label
    if isinstance(value, bool | int | float):
        return {"number": value}
    raise UserError(f"a column is named by {label!r}, a {type(label).__name__}; name it by a text or a number")


def _decoded(label: Any) -> Label:
    if not isinstance(label, dict):
        return label
    (kind, value), *_ = label.items()
    if kind == "tuple":
        return tuple(map(_decoded, value))
    return pd.Timestamp(value) if kind == "time" else value


def _to_arrow(frame: pd.DataFrame) -> Any:
    """A table of pyarrow."""
    import pyarrow

    columns = [pyarrow.array(frame[name]) for name in frame.columns]
    return pyarrow.Table.from_arrays(columns, names=list(frame.columns))


def _to_polars(frame: pd.DataFrame, enums: Sequence[tuple[str, tuple[str, ...]]]) -> Any:
    """A DataFrame of polars, or of pandas where polars is not installed."""
    try:
        import polars
    except ImportError:
        return frame
    made = polars.from_pandas(frame)
    return made.with_columns(polars.col(name).cast(polars.Enum(list(names))) for name, names in enums)
