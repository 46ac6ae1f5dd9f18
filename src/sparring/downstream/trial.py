"""A trial of models that tell classes apart: what they learn from in each arm, and how they are scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..util.random import make_rng
from .amounts import Amount, are_unequal
from .arms import Arm, added_arms
from .arms_trial import ArmsTrial, Way, best
from .candidates import Candidates
from .decision import Decision, balanced_accuracy, log_loss, tuned
from .examples import Examples, Training
from .filtering import Filter
from .judge import Judge
from .store import Said
from .supply import Supply


@dataclass(frozen=True)
class Setting:
    """What a trial is about.

    test: values alone; their labels are kept elsewhere until everything is chosen. features: see `Filter`. resample:
    method, seed -> new examples (see `resampling`).
    """

    train: Examples
    validation: Examples
    test: np.ndarray
    classes: int
    judges: Sequence[Judge]
    cheap: Sequence[Arm]
    amounts: Sequence[Amount]
    supply: Supply
    features: Callable[[np.ndarray], np.ndarray]
    resample: Callable[[str, int], Examples]
    seeds: int

    @property
    def counts(self) -> list[int]:
        """Real training examples of each class."""
        return np.bincount(self.train.labels, minlength=self.classes).tolist()

    @property
    def shares(self) -> np.ndarray:
        """The same as shares of all."""
        return np.array(self.counts) / sum(self.counts)

    @property
    def unequal(self) -> bool:
        """Whether some classes are clearly rarer."""
        return are_unequal(self.counts)


@dataclass
class Trial(ArmsTrial):
    """A trial of models that tell classes apart."""

    setting: Setting
    candidates: Candidates | None = None

    def further(self, classic: str) -> list[Arm]:
        return added_arms(self.setting.amounts, classic, self.setting.unequal)

    def prepare(self) -> None:
        self.candidates = Candidates(self.setting.supply, self._filter(), self._needed())

    def answers(self, judge: Judge, training: Training, seed: int) -> Said:
        setting = self.setting
        predict = judge.fit(training, setting.validation, setting.classes, seed)
        return Said(*(predict(values).astype(np.float32) for values in (setting.validation.values, setting.test)))

    def right(self, way: Way, labels: np.ndarray, usual: bool = False) -> np.ndarray:
        """Whether each seed's model is right on each test example, seeds x N bool.

        Args:
            way: Of this trial.
            labels: Of the test examples.
            usual: Take the most probable class, instead of what validation examples say of the probabilities.
        """
        found = []
        for seed in range(self.setting.seeds):
            said = self.said[way.judge, way.arm, seed]
            decision = Decision() if usual else self.decision(said)
            found.append(decision.classes(said.test, self.setting.shares) == labels)
        return np.stack(found)

    def decision(self, said: Said) -> Decision:
        """How probabilities are read, from the validation examples; with a threshold where classes are unequal."""
        setting = self.setting
        return tuned(said.validation, setting.validation.labels, setting.shares, setting.unequal)

    def probabilities(self, way: Way) -> list[np.ndarray]:
        """Of the test examples, for each seed."""
        return [self.said[way.judge, way.arm, seed].test for seed in range(self.setting.seeds)]

    def training(self, arm: Arm, seed: int) -> Training:
        """What the judges learn from in an arm. Raises Unavailable where it cannot be made."""
        setting, examples = self.setting, self.setting.train
        if arm.resampling:
            examples = examples.joined(setting.resample(arm.resampling, seed))
        if arm.kind == "duplicates":
            assert arm.amount is not None
            examples = examples.joined(duplicates(examples, arm.amount, seed))
        elif not arm.is_cheap:
            assert arm.amount is not None and self.candidates is not None
            examples = examples.joined(self.candidates.take(arm.amount, arm.kind == "filtered", seed))
        weights = None
        if arm.weighted:
            weights = len(examples.labels) / setting.classes / np.array(setting.counts)[examples.labels]
        return Training(examples, arm.classic, weights)

    def added(self, way: Way) -> Examples:
        """The generated examples of a way with the first seed."""
        assert way.arm.amount is not None and self.candidates is not None
        return self.candidates.take(way.arm.amount, way.arm.kind == "filtered", 0)

    def way(self, judge: str, arm: Arm) -> Way:
        labels, shares, losses, scores = self.setting.validation.labels, self.setting.shares, [], []
        for seed in range(self.setting.seeds):
            said = self.said[judge, arm, seed]
            logarithms = self.decision(said).read(said.validation, shares)
            losses.append(log_loss(logarithms, labels))
            scores.append(balanced_accuracy(logarithms.argmax(axis=1) == labels, labels))
        return Way(judge, arm, tuple(losses), tuple(scores))

    def _filter(self) -> Filter:
        """With the best judge of those learned from real examples alone as classifier."""
        setting, way = self.setting, best([way for way in self.ways() if not way.arm.resampling])
        judge = next(judge for judge in setting.judges if judge.name == way.judge)
        predict = judge.fit(self.training(way.arm, 0), setting.validation, setting.classes, 0)
        decision = self.decision(self.said[way.judge, way.arm, 0])

        def classify(values: np.ndarray) -> np.ndarray:
            return decision.classes(predict(values), setting.shares)

        return Filter(classify, setting.supply, setting.features, setting.train, setting.validation)

    def _needed(self) -> list[int]:
        return np.max([amount.counts for amount in self.setting.amounts], axis=0).tolist()


def duplicates(examples: Examples, amount: Amount, seed: int) -> Examples:
    """Real examples a second time, drawn at random."""
    rng, picked = make_rng(seed, "duplicates"), []
    for number, count in enumerate(amount.counts):
        picked.append(rng.choice(np.flatnonzero(examples.labels == number), count))
    places = np.concatenate(picked)
    return Examples(examples.values[places], examples.labels[places])
