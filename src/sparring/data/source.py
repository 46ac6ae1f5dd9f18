"""A source: the user's data, opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import UserError

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class DataOptions:
    """What a person may ask of the opening; everything left alone is chosen from the data and said in `Source.notes`."""

    size: tuple[int, int] | None = None  # height, width; None: the data's own, bounded by max_side
    max_side: int | None = None  # the longer side of a chosen size is at most this (64 on a CPU, 256 on a GPU)
    fit: Literal["crop", "pad", "stretch", "cut"] = "crop"
    mode: Literal["auto", "L", "LA", "RGB", "RGBA"] = "auto"
    labels: str = "auto"  # auto, none, or the name of a column
    label_level: Literal["first", "leaf"] = "first"  # which folder level names the class
    given: str | None = None  # of pairs: the folder or column that is turned into the other
    maps: Literal["given", "made"] | None = None  # of pairs: which side should be label maps, where nothing else says it
    types: dict[str, str] | None = None  # of a table: columns whose type a person knows better
    constraints: tuple[str, ...] = ()  # of a table: what holds between columns in every row
    like: Any = None  # of a table or series: the codec whose columns it must have, so that the two can be compared
    modalities: tuple[str, ...] = ()  # those that it may be opened as; (): any

    @property
    def for_pictures(self) -> bool:
        """Was anything asked that only pictures have?"""
        return bool(self.size or self.fit != "crop" or self.mode != "auto" or self.label_level != "first")


@dataclass
class ScanReport:
    """What `sparring check` tells: plain numbers and names, ready for JSON."""

    counts: dict[str, int] = field(default_factory=dict)  # split -> items used
    sizes: dict[str, int] = field(default_factory=dict)  # "HxW" -> items
    modes: dict[str, int] = field(default_factory=dict)  # "RGB" -> items
    labels: dict[str, int] = field(default_factory=dict)  # class -> training items
    duplicates: int = 0  # items whose content appeared before
    skipped: list[tuple[str, str]] = field(default_factory=list)  # name, reason


class Source(ABC):
    """Indexed data with splits. Values come in their stored type (pictures: uint8, N x C x H x W; points: float32, N x 2)."""

    name: str  # short, fit for a folder name
    modality: str  # the folder under `modalities` that knows this kind of data
    recipe: str | None = None  # that suits it, where this is not its modality's own
    unit: str = "examples"  # what its values are called in the plural
    shape: tuple[int, ...]  # of one value, without the batch dimension
    maps: Literal["given", "made"] | None = None  # which side of a pair holds label maps
    given: tuple[int, ...] = ()  # of what is given beside a value, to be turned into it; () where nothing is
    paired: bool = False  # does what is given show the same as its value?
    known_classes: tuple[str, ...] = ()  # of sources that show few labels
    numeric: tuple[bool, ...] = ()  # of a table's cells: which columns are numbers
    channels: tuple[str, ...] = ()  # of series: the names of what changes along them
    columns: tuple[str, ...] = ()  # of a sheet that shows what is given beside what is made of it
    classes: tuple[str, ...]  # () where there are no labels
    content_hash: str  # of values, labels and splits; independent of paths
    notes: tuple[str, ...]  # sentences for the user: what was found, chosen, held out, skipped
    report: ScanReport

    @property
    def pictured(self) -> str:
        """The content hash of the values alone, by which features that were learned on them are kept: whatever is given beside them."""
        return self.content_hash

    @abstractmethod
    def count(self, split: Split = "train") -> int: ...

    @abstractmethod
    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """The values at these positions of a split, in the given order, repeats allowed."""

    @abstractmethod
    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """Class numbers (int64), in the given order. Only where `classes` is not empty."""

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        """What is given beside the values at these positions; where that is drawn, from (seed, position) alone. Only where `given` is not ()."""
        raise UserError(f"{self.name} holds {self.unit}, and nothing that is to be turned into them")

    def beside(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> dict[str, np.ndarray]:
        """What else a game wants beside the values at these positions, by name; drawn from `seed`. Values come as `values` gives them."""
        return {}

    def describe(self) -> dict[str, Any]:
        """source.json: what a model was trained on; no absolute paths, no samples."""
        return {
            "format": 1,
            "name": self.name,
            "modality": self.modality,
            "unit": self.unit,
            "shape": list(self.shape),
            "classes": list(self.classes),
            "counts": {split: self.count(split) for split in ("train", "validation", "test")},
            "labels": self.report.labels,
            "skipped": len(self.report.skipped),
            "content_hash": self.content_hash,
            "notes": list(self.notes),
            **({"given": list(self.given), "columns": list(self.columns)} if self.given else {}),
        }
