"""Some examples of a source as a source of its own."""

from __future__ import annotations

import hashlib

import numpy as np

from .source import ScanReport, Source, Split


class Subset(Source):
    """The examples at these positions of a split. All of them are the training split."""

    def __init__(self, source: Source, split: Split, indices: np.ndarray):
        self.name, self.modality, self.unit = source.name, source.modality, source.unit
        self.shape, self.classes = source.shape, source.classes
        self.notes = ()
        self._source, self._split, self._indices = source, split, indices
        counts = (
            np.bincount(source.labels(indices, split), minlength=len(self.classes)).tolist() if self.classes else []
        )
        self.report = ScanReport(counts={"train": len(indices)}, labels=dict(zip(self.classes, counts, strict=True)))
        self.content_hash = hashlib.sha256(
            f"{source.content_hash} {split}".encode() + indices.astype("<i8").tobytes()
        ).hexdigest()

    @property
    def origin(self) -> Source:
        return self._source.origin

    def count(self, split: Split = "train") -> int:
        return len(self._indices) if split == "train" else 0

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._source.values(self._indices[indices], self._split)

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._source.labels(self._indices[indices], self._split)
