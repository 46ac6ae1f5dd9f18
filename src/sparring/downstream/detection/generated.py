"""Generated objects for pasting, by the class numbers of the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...data.divided import Pool
from ...data.source import Source
from ...modalities.image.labelled import LabelledPictures
from ..amounts import Amount
from ..candidates import Candidates
from ..examples import Examples
from ..filtering import Filter
from ..supply import Supply


class CutObjects(LabelledPictures):
    """Cut objects as pictures in classes. only: the name of the class where there is one alone.

    Folders of one class are no classes to a reader of pictures, and the generator is not conditioned then.
    """

    def __init__(self, source: Source, only: str):
        if source.classes:
            super().__init__(source)
            return
        self.source, self.classes, self._pool = source, (only,), Pool(source)
        self.splits = self._pool.splits
        self.labels = np.zeros(len(self.splits), np.int64)

    def draw(self, gan: Any, number: int, indices: range, seed: int) -> np.ndarray:
        return super().draw(gan, number, indices, seed) if gan.classes else gan.at(indices, seed)


class GeneratedObjects(Candidates):
    """Objects of every class that a generator knows, for every seed.

    Args:
        supply: Of generated objects.
        sieve: The filter.
        labels: For each class of the generator the class number of the boxes.
        needed: The most that an arm takes of each class of the generator.
        source: The cut objects that the generator learned from.
    """

    def __init__(self, supply: Supply, sieve: Filter, labels: Sequence[int], needed: Sequence[int], source: Source):
        super().__init__(supply, sieve, needed)
        self.source, self._labels = source, np.array(labels, dtype=np.int64)

    def take(self, amount: Amount, filtered: bool, seed: int) -> Examples:
        """See `Candidates.take`. amount: by the class numbers of the boxes, which the labels have too."""
        own = Amount(amount.name, tuple(amount.counts[label] for label in self._labels))
        found = super().take(own, filtered, seed)
        return Examples(found.values, self._labels[found.labels])
