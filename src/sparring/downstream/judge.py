"""A judge: a model that learns to tell classes apart, in the same way for every arm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from .examples import Examples, Training

Predict = Callable[[np.ndarray], np.ndarray]  # N values -> N x K probabilities


class Judge(ABC):
    """A model. name: fit for file names. title: for people.

    Every arm gets the same number of steps, and the same choice of the best model by validation examples.
    """

    name: str
    title: str

    @abstractmethod
    def fit(self, training: Training, validation: Examples, classes: int, seed: int) -> Predict:
        """Learn to tell `classes` classes apart. The result depends on the arguments alone."""


def spread(probabilities: np.ndarray, present: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities of the classes that a model has seen, N x seen, as those of all, N x classes."""
    found = np.zeros((len(probabilities), classes))
    found[:, present.astype(np.int64)] = probabilities
    return found
