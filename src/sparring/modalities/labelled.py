"""Examples that belong to classes, as models learn from them that tell the classes apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..data.source import Source

REAL, SYNTHETIC = "real", "synthetic"  # how the examples of an enlarged data set are marked


class Labelled(ABC):
    """Data with classes, opened. Positions number all examples from 0.

    task: what models learn from it, see `downstream`. classes: their names. labels: the class number of each example,
    N int64. splits: the split of each example by the source, N texts. source: as it was opened.
    """

    task: ClassVar[str]
    source: Source
    classes: tuple[str, ...]
    labels: np.ndarray
    splits: np.ndarray
    notes: tuple[str, ...] = ()

    @abstractmethod
    def values(self, positions: np.ndarray) -> np.ndarray:
        """The values at these positions."""

    def blind(self, positions: np.ndarray) -> np.ndarray:
        """The values at these positions, without anything in them that says the class."""
        return self.values(positions)

    @property
    @abstractmethod
    def groups(self) -> np.ndarray:
        """A number for each example; examples with one number have equal contents and count as one. N int64."""

    @abstractmethod
    def encoded(self, codec: Any, values: np.ndarray) -> Tensor:
        """Values as the codec of a run encodes them."""

    @abstractmethod
    def features(self, values: np.ndarray) -> np.ndarray:
        """N values as N x D float32 numbers, in which near examples are alike."""

    @abstractmethod
    def part(self, train: np.ndarray, held: np.ndarray) -> Source:
        """A source for a training: it learns from the examples at `train` and is scored on those at `held`.

        No quantile, share or mean in it comes from other examples. Types, categories and relations of columns are
        those of all rows.
        """

    @abstractmethod
    def check(self, gan: Any) -> None:
        """Raises UserError where a trained generator cannot make examples of each class of this data."""

    @abstractmethod
    def draw(self, gan: Any, number: int, indices: range, seed: int) -> np.ndarray:
        """Generated values of the class with this number. Example i depends on (seed, i) alone."""

    @abstractmethod
    def write(self, out: Path, test: np.ndarray, generated: np.ndarray, labels: np.ndarray, seed: int) -> Path:
        """Write the data with generated examples added, in the form that it came in; each is marked.

        Args:
            out: A folder that is there.
            test: Positions of the examples that nothing was learned or chosen from.
            generated: Generated values.
            labels: Their class numbers.
            seed: Of what is invented, such as identifiers.

        Returns:
            What `sparring check` reads: the file, or the folder.
        """
