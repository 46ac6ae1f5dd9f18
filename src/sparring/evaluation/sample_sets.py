"""What an evaluation looks at: generated, held-out and training examples, with features, class probabilities and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..data.source import Source, Split
from ..metrics.feature_net import Progress
from ..metrics.memorisation import Memorisation, memorisation
from ..util.random import make_rng
from .extractors import Extracted, Extractor

SEED = 1  # of every choice of examples, whatever the generator's seed


@dataclass(frozen=True)
class Side:
    """N examples of a source. labels: N class numbers, asked for or true, or None."""

    source: Source
    split: Split
    indices: np.ndarray
    extracted: Extracted

    @property
    def features(self) -> np.ndarray:
        return self.extracted.features

    @property
    def probabilities(self) -> np.ndarray | None:
        return self.extracted.probabilities

    @cached_property
    def labels(self) -> np.ndarray | None:
        return self.source.labels(self.indices, self.split) if self.source.classes else None

    @property
    def seen(self) -> np.ndarray | None:
        """The class that a classifier sees in each, N, or None."""
        return None if self.probabilities is None else self.probabilities.argmax(axis=1)

    @cached_property
    def values(self) -> np.ndarray:
        """Decoded."""
        return self.source.values(self.indices, self.split)

    def __len__(self) -> int:
        return len(self.indices)

    def some(self, most: int) -> Side:
        """At most so many, chosen at random: an order by class or by name must not choose."""
        return self if len(self) <= most else self.at(make_rng(SEED, "side").permutation(len(self))[:most])

    def at(self, rows: np.ndarray) -> Side:
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Side(self.source, self.split, self.indices[rows], Extracted(self.features[rows], probabilities))


@dataclass(frozen=True)
class SampleSets:
    """training: as many training examples as generated ones, where there are so many. all_training: every one that can be afforded.

    verdicts: the discriminator's, logits by "training", "held_out" and "generated", with the border between real and fake; None: unknown.
    recognises: the features' probabilities are of the source's own classes.
    classify: trains a classifier on a side and returns the classes that it sees in the held-out examples.
    """

    generated: Side
    held_out: Side
    training: Side
    all_training: Callable[[], Side]
    recognises: bool = False
    classify: Callable[[Side], np.ndarray] | None = None
    verdicts: Callable[[], tuple[Mapping[str, np.ndarray], float]] | None = None

    @property
    def recognised(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The classes of the source that are seen in samples and in held-out examples."""
        seen, in_reals = self.generated.seen, self.held_out.seen
        return None if not self.recognises or seen is None or in_reals is None else (seen, in_reals)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.held_out.source.classes

    @cached_property
    def memorised(self) -> Memorisation:
        return memorisation(self.generated.features, self.all_training().features, self.held_out.features)

    def cut(self, most: int, equal: bool) -> SampleSets:
        """With at most so many examples a side; `equal`: as many generated ones as held-out ones."""
        most = min(most, len(self.generated), len(self.held_out)) if equal else most
        return replace(self, generated=self.generated.some(most), held_out=self.held_out.some(most), training=self.training.some(most))

    def of_reals(self) -> SampleSets:
        """With training examples in the place of generated ones: what perfect looks like."""
        return replace(self, generated=self.training)


def look(source: Source, split: Split, indices: np.ndarray, extractor: Extractor, progress: Progress | None = None) -> Side:
    return Side(source, split, indices, extractor.of(source, split, indices, progress))
