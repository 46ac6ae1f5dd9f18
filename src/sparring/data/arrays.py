"""NumPy files: .npy with one array, .npz with named ones. Pickled content is refused and never loaded."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np

from ..errors import UserError
from .class_names import class_name
from .contents import MAX_ARRAYS, ArrayPart, Contents
from .in_memory import InMemory
from .source import Split
from .splits import split_of

IMAGES = ("images", "image", "x", "data", "samples", "pictures", "films", "videos", "clips", "arr_0")
NUMBERS = ("fps",)  # frames a second
LABELS = ("labels", "label", "y", "targets", "classes")


def from_memory(memory: InMemory, things: str, advice: str, least_axes: int = 1) -> Contents:
    """An array of items, with the labels beside it. Raises UserError for other objects.

    things: what the items are, such as "sounds". advice: what to give. least_axes: Of the array.
    """
    refused = UserError(f"{things} cannot be read from {memory}: {advice}")
    try:
        values = np.asarray(memory.data)
    except (TypeError, ValueError, RuntimeError):
        raise refused from None
    if values.ndim < least_axes:
        raise refused
    labels = None if memory.labels is None else [str(label) for label in np.asarray(memory.labels).tolist()]
    if labels is not None and len(labels) != len(values):
        raise UserError(f"there are {len(labels):,} labels for {len(values):,} {things}: give one for each")
    return Contents(arrays=[ArrayPart("the array", values, labels)], labelled_by="the labels given" if labels else None)


def from_file(path: Path) -> Contents | None:
    """The items of a .npy or .npz file; None for other files.

    Raises UserError where the file is damaged, holds pickles, or holds no array of items.
    """
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz") or not path.is_file():
        return None
    about = path.stat()
    try:
        notes, numbers = list[str](), dict[str, float]()
        if suffix == ".npz":
            parts = _npz(path, notes, numbers)
        else:
            parts = [ArrayPart(path.name, np.load(path, mmap_mode="r", allow_pickle=False))]
    except UserError:
        raise
    except PermissionError:
        raise UserError(f"No permission to read {path}: change its permissions or open another file.") from None
    except Exception as error:  # numpy reads headers as Python: damaged ones raise nearly anything
        pickled = isinstance(error, ValueError) and ("pickle" in str(error).lower() or "Python objects" in str(error))
        reason = (
            "Python objects (a pickle), which could run code and are never loaded"
            if pickled
            else f"no whole array ({error})"
        )
        raise UserError(f"{path} holds {reason}: save plain numbers with numpy.save or numpy.savez.") from None
    if any(part.values.ndim == 0 for part in parts):
        raise UserError(f"{path} holds a single number: items are counted by the first axis of an array.")
    labelled = "its labels array" if all(part.labels for part in parts) else None
    return Contents(
        arrays=parts,
        labelled_by=labelled,
        notes=notes,
        numbers=numbers,
        stamp=f"{path.resolve()}/{about.st_size}/{about.st_mtime_ns}/{about.st_ctime_ns}",
    )


def _npz(path: Path, notes: list[str], numbers: dict[str, float]) -> list[ArrayPart]:
    """The arrays of items of a file, with their labels. Single numbers and what is not used are added to the others."""
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_ARRAYS:
            raise ValueError(f"more than {MAX_ARRAYS >> 30} GB")
    with np.load(path, allow_pickle=False) as file:
        values: dict[Split | None, str] = {}
        labels: dict[Split | None, str] = {}
        for key in file.files:
            word, split = _word(key)
            if word in IMAGES:
                values.setdefault(split, key)
            elif word in LABELS:
                labels.setdefault(split, key)
        if not values and len(file.files) == 1:
            values[None] = file.files[0]
        if not values:
            raise UserError(
                f"{path} holds the arrays {', '.join(file.files) or 'none'}: name the one with the items 'images' "
                "(and 'labels' beside it)."
            )
        numbers |= {key: float(file[key]) for key in NUMBERS if key in file.files and file[key].ndim == 0}
        used = [key for key in file.files if _word(key)[0] in (*IMAGES, *LABELS) or key in numbers]
        if len(file.files) > 1 and (others := [key for key in file.files if key not in used]):
            notes.append(f"Not used: {', '.join(others[:8])} in {path.name}; name labels 'labels'.")
        return [_part(path, file, key, labels.get(split), split, notes) for split, key in values.items()]


def _word(key: str) -> tuple[str, Split | None]:
    """The kind of array and the split that a key names: x_train -> (x, train), X -> (x, None)."""
    words = [word for word in re.split(r"[_\-./]", key.lower()) if word] if key.lower() != "arr_0" else ["arr_0"]
    splits = [split_of(word) for word in words if split_of(word)]
    rest = [word for word in words if not split_of(word)]
    return rest[0] if len(rest) == 1 else key.lower(), splits[0] if splits else None


def _part(
    path: Path,
    file: np.lib.npyio.NpzFile,
    key: str,
    label_key: str | None,
    split: Split | None,
    notes: list[str],
) -> ArrayPart:
    values, name = file[key], f"{path.name}/{key}"
    if label_key is None:
        return ArrayPart(name, values, None, split)
    labels = file[label_key]
    if len(labels) != len(values):
        raise UserError(
            f"{path}: {len(labels)} labels in '{label_key}' for {len(values)} items in '{key}': they do not belong "
            "together."
        )
    classes = _classes(labels)
    if classes is None:
        shape = " x ".join(map(str, labels.shape))
        notes.append(f"Not used: {label_key} in {path.name}, whose {shape} values are not one class for each item.")
        return ArrayPart(name, values, None, split)
    return ArrayPart(name, values, [class_name(label) for label in classes.tolist()], split)


def _classes(labels: np.ndarray) -> np.ndarray | None:
    """A class for each item, also of one-hot rows; None where rows hold something else, such as several classes."""
    if labels.size == len(labels):
        return labels.reshape(-1)
    if labels.ndim != 2 or labels.dtype.kind not in "buif" or not ((labels == 1).sum(1) == 1).all():
        return None
    return labels.argmax(1) if ((labels == 0) | (labels == 1)).all() else None
