"""What an augmentation is about: data, what models learn from them, and how the result is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..data.source import Source
from ..inference.generator import Gan
from ..runs.folder import Run
from .arms_trial import ArmsTrial, Progress, Way

DRAW_SEED = 20  # of generated examples, unlike those that a person gets with a seed of 0, 1, 2 ...
Say = Callable[[str], None]


class Problem(ABC):
    """Data, divided into examples to learn from, to choose by and for the verdict.

    task: what models learn. name, unit, classes, content_hash: of the data. notes: what was found and divided. counts:
    examples of each part.
    """

    task: ClassVar[str]
    name: str
    unit: str
    classes: tuple[str, ...]
    content_hash: str
    notes: tuple[str, ...]
    counts: Mapping[str, int]

    @abstractmethod
    def examples(self, out: Path) -> Source:
        """What a generator learns from: training examples alone. out: the folder, where files may be put."""

    @abstractmethod
    def check(self, gan: Gan) -> None:
        """Raises UserError where a trained generator cannot make what is needed."""

    @abstractmethod
    def trial(self, gan: Gan, run: Run, amount: int | None, seeds: int, out: Path, progress: Progress) -> ArmsTrial:
        """The trial. amount: how many generated examples; None: several amounts are tried. out: the folder."""

    @abstractmethod
    def opened(self, trial: Any, ways: Sequence[Way]) -> Any:
        """Compare with the answers of the test examples; an outcome with `overall` and `verdict`.

        Nothing is chosen after this.
        """

    @abstractmethod
    def described(self, outcome: Any, trial: Any) -> dict[str, Any]:
        """What was found, as plain values for verdict.json and the report."""

    @abstractmethod
    def write(self, out: Path, trial: Any, way: Way) -> tuple[Path, int]:
        """Write the enlarged data below `out`. Returns what `sparring check` or `augment` reads, and what was added."""

    @abstractmethod
    def write_sheets(self, out: Path, trial: Any, way: Way | None) -> None:
        """Write kept.png and dropped.png: what was added, and what was not."""
