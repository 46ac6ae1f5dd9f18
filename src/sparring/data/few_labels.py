"""A source whose labels are known for a few training examples only."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..errors import UserError
from ..util.random import make_rng
from .source import Source, Split


class FewLabels(Source):
    """All examples without labels. `extras` gives for each of them an example drawn from the few whose class is known.

    num_labels: how many training examples have a known class, as equally many of each class as can be; None: all.
    Which ones these are follows from `seed`. labelled: their positions; labelled_classes: their class numbers. Raises
    UserError for an impossible number.
    """

    classes = ()

    def __init__(self, source: Source, num_labels: int | None, seed: int):
        if num_labels is not None and not len(source.classes) <= num_labels <= source.count("train"):
            raise UserError(
                f"num_labels should lie between {len(source.classes)} (one of each class) and the "
                f"{source.count('train'):,} training "
                f"examples, not at {num_labels}"
            )
        self.source, self.known_classes = source, source.classes
        self.name, self.modality, self.unit, self.shape = source.name, source.modality, source.unit, source.shape
        self.notes, self.report = source.notes, source.report
        labels = source.labels(np.arange(source.count("train")))
        everything = np.arange(len(labels))
        self.labelled = everything if num_labels is None else _balanced(labels, num_labels, len(source.classes), seed)
        self.labelled_classes = labels[self.labelled]
        self.notes += (f"{len(self.labelled):,} of {len(labels):,} training examples show their label.",)
        chosen = hashlib.sha256(self.labelled.tobytes()).hexdigest()
        self.content_hash = hashlib.sha256(f"{source.content_hash} labels of {chosen}".encode()).hexdigest()

    @property
    def origin(self) -> Source:
        return self.source.origin

    def count(self, split: Split = "train") -> int:
        return self.source.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(indices, split)

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """The true labels: for scores on held-out examples, never for training."""
        return self.source.labels(indices, split)

    def extras(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> dict[str, np.ndarray]:
        draws = [make_rng(seed, "known", split, position) for position in np.asarray(indices).tolist()]
        rows = np.array([draw.integers(len(self.labelled)) for draw in draws])
        return {"known": self.source.values(self.labelled[rows]), "known_class": self.labelled_classes[rows]}

    def describe(self) -> dict[str, Any]:
        return {
            **super().describe(),
            "labels": {},
            "known_classes": list(self.known_classes),
            "num_labels": len(self.labelled),
        }


def _balanced(labels: np.ndarray, num_labels: int, classes: int, seed: int) -> np.ndarray:
    """Positions of so many examples, drawn at random, as equally many of each class as can be."""
    order = make_rng(seed, "labelled").permutation(len(labels))
    rank = np.empty(len(labels), np.int64)  # how many of the same class come before
    for number in range(classes):
        mine = order[labels[order] == number]
        rank[mine] = np.arange(len(mine))
    return np.sort(order[np.argsort(rank[order], kind="stable")][:num_labels])
