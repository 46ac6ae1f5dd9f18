"""Pictures in memory become a source: arrays, tensors, datasets, lists of pictures.

Pictures in memory and the same pictures in a folder give the same source: the same splits, order and content hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ...data.class_names import class_name
from ...data.contents import ArrayPart, Contents, Member
from ...data.in_memory import ACCEPTED, PICTURE_COLUMNS, InMemory, is_hugging_face, picture_column
from ...data.options import OpenContext
from ...data.source import Split
from ...data.splits import FILENAME, split_of
from ...errors import UserError, nearest
from .axes import channels_last
from .options import ImageOptions
from .source import ImageSource, build

PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
LABEL_COLUMNS = ("label", "labels", "class")


@dataclass(frozen=True)
class _Items:
    """Pictures (all PIL, or all arrays of one shape) and their classes; labels is None where nothing names them."""

    pictures: Sequence[Any] | np.ndarray
    labels: list[str | None] | None
    split: Split | None = None


def open_in_memory(memory: InMemory, options: ImageOptions, context: OpenContext) -> ImageSource:
    """Open pictures in memory.

    Arrays and tensors are N x H x W, N x H x W x C or N x C x H x W with 1 to 4 channels C. The axis that is 1 to 4
    long is that of the channels; an array in which both could be is refused. Numbers of any type are scaled as those of
    files are (see value_range).

    Raises:
        UserError: For data of another kind, shape or range, in one sentence.
    """
    contents = _contents(memory, options.labels)
    try:
        return build(memory.name, contents, options, context)
    except UserError as error:
        raise UserError(f"the data in {memory}: {error}") from None


def _contents(memory: InMemory, column: str) -> Contents:
    data, labelled_by = memory.data, "the labels that came with it"
    classes: tuple[str, ...] = ()
    splits = data if isinstance(data, Mapping) and data and all(map(is_hugging_face, data.values())) else {"": data}
    if all(map(is_hugging_face, splits.values())):
        first = next(iter(splits.values()))
        label = None if memory.labels is not None else _label_column(first, column)
        classes = tuple(getattr(first.features.get(label), "names", None) or ())
        labelled_by = f"the column '{label}'" if label else labelled_by
        parts = [_of_hugging_face(each, label, classes, split_of(name.split("[")[0])) for name, each in splits.items()]
    elif column not in ("auto", "none"):
        what = "asks for names of files" if column == FILENAME else "names a column"
        raise UserError(
            f"--labels {column} {what}, and the data in {memory} has none: give labels=[...], one for each picture"
        )
    elif isinstance(data, tuple) and len(data) == 2 and all(hasattr(each, "shape") for each in data):
        raise UserError("a pair of arrays was given: give the pictures alone, and their classes as labels=")
    elif isinstance(data, np.ndarray) or hasattr(data, "detach"):
        parts = [_Items(_as_array(data), None)]
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, str | bytes | Mapping):
        classes = tuple(map(str, getattr(data, "classes", None) or ()))
        parts = [_of_items((data[index] for index in range(len(data))), classes)]
    else:
        hint = "; of a dictionary give the pictures, and the classes as labels=" if isinstance(data, Mapping) else ""
        raise UserError(f"{type(data).__name__} is no data that can be trained on: give a path, {ACCEPTED}{hint}")
    if memory.labels is not None:
        if len(parts) > 1:
            raise UserError(
                "labels beside data of several splits cannot be told apart: put them into a column of the data"
            )
        parts = [_Items(parts[0].pictures, _names(memory.labels, len(parts[0].pictures)), parts[0].split)]
    contents = Contents(classes=classes)
    contents.labelled_by = labelled_by if all(part.labels is not None for part in parts) else None
    contents.label_column = column if contents.labelled_by and all(map(is_hugging_face, splits.values())) else None
    for part in parts:
        _add(contents, part)
    contents.stamp = "in memory " + _hash(contents)
    return contents


def _add(contents: Contents, part: _Items) -> None:
    """Put pictures into the contents: PIL pictures as files of a folder would be, arrays as they are."""
    if isinstance(part.pictures, np.ndarray):
        values = channels_last(part.pictures, "the array")
        contents.arrays.append(ArrayPart("array", values, part.labels, part.split))
        return
    start = len(contents.members)
    for index, picture in enumerate(part.pictures):
        data, label = _encoded(picture), None if part.labels is None else part.labels[index]
        stamp = hashlib.sha256(data).hexdigest()
        contents.members.append(
            Member("", len(data), stamp, partial(bytes, data), part.split, label, f"picture {start + index}")
        )


def _as_array(values: Any) -> np.ndarray:
    """A NumPy array, or a tensor of any device as one."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def _encoded(picture: Image.Image) -> bytes:
    """A picture as a file without loss."""
    buffer = io.BytesIO()
    upright = ImageOps.exif_transpose(picture)
    upright.save(
        buffer,
        "PNG" if upright.mode in PNG_MODES else "TIFF",
        **({"compress_level": 1} if upright.mode in PNG_MODES else {}),
    )
    return buffer.getvalue()


def _of_items(items: Iterable[Any], classes: Sequence[str]) -> _Items:
    """The items of a list or dataset: pictures, or pairs of a picture and its class."""
    pictures: list[Any] = []
    labels: list[str | None] = []
    labelled = False
    for item in items:
        picture, label, paired = _apart(item)
        labelled |= paired
        pictures.append(picture if isinstance(picture, Image.Image) else _picture_array(picture))
        labels.append(_name(label, classes))
    return _Items(_alike(pictures), labels if labelled else None)


def _picture_array(item: Any) -> np.ndarray:
    """Raises UserError where an item is no array of numbers."""
    if not isinstance(item, tuple):  # a picture is no tuple, and one of several things holds none that is known
        with contextlib.suppress(ValueError):  # of lists in lists of unequal length
            return _as_array(item)
    raise UserError(
        f"an item is a {type(item).__name__} of {len(item)} things: give pictures, or pairs of a picture and its class"
    )


def _apart(item: Any) -> tuple[Any, Any, bool]:
    """Picture, class, and whether there is a class."""
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], item[1], True
    if isinstance(item, tuple) and len(item) == 1:  # of a torch TensorDataset without labels
        return item[0], None, False
    if isinstance(item, Mapping):
        picture = next((name for name in PICTURE_COLUMNS if name in item), None)
        label = next((name for name in LABEL_COLUMNS if name in item), None)
        if picture is None:
            raise UserError(
                f"the items have the keys {', '.join(map(str, item))}: name the picture 'image' (and its class 'label')"
            )
        return item[picture], None if label is None else item[label], label is not None
    return item, None, False


def _alike(pictures: list[Any]) -> Sequence[Any] | np.ndarray:
    """PIL pictures as they are; arrays of one shape as one array. Raises UserError for anything else."""
    if all(isinstance(picture, Image.Image) for picture in pictures):
        return pictures
    if any(isinstance(picture, Image.Image) for picture in pictures) or any(picture.ndim < 2 for picture in pictures):
        raise UserError("the items are not all pictures of one kind: give PIL pictures only, or arrays only")
    if len({picture.shape for picture in pictures}) > 1:
        raise UserError(
            "the items are arrays of several shapes: give PIL pictures, which may differ in size, or arrays of one "
            "shape"
        )
    return np.stack(pictures)


def _label_column(data: Any, asked: str) -> str | None:
    if asked not in ("auto", "none"):
        if asked not in data.column_names:
            raise UserError(
                f"the dataset has no column '{asked}' to take labels from; {nearest(asked, list(data.column_names))}"
            )
        return asked
    declared = [name for name in data.column_names if type(data.features.get(name)).__name__ == "ClassLabel"]
    return next(iter([*declared, *(name for name in LABEL_COLUMNS if name in data.column_names)]), None)


def _of_hugging_face(data: Any, label: str | None, classes: Sequence[str], split: Split | None) -> _Items:
    column = picture_column(data)
    rows = ((data[index][column], data[index][label]) if label else data[index][column] for index in range(len(data)))
    found = _of_items(rows, classes)
    return _Items(found.pictures, found.labels, split)


def _names(labels: Any, count: int) -> list[str | None]:
    """Labels beside an array as names. Raises UserError where they are not one for each picture."""
    if isinstance(labels, Mapping | Set):
        raise UserError(f"labels in a {type(labels).__name__} have no order: give a list with one for each picture")
    try:
        values = _as_array(labels if hasattr(labels, "__array__") or hasattr(labels, "detach") else list(labels))
    except (TypeError, ValueError):
        values = np.asarray(None)
    if values.ndim != 1 or len(values) != count:
        held = {0: f"a {type(labels).__name__}", 1: f"{values.size} labels"}.get(
            values.ndim, f"labels of shape {' x '.join(map(str, values.shape))}"
        )
        raise UserError(f"{held} came beside {count} pictures: give a list with one name or number for each")
    return [_name(value, ()) for value in values.tolist()]


def _name(label: Any, classes: Sequence[str]) -> str | None:
    """The name of a class; None for a missing label.

    A number is the place of a name in `classes`, or itself the name where there are none.
    """
    if label is None or isinstance(label, str):
        return label or None
    value = label
    if hasattr(label, "item") and _as_array(label).size == 1:
        value = label.item()
    whole = isinstance(value, int) or (isinstance(value, float) and (value.is_integer() or math.isnan(value)))
    name = class_name(value) if whole or isinstance(value, str) else ""
    if whole and name and classes:
        return classes[int(value)] if 0 <= int(value) < len(classes) else None
    if name != "":
        return name
    raise UserError(f"'{label}' is no label: give one name or one whole number for each picture")


def _hash(contents: Contents) -> str:
    """Of all pictures: decoded ones are cached by it."""
    found = hashlib.sha256()
    for part in contents.arrays:
        found.update(f"{part.values.shape} {part.values.dtype}".encode() + np.ascontiguousarray(part.values).tobytes())
    for member in contents.members:
        found.update(member.stamp.encode())
    return found.hexdigest()
