"""Kinds of data. Each folder here is one modality; nothing outside it knows what its values are.

A modality is a module with these names:

    DEFAULT_RECIPE                          the recipe used when none is asked for
    NAMES                                   names it opens without any file ("digits", "ring")
    recognises(path) -> bool                does this file or folder hold this kind of data?
    open_path(path, options) -> Source      open it
    open_name(name, options) -> Source      open one of NAMES
    fit_codec(source, value_range) -> Codec
    codec_from(description) -> Codec        the inverse of Codec.describe()
    preview(values, columns, codec) -> PIL image    one sheet of decoded values
    items(values, codec, seed, labels)      decoded values as Python has them: a list of PIL images or arrays, a DataFrame
    write(values, labels, out, grid, codec, seed) -> list[Path]
    read(path, codec) -> array              one value from a file of one's own (where that makes sense)
    fit_features(source, seed, progress) -> FeatureNet    features for the quick score, see metrics.features
    features_from(description, tensors) -> FeatureNet

and, where that makes sense,

    open_url(url, options) -> Source        open what a URL names (a database)
    beside(values, real, codec) -> PIL image        generated and real values together, for the report
    WALKS = False                           a walk through latent space shows nothing
    COLUMN_OPTIONS                          of --type and --constraint, those that its data has columns for
    SHEET                                   how many values a sheet shows, where 64 are not right
    write_parts(parts, out, codec, seed) -> list[Path]      values that come a part at a time, in bounded memory, in the place of write
    values_where(gan, text, indices, seed) -> array         samples under conditions
    values_long(gan, length, indices, seed, label) -> array     samples of another length

and, where its data may look like another's, SPECIAL = True (it is asked first), and where values are made of given ones, in the place of
preview, items, write and read (see modalities.pairs):

    sheet(codec, given, made, truth) -> PIL image    what was given, made of it, and true, side by side
    quick_score(net, source, count, seed)            the score of a tick, in the place of metrics.quick.QuickScore
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import torch


class Codec(Protocol):
    """How one modality's values become tensors and come back."""

    shape: tuple[int, ...]  # of an encoded value
    given: Any  # the codec of what is given beside a value, None where nothing is

    def encode(self, values: np.ndarray) -> torch.Tensor: ...

    def decode(self, tensor: torch.Tensor) -> np.ndarray: ...

    def describe(self) -> dict[str, Any]: ...


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def get(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
