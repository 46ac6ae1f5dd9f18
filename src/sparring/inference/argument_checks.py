"""What a person asks of a generator, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError, nearest
from ..modalities.base import Steering
from ..util import checks

MAX_COUNT = 10**12  # of samples or steps; more would take years
MAX_CANDIDATES = 256  # for each sample
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")  # a class named by a number


def sample_numbers(indices: Any) -> list[int] | range:
    """Numbers of samples: whole numbers from 0 on, one at least."""
    if isinstance(indices, range) and indices and indices[0] >= 0 and indices[-1] >= 0:
        return indices
    if isinstance(indices, Tensor) and indices.ndim == 1:
        indices = indices.tolist()
    if isinstance(indices, str | bytes | dict) or not isinstance(indices, Sequence | np.ndarray) or not len(indices):
        raise UserError(f"`indices` should be the numbers of one sample or more, not {checks.shown(indices)}")
    return [checks.whole_number(index, "the number of a sample", 0) for index in indices]


def rows(tensor: Any, shape: Sequence[int], name: str) -> Tensor:
    """A tensor of N rows of this shape, N at least 1, with finite numbers, as float32."""
    wanted = " x ".join(map(str, ["N", *shape]))
    if not isinstance(tensor, Tensor) or tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
        raise UserError(f"`{name}` should be a dense tensor of {wanted}, not {checks.shown(tensor)}")
    if tuple(tensor.shape[1:]) != tuple(shape) or not len(tensor) or tensor.is_complex():
        raise UserError(f"`{name}` should be a tensor of {wanted} numbers, not of shape {tuple(tensor.shape)}")
    if not torch.isfinite(tensor).all():
        raise UserError(f"`{name}` hold values that are not finite")
    return tensor.float()


def class_numbers(labels: Any, count: int, classes: Sequence[str]) -> list[int] | None:
    """The class number of each of `count` samples; None for a model without classes."""
    if not classes:
        if labels is not None:
            raise UserError("this model was trained without labels, so no label can be asked for")
        return None
    numbers = labels.tolist() if isinstance(labels, Tensor | np.ndarray) and labels.ndim == 1 else labels
    if not isinstance(numbers, list | tuple) or len(numbers) != count:
        raise UserError(f"`labels` should be a list of {count} class numbers, not {checks.shown(labels)}")
    return [checks.whole_number(each, "the number of a class", 0, len(classes) - 1) for each in numbers]


def class_number(label: str | int, classes: Sequence[str]) -> int:
    """The number of the class with this name; or else with this place, where no class has a number as its name.

    Raises UserError where there is none.
    """
    if not classes:
        raise UserError("this model was trained without labels, so no label can be asked for")
    label = checks.plain(label)
    if not isinstance(label, str | int) or isinstance(label, bool):
        raise UserError(f"--label should be the name or the number of a class, not {checks.shown(label)}")
    if str(label) in classes:
        return classes.index(str(label))
    place = int(label) if re.fullmatch(r"\d{1,6}", str(label), re.ASCII) else -1
    if 0 <= place < len(classes) and not any(NUMBER.fullmatch(name) for name in classes):
        return place
    several = "ask for one class at a time; " if "," in str(label) else ""
    raise UserError(f"this model has no class '{label}'; {several}{nearest(str(label), list(classes[:50]))}")


def truncation_alone(truncation: Any, shaped: bool, joined: bool) -> None:
    """Raises UserError for a truncation of samples that other options shape, or that are joined of windows."""
    if truncation is not None and shaped:
        raise UserError(
            "truncation goes neither with conditions, a length, a rate, a temperature, a prompt, candidates nor a "
            "share of copies; leave one of them out"
        )
    if truncation is not None and joined:
        raise UserError("this model learned windows, which are joined without truncation; leave the truncation out")


def steering(temperature: Any, prompt: Any, candidates: Any, length: Any, copies: Any) -> Steering:
    """How samples of a language model are steered, each option None or of its kind."""
    return Steering(
        None if temperature is None else float(checks.number(temperature, "--temperature")),
        None if prompt is None else checks.text(prompt, "--prompt"),
        None if candidates is None else checks.whole_number(candidates, "--candidates", 1, MAX_CANDIDATES),
        None if length is None else checks.whole_number(length, "--length", 1, MAX_COUNT),
        None if copies is None else _share(copies),
    )


def _share(value: Any) -> float:
    share = float(checks.number(value, "--copies"))
    if not 0 <= share <= 1:
        raise UserError(f"--copies {share:g} is a share of the samples, between 0 (none) and 1")
    return share
