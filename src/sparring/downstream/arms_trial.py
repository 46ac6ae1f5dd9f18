"""Trains every judge in every arm with every seed: what all tasks have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arms import Arm
from .examples import Unavailable
from .store import Said, Store

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Way:
    """A judge in an arm.

    losses: for each seed the loss on validation examples by which ways are chosen. validation: for each seed the score
    there.
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
class ArmsTrial(ABC):
    """A trial that runs, or has run. left_out: arms that could not be tried, and why.

    setting: what it is about, with at least `judges`, `cheap` (arms that are tried first) and `seeds`.
    """

    setting: Any
    store: Store
    progress: Progress = lambda share, what: None
    said: dict[tuple[str, Arm, int], Said] = field(default_factory=dict)
    left_out: dict[Arm, str] = field(default_factory=dict)
    _done: int = 0
    _total: int = 1

    @abstractmethod
    def further(self, classic: str) -> list[Arm]:
        """The arms that are tried after the cheap ones, with the classic augmentation that was best there."""

    @abstractmethod
    def prepare(self) -> None:
        """What has to be done between the cheap arms and those."""

    @abstractmethod
    def training(self, arm: Arm, seed: int) -> Any:
        """What the judges learn from in an arm. Raises Unavailable where it cannot be made."""

    @abstractmethod
    def answers(self, judge: Any, training: Any, seed: int) -> Said:
        """What a judge says after that training."""

    @abstractmethod
    def way(self, judge: str, arm: Arm) -> Way:
        """A way that was tried with every seed, with its scores on validation examples."""

    def run(self) -> list[Way]:
        """Train everything. Returns all ways, by judge and arm."""
        judges, setting = self.setting.judges, self.setting
        self._total = len(judges) * setting.seeds * (len(setting.cheap) + len(self.further("none")))
        for seed in range(setting.seeds):
            for arm in setting.cheap:
                self._train(arm, judges, seed)
        self.prepare()
        plans = {judge.name: self.further(self._classic(judge)) for judge in judges}
        for seed in range(setting.seeds):
            for judge in judges:
                for arm in plans[judge.name]:
                    self._train(arm, [judge], seed)
        self.progress(1.0, "comparing arms")
        return self.ways()

    def ways(self) -> list[Way]:
        """All ways that were tried with every seed."""
        keys = dict.fromkeys((judge, arm) for judge, arm, _ in self.said if arm not in self.left_out)
        return [self.way(judge, arm) for judge, arm in keys]

    def _train(self, arm: Arm, judges: Sequence[Any], seed: int) -> None:
        training = None
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
                found = self.answers(judge, training, seed)
                self.store.save(key, found)
            if found is not None:
                self.said[judge.name, arm, seed] = found

    def _classic(self, judge: Any) -> str:
        """The classic augmentation that suits this judge best."""
        return best([way for way in self.ways() if way.judge == judge.name]).arm.classic


def best(ways: Sequence[Way]) -> Way:
    """The way with the least loss on validation examples; of equals the first, which is the simplest."""
    return min(ways, key=lambda way: round(way.loss, 9))
