"""Arrays as series: from files, and as Python programs have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data import arrays
from ...errors import UserError
from .axes import ordered_axis
from .sequences import MAX_NUMBERS, MIN_STEPS, Sequences, checked

SUFFIXES = (".npy", ".npz")
FORMS = "steps, series x steps, or series x steps x channels"


def from_file(path: Path, layout: str, use_labels: bool) -> Sequences:
    """The series of a .npy or .npz file; a .npz may hold labels, or an array for each series.

    layout: "auto", "long" (the first axis is that of the steps of one series) or "wide". Raises UserError where it
    holds none.
    """
    if path.suffix.lower() == ".npz" and (several := _each_its_own(path)):
        return from_list(several, None, str(path))
    contents = arrays.from_file(path)
    assert contents
    shapes = {part.values.shape[1:] for part in contents.arrays}
    if len(shapes) > 1:
        raise UserError(f"{path} holds arrays of the shapes {', '.join(map(str, sorted(shapes)))} of an item; give one")
    labels = [label for part in contents.arrays for label in part.labels or []] if contents.labelled_by else None
    whole = np.concatenate([part.values for part in contents.arrays])
    found = from_array(whole, labels if use_labels else None, str(path), layout)
    found.notes += contents.notes
    return found


def _each_its_own(path: Path) -> list[np.ndarray]:
    """The arrays of a file that numpy.savez(path, *series) wrote: arr_0, arr_1 and so on; [] for another file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if len(file.files) < 2 or not all(name.startswith("arr_") for name in file.files):
                return []
            return [file[f"arr_{number}"] for number in range(len(file.files))]
    except Exception:  # damaged headers raise nearly anything
        return []  # the usual reader says what is wrong


def from_array(values: np.ndarray, labels: Sequence[Any] | None, where: str, layout: str = "auto") -> Sequences:
    """An array of numbers: steps, series x steps, or series x steps x channels. layout: see `from_file`.

    Raises UserError for other shapes, and where channels and steps seem to be exchanged.
    """
    shape = " x ".join(map(str, values.shape))
    if values.dtype.kind not in "biuf" or not 1 <= values.ndim <= 3 or not 0 < values.size <= MAX_NUMBERS:
        raise UserError(f"{where} holds {values.dtype} of shape {shape}; series are numbers: {FORMS}")
    notes = []
    if values.ndim == 1:
        cube = values.reshape(1, -1, 1)
    elif values.ndim == 2:
        lone = layout == "long" or (layout == "auto" and labels is None and _is_lone(values))
        cube = values[None] if lone else values[:, :, None]
        if lone and layout == "auto":
            notes.append(f"{shape} is read as the steps x channels of one series (--layout wide: series x steps).")
        elif layout == "auto":
            notes.append(f"{shape} is read as series x steps (--layout long: steps x channels of one series).")
    else:
        if values.shape[1] < MIN_STEPS <= values.shape[2] or ordered_axis(values, 1, 2) == 2:
            raise UserError(
                f"{where} of shape {shape} seems to be series x channels x steps; give series x steps x channels, "
                "for example by array.transpose(0, 2, 1)"
            )
        cube = values
    found = from_list(list(cube), labels, where, str(values.dtype))
    found.notes[:0] = notes
    return found


def _is_lone(values: np.ndarray) -> bool:
    """Are these the steps and channels of one series?"""
    return values.shape[1] < MIN_STEPS or ordered_axis(values, 0, 1) == 0


def _is_exchanged(values: np.ndarray) -> bool:
    """Are these channels x steps, by their number or by which numbers follow one another?"""
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        return False
    return values.shape[0] < MIN_STEPS <= values.shape[1] or ordered_axis(values, 0, 1) == 1


def from_list(every: Sequence[Any], labels: Sequence[Any] | None, where: str, dtype: str = "float64") -> Sequences:
    """Arrays of steps, or of steps x channels, one for each series. Raises UserError where they do not go together."""
    series = [np.asarray(each.detach().cpu() if hasattr(each, "detach") else each) for each in every]
    series = [each[:, None] if each.ndim == 1 else each for each in series]
    for number, each in enumerate(series):
        if each.ndim == 2 and each.shape[0] == series[0].shape[0] and _is_exchanged(each):
            continue  # refused below, if all are
        if each.ndim != 2 or each.dtype.kind not in "biuf" or each.shape[1] != series[0].shape[1]:
            raise UserError(
                f"{where}: series {number} is {each.dtype} of shape {' x '.join(map(str, each.shape))}; each should be "
                "numbers, steps or steps x channels, with as many channels as the others"
            )
        if np.isinf(each).any():
            raise UserError(f"{where} holds infinite numbers; replace them, or write NaN where there is nothing")
    if series and all(_is_exchanged(each) for each in series):
        shape = " x ".join(map(str, series[0].shape))
        raise UserError(
            f"{where}: series 0 of shape {shape} seems to be channels x steps; give steps x channels, for example by "
            "array.T"
        )
    if not series or sum(each.size for each in series) > MAX_NUMBERS:
        raise UserError(f"{where} holds {'too much' if series else 'no series'}: give {FORMS}")
    if labels is not None and (len(labels) != len(series) or any(label is None for label in labels)):
        raise UserError(f"{where}: {len(labels)} labels came for {len(series)} series; give one for each, none empty")
    names = tuple(f"channel {at}" for at in range(series[0].shape[1]))
    return checked(
        Sequences(
            [each.astype(np.float64) for each in series],
            names,
            (dtype,) * len(names),
            labels=None if labels is None else [str(label) for label in labels],
            label=None if labels is None else "label",
        ),
        where,
    )
