"""Generated examples as sources: computed by a generator on demand, or read from files that any program has written."""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np

from ..data.source import ScanReport, Source, Split
from ..errors import UserError
from ..inference.generator import Gan

MAX_VALUES = 2 << 30  # numbers in all samples together
BLOCK = 64  # samples generated at once


class GeneratedSource(Source):
    """`count` samples of a generator, all in the training split. Sample i is `gan.at([i], seed)`.

    identity: of the generator, so that the cache finds the features of the same samples. Raises UserError where the
    samples do not fit into memory.
    """

    unit = "samples"

    def __init__(self, gan: Gan, shape: tuple[int, ...], count: int, seed: int, name: str, identity: str):
        self.name, self.modality, self.shape, self.classes = name, gan.modality_name, shape, gan.classes
        if count * prod(self.shape) > MAX_VALUES:
            raise UserError(f"{count:,} samples of this model do not fit into memory at once; ask for fewer")
        self._gan, self._seed, self._count = gan, seed, count
        self._samples: np.ndarray | None = None
        self._done = np.zeros(-(-count // BLOCK), dtype=bool)
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
            if not self._done[block]:
                part = range(block * BLOCK, min(self._count, (block + 1) * BLOCK))
                samples = self._gan.at(part, self._seed)
                if self._samples is None:
                    self._samples = np.empty((self._count, *samples.shape[1:]), samples.dtype)
                self._samples[part.start : part.stop] = samples
                self._done[block] = True
        assert self._samples is not None
        return self._samples[indices]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._labels[np.asarray(indices, dtype=np.int64)]


class AllSplits(Source):
    """All splits of a source as one training split.

    Its classes are those of `like`, found by their names; it has none where a name is unknown there.
    """

    unit = "samples"

    def __init__(self, source: Source, like: Source):
        self.name, self.modality, self.shape = source.name, source.modality, source.shape
        self.classes = like.classes if set(source.classes) <= set(like.classes) and source.classes else ()
        self.notes, self.report, self.content_hash = source.notes, source.report, source.content_hash
        self._source = source
        self._numbers = [like.classes.index(name) for name in source.classes] if self.classes else []
        splits: tuple[Split, ...] = ("train", "validation", "test")
        self._places = [(split, index) for split in splits for index in range(source.count(split))]

    def count(self, split: Split = "train") -> int:
        return len(self._places) if split == "train" else 0

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        places = [self._places[index] for index in indices]
        return np.concatenate([self._source.values(np.array([index]), part) for part, index in places])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        places = [self._places[index] for index in indices]
        found = [self._source.labels(np.array([index]), part)[0] for part, index in places]
        return np.array(self._numbers, dtype=np.int64)[found]
