"""A source of which only some training examples show their labels."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..errors import UserError
from ..util.random import make_rng
from .source import Source, Split


class FewLabels(Source):
    """All examples, without labels; and, beside each, an example drawn from the few whose class is known.

    known: how many training examples those are, as equally many of each class as can be (None: all); which ones follows from `seed`.
    """

    classes = ()

    def __init__(self, source: Source, known: int | None, seed: int):
        if known is not None and not len(source.classes) <= known <= source.count("train"):
            raise UserError(
                f"labelled should lie between {len(source.classes)} (one of each class) and the {source.count('train'):,} training examples, not at {known}"
            )
        self.source, self.known_classes = source, source.classes
        self.name, self.modality, self.unit, self.shape = source.name, source.modality, source.unit, source.shape
        self.notes, self.report = source.notes, source.report
        if hasattr(source, "fit"):
            self.fit = source.fit
        labels = source.labels(np.arange(source.count("train")))
        self.known = np.arange(len(labels)) if known is None else _balanced(labels, known, len(source.classes), seed)
        self.known_labels = labels[self.known]
        self.notes += (f"{len(self.known):,} of {len(labels):,} training examples show their label.",)
        chosen = hashlib.sha256(self.known.tobytes()).hexdigest()
        self.content_hash = hashlib.sha256(f"{source.content_hash} labels of {chosen}".encode()).hexdigest()

    def count(self, split: Split = "train") -> int:
        return self.source.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(indices, split)

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """The true ones: for scores on held-out examples, never for training."""
        return self.source.labels(indices, split)

    def beside(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> dict[str, np.ndarray]:
        rows = make_rng(seed, "known").integers(len(self.known), size=len(indices))
        return {"known": self.source.values(self.known[rows]), "known_class": self.known_labels[rows]}

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "labels": {}, "known_classes": list(self.known_classes), "labelled": len(self.known)}


def _balanced(labels: np.ndarray, known: int, classes: int, seed: int) -> np.ndarray:
    order = make_rng(seed, "labelled").permutation(len(labels))
    rank = np.empty(len(labels), np.int64)  # how many of the same class come before
    for number in range(classes):
        mine = order[labels[order] == number]
        rank[mine] = np.arange(len(mine))
    return np.sort(order[np.argsort(rank[order], kind="stable")][:known])
