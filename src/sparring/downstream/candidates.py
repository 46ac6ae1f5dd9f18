"""Generated examples for the arms: drawn anew for every seed, filtered, and taken in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .amounts import Amount
from .examples import Examples, Unavailable
from .filtering import KEPT, Filter
from .supply import Supply

OVERSAMPLING = 4  # times as many as the largest amount are drawn, so that enough pass the filter
LEAST_SHARE = 0.5  # of an amount that must pass the filter, else the arm says nothing about that amount


class Candidates:
    """Examples of every class for every seed.

    needed: the most that an arm takes of each class.
    """

    def __init__(self, supply: Supply, sieve: Filter, needed: Sequence[int]):
        self._supply, self._sieve = supply, sieve
        self._drawn = [OVERSAMPLING * count for count in needed]
        self._seed, self._held = -1, list[tuple[np.ndarray, np.ndarray]]()

    def of(self, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each class the values, in order, and what the filter says of each."""
        if seed != self._seed:
            self._held = []
            for number, count in enumerate(self._drawn):
                values = self._supply.draw(number, range(seed * max(1, count), seed * max(1, count) + max(1, count)))
                self._held.append((values, self._sieve(values, number)))
            self._seed = seed
        return self._held

    def take(self, amount: Amount, filtered: bool, seed: int) -> Examples:
        """The first examples of each class; of those that pass the filter where `filtered`.

        Fewer may pass than are asked for. Raises Unavailable where far fewer do.
        """
        parts, labels = [], []
        for number, (count, (values, reasons)) in enumerate(zip(amount.counts, self.of(seed), strict=True)):
            kept = values[reasons == KEPT] if filtered else values
            parts.append(kept[:count])
            labels.append(np.full(len(parts[-1]), number, np.int64))
        found = Examples(np.concatenate(parts), np.concatenate(labels))
        if len(found.labels) < LEAST_SHARE * amount.total:
            raise Unavailable(f"{len(found.labels):,} of {amount.total:,} examples pass the filter")
        return found
