"""Trains every judge in every arm with every seed, and chooses on validation examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..util.random import make_rng
from .amounts import Amount, are_unequal
from .arms import Arm, added_arms
from .candidates import Candidates
from .decision import Decision, balanced_accuracy, log_loss, tuned
from .examples import Examples, Training, Unavailable
from .filtering import Filter
from .judge import Judge
from .store import Said, Store
from .supply import Supply

Progress = Callable[[float, str], None]


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


@dataclass(frozen=True)
class Way:
    """A judge in an arm.

    losses: for each seed the balanced log loss on validation examples, by which ways are chosen. validation: for each
    seed the balanced accuracy there.
    """

    judge: str
    arm: Arm
    losses: tuple[float, ...]
    validation: tuple[float, ...]

    @property
    def loss(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.losses))


@dataclass
class Trial:
    """A trial that runs, or has run. left_out: arms that could not be tried, and why."""

    setting: Setting
    store: Store
    progress: Progress = lambda share, what: None
    said: dict[tuple[str, Arm, int], Said] = field(default_factory=dict)
    left_out: dict[Arm, str] = field(default_factory=dict)
    candidates: Candidates | None = None
    _done: int = 0
    _total: int = 1

    def run(self) -> list[Way]:
        """Train everything. Returns all ways, by judge and arm."""
        judges, setting = self.setting.judges, self.setting
        added = len(added_arms(setting.amounts, "none", setting.unequal))
        self._total = len(judges) * setting.seeds * (len(setting.cheap) + added)
        for seed in range(setting.seeds):
            for arm in setting.cheap:
                self._train(arm, judges, seed)
        self.candidates = Candidates(setting.supply, self._filter(), self._needed())
        plans = {judge.name: added_arms(setting.amounts, self._classic(judge), setting.unequal) for judge in judges}
        for seed in range(setting.seeds):
            for judge in judges:
                for arm in plans[judge.name]:
                    self._train(arm, [judge], seed)
        self.progress(1.0, "comparing arms")
        return self.ways()

    def ways(self) -> list[Way]:
        """All ways that were tried with every seed."""
        keys = dict.fromkeys((judge, arm) for judge, arm, _ in self.said if arm not in self.left_out)
        return [self._way(judge, arm) for judge, arm in keys]

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

    def _train(self, arm: Arm, judges: Sequence[Judge], seed: int) -> None:
        setting, training = self.setting, None
        for judge in judges:
            key = f"{judge.name}-{arm.key}-{seed}"
            self._done += 1
            self.progress(min(0.9999, self._done / self._total), f"comparing arms: {judge.title}, {arm.title}")
            found = self.store.load(key)
            if found is None and arm not in self.left_out:
                try:
                    training = training or self.training(arm, seed)
                except Unavailable as reason:
                    self.left_out[arm] = str(reason)
                    continue
                predict = judge.fit(training, setting.validation, setting.classes, seed)
                found = Said(
                    *(predict(values).astype(np.float32) for values in (setting.validation.values, setting.test))
                )
                self.store.save(key, found)
            if found is not None:
                self.said[judge.name, arm, seed] = found

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

    def _way(self, judge: str, arm: Arm) -> Way:
        labels, shares, losses, scores = self.setting.validation.labels, self.setting.shares, [], []
        for seed in range(self.setting.seeds):
            said = self.said[judge, arm, seed]
            logarithms = self.decision(said).read(said.validation, shares)
            losses.append(log_loss(logarithms, labels))
            scores.append(balanced_accuracy(logarithms.argmax(axis=1) == labels, labels))
        return Way(judge, arm, tuple(losses), tuple(scores))

    def _classic(self, judge: Judge) -> str:
        """The classic augmentation that suits this judge best."""
        return best([way for way in self.ways() if way.judge == judge.name]).arm.classic

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


def best(ways: Sequence[Way]) -> Way:
    """The way with the least loss on validation examples; of equals the first, which is the simplest."""
    return min(ways, key=lambda way: round(way.loss, 9))


def duplicates(examples: Examples, amount: Amount, seed: int) -> Examples:
    """Real examples a second time, drawn at random."""
    rng, picked = make_rng(seed, "duplicates"), []
    for number, count in enumerate(amount.counts):
        picked.append(rng.choice(np.flatnonzero(examples.labels == number), count))
    places = np.concatenate(picked)
    return Examples(examples.values[places], examples.labels[places])
