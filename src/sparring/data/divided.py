"""A source whose examples are divided into splits of one's own."""

from __future__ import annotations

import hashlib

import numpy as np

from .source import SPLITS, ScanReport, Source, Split


class Pool:
    """All examples of a source under one numbering: training, validation, test, in the order of the source.

    splits: that of each, N texts.
    """

    def __init__(self, source: Source):
        self.source = source
        counts = [source.count(split) for split in SPLITS]
        self.splits = np.repeat(np.array(SPLITS), counts)
        self._first = dict(zip(SPLITS, np.concatenate([[0], np.cumsum(counts)])[:-1].tolist(), strict=True))

    def values(self, positions: np.ndarray) -> np.ndarray:
        """The values at these positions, in the given order."""
        positions = np.asarray(positions, dtype=np.int64)
        found = None
        for split in SPLITS:
            those = np.flatnonzero(self.splits[positions] == split)
            if len(those) or (split == "train" and not len(positions)):
                part = self.source.values(positions[those] - self._first[split], split)
                found = np.empty((len(positions), *part.shape[1:]), part.dtype) if found is None else found
                found[those] = part
        assert found is not None
        return found

    def labels(self) -> np.ndarray:
        """The class numbers of all. Only where the source has classes."""
        parts = [self.source.labels(np.arange(self.source.count(split)), split) for split in SPLITS]
        return np.concatenate(parts)


class Divided(Source):
    """The examples at some positions of a pool as training split, and those at others as test split."""

    def __init__(self, pool: Pool, train: np.ndarray, test: np.ndarray):
        source = pool.source
        self.name, self.modality, self.unit, self.recipe = source.name, source.modality, source.unit, source.recipe
        self.shape, self.classes, self.notes = source.shape, source.classes, ()
        self._pool = pool
        self._places: dict[Split, np.ndarray] = {"train": train, "validation": train[:0], "test": test}
        self._labels = pool.labels() if source.classes else np.zeros(0, np.int64)
        counts = np.bincount(self._labels[train], minlength=len(self.classes)).tolist() if self.classes else []
        self.report = ScanReport(
            counts={split: len(places) for split, places in self._places.items()},
            labels=dict(zip(self.classes, counts, strict=True)),
        )
        places = b"|".join(np.sort(each).astype("<i8").tobytes() for each in (train, test))
        self.content_hash = hashlib.sha256(source.content_hash.encode() + places).hexdigest()

    @property
    def origin(self) -> Source:
        return self._pool.source.origin

    def count(self, split: Split = "train") -> int:
        return len(self._places[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._pool.values(self._places[split][np.asarray(indices, dtype=np.int64)])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._labels[self._places[split][np.asarray(indices, dtype=np.int64)]]
