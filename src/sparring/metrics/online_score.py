"""The score of a generator during training: distances in small features, with or without labels, in seconds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..data.source import Source, Split
from ..util.random import shuffled
from . import frechet
from .feature_net import WIDTH, FeatureNet
from .intervals import Estimate, wilson
from .kernel import kernel_distance, kernel_distance_estimate
from .neighbours import MAX_ROWS, closeness, coverage, variety

MAX_REALS = 10_000  # held-out examples used
MIN_HELD_OUT_FOR_SELECTION = 500  # below it training examples too take part in the choice of snapshots
MAX_SELECTION_EXAMPLES = 20 * MIN_HELD_OUT_FOR_SELECTION  # training examples that take part
STANDARD_ERRORS = {
    "kernel_distance": lambda generated, real: kernel_distance_estimate(generated, real).error,
    "frechet_distance": frechet.frechet_error,
}
Ends = tuple[float, float]  # of a 95 % interval
_KNOWN: WeakKeyDictionary[Any, dict[Any, np.ndarray]] = WeakKeyDictionary()  # features of real examples, by their net
DISTANCES = {"kernel_distance": kernel_distance, "frechet_distance": frechet.frechet_distance}


class OnlineScore:
    """Compares generated values with the held-out split, in the features of `net`.

    The scores "X" and "X_real" come from equal counts of generated and of real training examples against the same
    held-out set, so their ratio is fair: 1.0 means as close to the held-out examples as other real ones.

    The selection score is the headline distance of features joined with labels, where there are labels (DeVries et
    al. 2019, arXiv:1907.08175): good pictures under wrong labels are bad. Few held-out examples cannot rank
    snapshots. The selection score then compares with held-out and training examples together, and uses all `count`
    samples; copying is watched separately (see `callbacks.health`).

    Attributes:
        count: The number of samples that a call takes.
        shown: How many of them the reported scores use: at most as many as training examples.
        noise: The standard error of the selection score among samples as good as real ones.
        headline: The name of the distance that says most about so many samples.
        fingerprint: Everything but the generator that the scores depend on.
    """

    def __init__(self, net: FeatureNet, source: Source, count: int, seed: int):
        self.net, self.shown = net, min(count, source.count("train"))
        few = source.count("test") < MIN_HELD_OUT_FOR_SELECTION
        self.count = count if few else self.shown
        held_out = choose_examples(source.count("test"), MAX_REALS, seed, "held-out")
        training = choose_examples(source.count("train"), self.shown, seed, "training")
        self.classes = len(source.classes)
        self.test, self.training = features_of(net, source, held_out, "test"), features_of(net, source, training)
        self.test_gaussian = frechet.fit(self.test)
        self.fingerprint = {
            **net.fingerprint,
            "generated": self.shown,
            "real": len(self.test),
            "split": "test",
            "source": source.content_hash[:16],
            "seed": seed,
        }
        fewest, width = min(len(self.test), self.shown), self.test.shape[1]
        # The bias of few samples is nearly the same at every tick, that of few held-out examples would decide.
        biased = {
            "selects_by": len(self.test) < frechet.MIN_SAMPLES,
            "headline": not frechet.enough_samples(fewest, width),
        }
        self.selects_by, self.headline = (
            "kernel_distance" if fewest >= 2 and biased[use] else "frechet_distance" for use in biased
        )
        self._set_reference(source, held_out, training, few, seed)
        self.of_real = {f"{name}_real": value for name, value in self._distances(self.training).items()}
        self.of_real["coverage_real"] = coverage(self.training, self.test)
        if self.classes and (seen := net.classes_of(self.test)) is not None:
            self.of_real["label_agreement_real"] = float((seen == source.labels(held_out, "test")).mean())

    def look_at(self, generator: Any) -> None:
        """Measure what the next call needs of the generator itself beside its samples."""

    def __call__(
        self, values: np.ndarray, asked: np.ndarray | None = None, with_intervals: bool = False
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """Score `count` generated values, as the codec decodes them.

        Args:
            asked: The classes that they were requested to show.
            with_intervals: Add the ends of 95 % intervals to the scores, "low" and "high".

        Returns:
            The selection score (lower is better), every score with its fingerprint, and the features of the values that
            the reported scores use.
        """
        assert len(values) == self.count
        features, predicted = self.net(values)
        shown = features[: self.shown]
        scores = {**self._distances(shown), "coverage": coverage(shown, self.test), **self.of_real}
        if predicted is not None and asked is not None:
            scores["label_agreement"] = float((predicted == asked).mean())
        joint = features if asked is None else with_labels(features, asked, self.classes)
        described = {
            name: {"value": value, "fingerprint": self._fingerprint_of(name)} for name, value in scores.items()
        }
        if with_intervals:
            for name, (low, high) in self._intervals(shown, scores).items():
                described[name] |= {"low": low, "high": high}
        return DISTANCES[self.selects_by](joint, self.reference), described, shown

    def _fingerprint_of(self, name: str) -> dict[str, Any]:
        """What a score was measured on; coverage compares equal numbers, and not all of them."""
        if name not in ("coverage", "coverage_real"):
            return self.fingerprint
        count = min(self.shown, len(self.test), MAX_ROWS)
        return {**self.fingerprint, "generated": count, "real": count}

    def _intervals(self, shown: np.ndarray, scores: dict[str, float]) -> dict[str, Ends]:
        """The 95 % intervals of the distances, of those of real examples, and of shares."""
        found: dict[str, Ends] = {}
        for suffix, features in (("", shown), ("_real", self.training)):
            for name, error in STANDARD_ERRORS.items():
                if f"{name}{suffix}" in scores and np.isfinite(spread := error(features, self.test)):
                    low, high = Estimate(scores[f"{name}{suffix}"], spread).interval()
                    found[f"{name}{suffix}"] = (max(0.0, low) if name == "frechet_distance" else low, high)
            count = self._fingerprint_of("coverage")["real"]
            covered = wilson(round(scores[f"coverage{suffix}"] * count), count)
            found[f"coverage{suffix}"] = covered.low, covered.high
        for name, count in (("label_agreement", self.count), ("label_agreement_real", len(self.test))):
            if name in scores:
                agreed = wilson(round(scores[name] * count), count)
                found[name] = agreed.low, agreed.high
        return found

    def neighbours(self, features: np.ndarray) -> dict[str, float]:
        """How varied generated samples are, and how close to training examples; see `metrics.neighbours`."""
        return {
            "variety": variety(features, self.training),
            "closeness": closeness(features, self.training, self.test),
        }

    def _set_reference(self, source: Source, held_out: np.ndarray, training: np.ndarray, few: bool, seed: int) -> None:
        """Fix the features that the selection score compares with, and its noise."""
        error = STANDARD_ERRORS[self.selects_by]
        self.reference = self._with_labels(self.test, source, held_out, "test")
        self.noise = error(self._with_labels(self.training, source, training), self.reference)
        if few:
            indices = choose_examples(source.count("train"), MAX_SELECTION_EXAMPLES, seed, "all")
            more = self._with_labels(features_of(self.net, source, indices), source, indices)
            self.reference = np.concatenate([self.reference, more])
            # The halves share no example, and the error shrinks as 1 / N.
            self.noise = error(self.reference[::2], self.reference[1::2]) / 2

    def _with_labels(
        self, features: np.ndarray, source: Source, indices: np.ndarray, split: Split = "train"
    ) -> np.ndarray:
        """The features of these examples, joined with their labels where there are classes."""
        return with_labels(features, source.labels(indices, split), self.classes) if self.classes else features

    def _distances(self, features: np.ndarray) -> dict[str, float]:
        distances = {"frechet_distance": frechet.distance(frechet.fit(features), self.test_gaussian)}
        if "kernel_distance" in (self.headline, self.selects_by):
            distances["kernel_distance"] = kernel_distance(features, self.test)
        return distances


class DetailedScore(OnlineScore, ABC):
    """An online score with further scores of the values themselves, and those of as many training examples."""

    def __init__(self, net: FeatureNet, source: Source, count: int, seed: int):
        super().__init__(net, source, count, seed)
        real = source.values(choose_examples(source.count("train"), self.shown, seed, "training"))
        self.of_real |= {f"{name}_real": value for name, value in self.details(real).items()}

    def __call__(
        self, values: np.ndarray, asked: np.ndarray | None = None, with_intervals: bool = False
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        selection, scores, features = super().__call__(values, asked, with_intervals)
        details = {
            name: {"value": value, "fingerprint": self.fingerprint}
            for name, value in self.details(values[: self.shown]).items()
        }
        return selection, {**scores, **details}, features

    @abstractmethod
    def details(self, values: np.ndarray) -> dict[str, float]:
        """Scores by name of these decoded values."""


def features_of(net: FeatureNet, source: Source, indices: np.ndarray, split: Split = "train") -> np.ndarray:
    """The features of these real examples, kept as long as the net: several scores compare with the same ones."""
    known = _KNOWN.setdefault(net, {})
    key = source.content_hash, split, indices.tobytes()
    if key not in known:
        known[key] = net.of(source, indices, split)
    return known[key]


def with_labels(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """N x D features with N labels appended as one-hot vectors.

    Their length is sqrt(D), that of features of unit variance on average. Beyond 64 classes several share a column,
    so that any number of classes costs the same.
    """
    columns = min(classes, WIDTH)
    return np.hstack([features, np.sqrt(features.shape[1]) * np.eye(columns)[labels % columns]])


def choose_examples(count: int, most: int, seed: int, purpose: str) -> np.ndarray:
    """The indices of at most `most` of `count` examples, drawn at random, ascending so that reading is quick."""
    return np.sort(shuffled(np.arange(min(most, count)), count, seed, "score", purpose))
