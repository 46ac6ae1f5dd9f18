"""Which generated examples are kept: those of the right class that look real and copy nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from ..metrics.neighbours import square_blocks
from .examples import Examples
from .supply import Supply

KEPT, OTHER_CLASS, UNREAL, COPY = "kept", "looks like another class", "does not look real", "copies a real example"
LEAST_REAL = 0.1  # share of real validation examples that look less real than a kept example has to
CLOSEST = 0.05  # share of real validation examples that are nearer to one training example than a kept one may be


class Filter:
    """A classifier learned from real examples and the discriminator must agree, and copies are dropped.

    Limits are quantiles over real validation examples, which the classifier and the discriminator have not learned
    from.

    Args:
        classify: N values -> N class numbers.
        supply: Of the generated examples; it tells how real they look.
        features: N values -> N x D, in which copies are near.
        train: Real training examples.
        validation: Real validation examples.
    """

    def __init__(
        self,
        classify: Callable[[np.ndarray], np.ndarray],
        supply: Supply,
        features: Callable[[np.ndarray], np.ndarray],
        train: Examples,
        validation: Examples,
    ):
        self._classify, self._supply, self._features = classify, supply, features
        self._known = np.unique(features(train.values), axis=0)
        self._nearest = float(np.quantile(isolation(features(validation.values), self._known), CLOSEST))
        real = supply.realness(*validation)
        self._least = -np.inf if real is None else float(np.quantile(real, LEAST_REAL))

    def __call__(self, values: np.ndarray, number: int) -> np.ndarray:
        """What becomes of each example of the class with this number: KEPT, or why it is dropped. N texts."""
        found = np.full(len(values), KEPT, dtype=object)
        if not len(values):
            return found
        real = self._supply.realness(values, np.full(len(values), number))
        if real is not None:
            found[real < self._least] = UNREAL
        found[self._classify(values) != number] = OTHER_CLASS
        found[isolation(self._features(values), self._known) < self._nearest] = COPY
        return found


def isolation(features: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The distance to the nearest known row as a share of that to the second nearest, N; 0 for a copy.

    The distance alone would call what is average a copy: in many dimensions the middle is near to everything.

    Args:
        features: N x D.
        known: M x D, all different.
    """
    found = np.ones(len(features))
    if len(known) < 2:
        return found
    for part, squares in square_blocks(features, known):
        first, second = np.partition(squares, 1, axis=1)[:, :2].T
        found[part] = np.sqrt(first / np.maximum(second, 1e-30))
    return found


def counted(reasons: np.ndarray) -> dict[str, int]:
    """How many examples have which fate, KEPT first."""
    counts = Counter(reasons.tolist())
    return {reason: counts[reason] for reason in (KEPT, OTHER_CLASS, UNREAL, COPY) if counts[reason]}
