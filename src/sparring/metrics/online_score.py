"""The score that is measured while training: small features, seconds, always there, with or without labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..data.source import Source
from ..util.random import make_rng
from . import frechet
from .feature_net import WIDTH, FeatureNet
from .kernel import kernel_distance, kernel_distance_estimate
from .neighbours import closeness, coverage, variety

ENOUGH = 2048  # held-out reals from which the Frechet distance is the headline; below, the unbiased kernel distance
MOST = 10_000  # held-out reals used
FEW = 500  # held-out reals below which snapshots are chosen by training examples too
ERRORS = {
    "kernel_distance": lambda generated, real: kernel_distance_estimate(generated, real).error,
    "frechet_distance": frechet.frechet_error,
}
HEADLINES = {"kernel_distance": kernel_distance, "frechet_distance": frechet.frechet_distance}


class OnlineScore:
    """Compares generated values with the held-out split in the features of `net`.

    frechet_distance and frechet_distance_real use equal counts M of generated and of real training examples, against the same
    held-out set, so their ratio is fair: 1.0 would be as close to the held-out examples as other real ones are.
    With labels the selection score is the same distance of features joined with labels (DeVries et al. 2019, arXiv:1907.08175):
    good pictures under wrong labels are no good. With few held-out examples it is taken against these and the training examples together: twenty
    pictures do not tell a good snapshot from a bad one, and copying is watched by itself (see training.health); and of all `count` samples, of which the
    distances that are shown see as many as there are training examples.
    """

    def __init__(self, net: FeatureNet, source: Source, count: int, seed: int):
        self.net, self.shown = net, min(count, source.count("train"))
        self.count = count if source.count("test") < FEW else self.shown
        held_out = chosen(source.count("test"), MOST, seed, "held-out")
        training = chosen(source.count("train"), self.shown, seed, "training")
        self.test = net.of(source, held_out, "test")
        self.test_joint = joined(self.test, source.labels(held_out, "test"), len(source.classes)) if source.classes else self.test
        self.classes = len(source.classes)
        self.test_gaussian = frechet.fit(self.test)
        real = self.training = net.of(source, training)
        self.fingerprint = {
            "features": net.identity(),
            "net": net.about["net"],
            "task": net.about["task"],
            "generated": self.shown,
            "real": len(self.test),
            "split": "test",
            "source": source.content_hash[:16],
            "seed": seed,
        }
        self.headline = "kernel_distance" if min(len(self.test), self.shown) >= 2 and len(self.test) < ENOUGH else "frechet_distance"
        joint = joined(real, source.labels(training), len(source.classes)) if source.classes else real
        self.reference, error = self.test_joint, ERRORS[self.headline]
        self.noise = error(joint, self.reference)  # of the selection score, among samples as good as reals
        if len(self.test) < FEW:
            self.reference = np.concatenate([self.test_joint, self._all(source, seed)])
            self.noise = error(self.reference[::2], self.reference[1::2]) / 2  # halves that share nothing; it shrinks as 1 / N
        self.of_real = {f"{name}_real": value for name, value in self._distances(real).items()}
        self.of_real["coverage_real"] = coverage(real, self.test)

    def __call__(self, values: np.ndarray, asked: np.ndarray | None = None) -> tuple[float, dict[str, Any], np.ndarray]:
        """The selection score (lower is better), every score with its fingerprint, and the features of M generated values as the
        codec decodes them; `asked`: the classes they were asked to show."""
        assert len(values) == self.count
        features, found = self.net(values)
        shown = features[: self.shown]
        scores = {**self._distances(shown), "coverage": coverage(shown, self.test), **self.of_real}
        if found is not None and asked is not None:
            scores["label_agreement"] = float((found == asked).mean())
        joint = features if asked is None else joined(features, asked, self.classes)
        found_scores = {name: {"value": value, "fingerprint": self.fingerprint} for name, value in scores.items()}
        return HEADLINES[self.headline](joint, self.reference), found_scores, shown

    def _all(self, source: Source, seed: int) -> np.ndarray:
        """Features of training examples, joined with their labels, as many as there can be for few held-out ones."""
        indices = chosen(source.count("train"), 20 * FEW, seed, "all")
        features = self.net.of(source, indices)
        return joined(features, source.labels(indices), self.classes) if source.classes else features

    def neighbours(self, features: np.ndarray) -> dict[str, float]:
        """How varied generated samples are beside training examples, and how close to them beside held-out ones."""
        return {"variety": variety(features, self.training), "closeness": closeness(features, self.training, self.test)}

    def _distances(self, features: np.ndarray) -> dict[str, float]:
        distances = {"frechet_distance": frechet.distance(frechet.fit(features), self.test_gaussian)}
        if self.headline == "kernel_distance":
            distances["kernel_distance"] = kernel_distance(features, self.test)
        return distances


class DetailedScore(OnlineScore, ABC):
    """A quick score that also tells what `details` says of the values themselves, beside what as many training examples get."""

    def __init__(self, net: FeatureNet, source: Source, count: int, seed: int):
        super().__init__(net, source, count, seed)
        real = source.values(chosen(source.count("train"), self.shown, seed, "training"))
        self.of_real |= {f"{name}_real": value for name, value in self.details(real).items()}

    def __call__(self, values: np.ndarray, asked: np.ndarray | None = None) -> tuple[float, dict[str, Any], np.ndarray]:
        selection, scores, features = super().__call__(values, asked)
        details = {name: {"value": value, "fingerprint": self.fingerprint} for name, value in self.details(values[: self.shown]).items()}
        return selection, {**scores, **details}, features

    @abstractmethod
    def details(self, values: np.ndarray) -> dict[str, float]: ...


def joined(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """N x D features with N labels appended as one-hot vectors, as long as features of unit variance are on average (sqrt D).

    Beyond 64 classes several share a column, so that any number of classes costs the same.
    """
    columns = min(classes, WIDTH)
    return np.hstack([features, np.sqrt(features.shape[1]) * np.eye(columns)[labels % columns]])


def chosen(count: int, most: int, seed: int, purpose: str) -> np.ndarray:
    """Which of `count` examples are looked at, at most `most`: in order, so that they are read quickly."""
    return np.sort(make_rng(seed, "score", purpose).permutation(count)[:most])
