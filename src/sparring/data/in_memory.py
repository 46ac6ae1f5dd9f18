"""Data as a Python program has it: arrays, tensors, datasets, lists of pictures, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import UserError

PICTURE_COLUMNS = ("image", "img", "picture", "pixel_values")
ACCEPTED = (
    "a NumPy array, a torch tensor or Dataset, a Hugging Face dataset, a list of PIL pictures or of texts, or a table "
    "(a DataFrame, a dictionary of columns, a list of dictionaries)"
)


@dataclass(frozen=True)
class InMemory:
    """Data as a Python program has it.

    labels: a sequence with the class of each picture, by name or number; None where there is none beside the data.
    """

    data: Any
    labels: Any = None

    @property
    def name(self) -> str:
        return "table" if self.is_table else "texts" if self.is_texts else "pictures"

    @property
    def is_texts(self) -> bool:
        """Is it a list of strings?"""
        return (
            isinstance(self.data, list | tuple) and bool(self.data) and all(isinstance(each, str) for each in self.data)
        )

    @property
    def is_table(self) -> bool:
        """Does it have named columns and no pictures in them?"""
        if is_hugging_face(self.data):
            return picture_column(self.data) is None
        if hasattr(self.data, "to_pandas") or (hasattr(self.data, "iloc") and hasattr(self.data, "index")):
            return True
        return bool(getattr(getattr(self.data, "dtype", None), "names", None)) or (
            is_columns(self.data) or is_records(self.data)
        )

    def __str__(self) -> str:
        return f"memory ({type(self.data).__name__})"


def is_columns(data: Any) -> bool:
    """Is it a dictionary of columns, whose cells are numbers, texts and the like?"""
    if not isinstance(data, Mapping) or not data or any(name in PICTURE_COLUMNS for name in data):
        return False
    one_dimensional = (isinstance(each, list | tuple) or len(getattr(each, "shape", ())) == 1 for each in data.values())
    return all(one_dimensional) and all(_is_cell(each) for column in data.values() for each in islice(column, 1))


def is_records(data: Any) -> bool:
    """Is it a list of dictionaries, one a row, whose values are numbers, texts and the like?"""
    if not isinstance(data, list | tuple) or not data or not all(isinstance(each, Mapping) for each in data):
        return False
    return bool(data[0]) and all(_is_cell(value) and name not in PICTURE_COLUMNS for name, value in data[0].items())


def _is_cell(value: Any) -> bool:
    """Is it one value, and neither a picture nor an array?"""
    return isinstance(value, str | bytes) or not (
        hasattr(value, "__len__") and getattr(value, "shape", None) != () or hasattr(value, "convert")
    )


def refuse_missing_numbers(data: Any) -> None:
    """Raises UserError for a tensor that does not hold its numbers one by one, and for an array that masks some."""
    import numpy as np  # here, so that the list of options needs no numpy

    if isinstance(data, np.ma.MaskedArray) and np.ma.getmaskarray(data).any():
        raise UserError("the data is an array that masks some of its numbers: fill them, or leave those items out")
    if not hasattr(data, "is_meta"):
        return
    layout = str(data.layout).removeprefix("torch.")
    kind = "meta" if data.is_meta else "quantized" if data.is_quantized else "" if layout == "strided" else layout
    if kind:
        advice = {"meta": "it has no numbers", "quantized": "give data.dequantize()"}.get(kind, "give data.to_dense()")
        raise UserError(f"the data is a {kind} tensor, and a dense one is needed: {advice}")


def is_hugging_face(data: Any) -> bool:
    """Is it a dataset of the library `datasets`?"""
    return hasattr(data, "features") and hasattr(data, "column_names")


def picture_column(data: Any) -> str | None:
    """The column of a Hugging Face dataset that holds pictures."""
    declared = [name for name in data.column_names if type(data.features.get(name)).__name__ == "Image"]
    return next(iter([*declared, *(name for name in PICTURE_COLUMNS if name in data.column_names)]), None)
