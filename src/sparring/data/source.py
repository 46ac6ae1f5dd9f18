"""A source is the user's data, opened: indexed values with labels, in splits.

Classes below it add what only some kinds of data have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Fit = Literal["crop", "pad", "stretch", "patches"]


@dataclass
class ScanReport:
    """What `sparring check` prints: plain numbers and names, ready for JSON."""

    counts: dict[str, int] = field(default_factory=dict)  # split -> examples used
    sizes: dict[str, int] = field(default_factory=dict)  # "HxW" -> examples
    modes: dict[str, int] = field(default_factory=dict)  # "RGB" -> examples
    lengths: dict[str, int] = field(default_factory=dict)  # of sounds as they are in their files -> files
    labels: dict[str, int] = field(default_factory=dict)  # class -> training examples
    duplicates: int = 0  # examples whose content appeared before
    skipped: list[tuple[str, str]] = field(default_factory=list)  # name, reason


class Source(ABC):
    """Indexed values with splits.

    Values come in their stored type (pictures: N x C x H x W from 0 to 255; points: N x 2).
    """

    name: str  # short, fit for a folder name
    modality: str  # the folder under `modalities` that knows this kind of data
    recipe: str | None = None  # that suits these data, where it is not the default recipe of the modality
    unit: str = "examples"  # what the values are called in the plural
    shape: tuple[int, ...]  # of one value, without the batch dimension
    classes: tuple[str, ...]  # () without labels
    content_hash: str  # of values, labels and splits; independent of paths
    notes: tuple[str, ...]  # sentences for the user: what was found, chosen, held out, skipped
    report: ScanReport

    @property
    def values_hash(self) -> str:
        """The hash of the values alone, without labels and inputs.

        Features that were learned on the values are cached under it.
        """
        return self.content_hash

    @property
    def origin(self) -> Source:
        """The source that was opened. It is another one than this where this one selects or hides something of it."""
        return self

    @abstractmethod
    def count(self, split: Split = "train") -> int:
        """The number of examples of a split."""

    @abstractmethod
    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """The values at these positions of a split, in the given order. Positions may repeat."""

    @abstractmethod
    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """Class numbers (int64), in the given order. Only where `classes` is not empty."""

    def extras(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> dict[str, np.ndarray]:
        """Further arrays for the algorithm, by name: one row for each of these positions, drawn from `seed`.

        An array with one dimension holds class numbers, others hold values as `values` returns them.
        """
        return {}

    def describe(self) -> dict[str, Any]:
        """source.json: what a model was trained on, without absolute paths and without samples."""
        return {
            "name": self.name,
            "modality": self.modality,
            "unit": self.unit,
            "shape": list(self.shape),
            "classes": list(self.classes),
            "counts": {split: self.count(split) for split in SPLITS},
            "labels": self.report.labels,
            "skipped": len(self.report.skipped),
            "content_hash": self.content_hash,
            "notes": list(self.notes),
        }


class PictureSource(Source):
    """Pictures that were brought to one size, with values from 0 to 255: uint8, or float32 where data are deeper.

    fit: in which way. scale: what the values mean in the data's own numbers (modalities.image.scale); None: nothing
    else.
    """

    fit: Fit
    scale: Any = None


class TranslationSource(Source):
    """Values that are made from inputs: pairs of pictures, or two kinds of pictures without pairs."""

    input_shape: tuple[int, ...]  # of one input, without the batch dimension
    paired: bool = True  # does an input show the same thing as its value?
    label_maps: Literal["input", "output"] | None = None  # which side holds label maps
    columns: tuple[str, ...] = ()  # titles of a sheet that shows inputs, outputs and, where there are pairs, targets

    @abstractmethod
    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        """The inputs that belong to the values at these positions.

        Inputs that are drawn depend on (seed, position) alone.
        """

    @abstractmethod
    def codec(self, value_range: str) -> Any:
        """The codec of both sides (see modalities.pairs.codec)."""

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "input_shape": list(self.input_shape), "columns": list(self.columns)}


class TabularSource(Source):
    """Rows of cells. numeric: for each learned column, are its cells numbers (or times)?"""

    numeric: tuple[bool, ...]


class SequentialSource(Source):
    """Series of steps. channels: names of the numbers that change along a series."""

    channels: tuple[str, ...]

    @abstractmethod
    def numbers(self, values: np.ndarray) -> np.ndarray:
        """N x T x channels numbers of these values, NaN where there is nothing."""


class SimulatedSource(Source):
    """Draws from a known mixture.

    centres: modes x D. std: the standard deviation of every mode. Both are None without modes.
    """

    centres: np.ndarray | None
    std: float | None
