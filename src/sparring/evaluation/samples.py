"""Generated examples as a source: made by a run when they are looked at, or read from files that any program has written."""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np

from ..data.source import ScanReport, Source, Split
from ..errors import UserError
from ..inference.generator import Gan

MOST_VALUES = 2 << 30  # numbers of all samples together
BLOCK = 64  # samples made at once


class Generated(Source):
    """`count` samples of a gan, all in the training split: sample i is `gan.at([i], seed)`. Each is made once, when it is first asked for.

    identity: of the generator, so that features of the same samples are found in the cache.
    """

    unit = "samples"

    def __init__(self, gan: Gan, shape: tuple[int, ...], count: int, seed: int, name: str, identity: str):
        self.name, self.modality, self.shape, self.classes = name, gan.modality_name, shape, gan.classes
        if count * prod(self.shape) > MOST_VALUES:
            raise UserError(f"{count:,} samples of this model do not fit into memory at once; ask for fewer")
        self._gan, self._seed, self._count = gan, seed, count
        self._made: np.ndarray | None = None
        self._there = np.zeros(-(-count // BLOCK), dtype=bool)
        self.notes = ()
        self._labels = np.array(gan.labels(range(count), seed) or [], dtype=np.int64)
        counts = np.bincount(self._labels, minlength=len(self.classes)).tolist() if self.classes else []
        self.report = ScanReport(counts={"train": count}, labels=dict(zip(self.classes, counts, strict=True)))
        self.content_hash = hashlib.sha256(f"{identity} {seed} {count}".encode()).hexdigest()

    def count(self, split: Split = "train") -> int:
        return self._count if split == "train" else 0

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        indices = np.asarray(indices, dtype=np.int64)
        for block in np.unique(indices // BLOCK):
            if not self._there[block]:
                part = range(block * BLOCK, min(self._count, (block + 1) * BLOCK))
                made = self._gan.at(part, self._seed)
                if self._made is None:
                    self._made = np.empty((self._count, *made.shape[1:]), made.dtype)
                self._made[part.start : part.stop] = made
                self._there[block] = True
        assert self._made is not None
        return self._made[indices]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._labels[np.asarray(indices, dtype=np.int64)]


class Everything(Source):
    """All splits of a source as one; its classes are those of `like`, or none where they have other names."""

    unit = "samples"

    def __init__(self, source: Source, like: Source):
        self.name, self.modality, self.shape = source.name, source.modality, source.shape
        self.classes = like.classes if set(source.classes) <= set(like.classes) and source.classes else ()
        self.notes, self.report, self.content_hash = source.notes, source.report, source.content_hash
        self._source, self._numbers = source, [like.classes.index(name) for name in source.classes] if self.classes else []
        splits: tuple[Split, ...] = ("train", "validation", "test")
        self._places = [(split, index) for split in splits for index in range(source.count(split))]

    def count(self, split: Split = "train") -> int:
        return len(self._places) if split == "train" else 0

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return np.concatenate([self._source.values(np.array([index]), part) for part, index in (self._places[i] for i in indices)])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        found = [self._source.labels(np.array([index]), part)[0] for part, index in (self._places[i] for i in indices)]
        return np.array(self._numbers, dtype=np.int64)[found]
