"""The sets of examples that an evaluation compares: generated, held-out and training ones, with features and labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..data.source import Source, Split
from ..metrics.feature_net import Progress
from ..metrics.memorisation import Memorisation, memorisation
from ..metrics.temperature_curve import CurvePoint
from ..util.random import make_rng
from .discriminator import RunDiscriminator
from .extractors import Extracted, Extractor

SEED = 1  # of every choice of examples, whatever the generator's seed


@dataclass(frozen=True)
class SampleSet:
    """N examples of a source, with their features."""

    source: Source
    split: Split
    indices: np.ndarray
    extracted: Extracted

    @property
    def features(self) -> np.ndarray:
        """N x D."""
        return self.extracted.features

    @property
    def probabilities(self) -> np.ndarray | None:
        """N x K class probabilities, where the extractor knows classes."""
        return self.extracted.probabilities

    @property
    def predicted(self) -> np.ndarray | None:
        """N most probable classes, where the extractor knows classes."""
        return None if self.probabilities is None else self.probabilities.argmax(axis=1)

    @cached_property
    def labels(self) -> np.ndarray | None:
        """N class numbers, requested or true; None without labels."""
        return self.source.labels(self.indices, self.split) if self.source.classes else None

    @cached_property
    def values(self) -> np.ndarray:
        """N x shape, decoded."""
        return self.source.values(self.indices, self.split)

    def __len__(self) -> int:
        return len(self.indices)

    def subsample(self, count: int) -> SampleSet:
        """At most `count` examples, drawn at random, so that an order by class or by name does not matter."""
        return self if len(self) <= count else self.rows(make_rng(SEED, "side").permutation(len(self))[:count])

    def rows(self, rows: np.ndarray) -> SampleSet:
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return SampleSet(self.source, self.split, self.indices[rows], Extracted(self.features[rows], probabilities))


@dataclass(frozen=True)
class SampleSets:
    """What a metric computes its scores from.

    Args:
        training: As many training examples as generated ones, where there are so many.
        all_training: Returns as many training examples as can be afforded.
        predicts_classes: Whether the extractor's probabilities belong to the source's own classes.
        train_classifier: Trains a classifier on a sample set and returns its predictions for the held-out examples.
        discriminator: The run's discriminator, where it is at hand.
        likelihoods: Returns the log-likelihood of each example of a set, in nats, where the generator knows it.
        curves: Returns what temperatures make of the generator, where it has one.
    """

    generated: SampleSet
    held_out: SampleSet
    training: SampleSet
    all_training: Callable[[], SampleSet]
    predicts_classes: bool = False
    train_classifier: Callable[[SampleSet], np.ndarray] | None = None
    discriminator: RunDiscriminator | None = None
    likelihoods: Callable[[SampleSet], np.ndarray] | None = None
    curves: Callable[[SampleSets], list[CurvePoint]] | None = None

    @property
    def predicted(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The predicted classes of generated and of held-out examples, as numbers of the source's classes."""
        generated, held_out = self.generated.predicted, self.held_out.predicted
        return None if not self.predicts_classes or generated is None or held_out is None else (generated, held_out)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.held_out.source.classes

    @cached_property
    def memorisation(self) -> Memorisation:
        return memorisation(self.generated.features, self.all_training().features, self.held_out.features)

    @cached_property
    def temperature_curves(self) -> list[CurvePoint]:
        """[] for a generator without a temperature, and for too few texts."""
        return self.curves(self) if self.curves else []

    def limited(self, count: int | None, equal_counts: bool) -> SampleSets:
        """At most `count` examples in each set (None: all); with `equal_counts`, as many generated as held-out ones."""
        if count is None:
            return self
        count = min(count, len(self.generated), len(self.held_out)) if equal_counts else count
        generated, held_out, training = (
            each.subsample(count) for each in (self.generated, self.held_out, self.training)
        )
        return replace(self, generated=generated, held_out=held_out, training=training)

    def with_real_as_generated(self) -> SampleSets:
        """Training examples in the place of generated ones: the scores of a perfect generator."""
        return replace(self, generated=self.training)


def extract_set(
    source: Source, split: Split, indices: np.ndarray, extractor: Extractor, progress: Progress | None = None
) -> SampleSet:
    """These examples of a source, with the features of this extractor."""
    return SampleSet(source, split, indices, extractor.extract_source(source, split, indices, progress))
