"""The verdict: what was chosen on validation examples, opened once on the test examples.

The best way without generated examples is chosen on few validation examples, so that it may be a poor one, and beating
it proves little. The verdict therefore asks that the way with generated examples beats every way without: each interval
has to lie above 0. This is an intersection-union test (Berger 1982, Technometrics 24), which needs no correction for
the number of comparisons: if one cheap way is as good, all intervals lie above 0 in at most 2.5 % of all trials.
Duplicates of real examples in the same amounts are among the cheap ways, so this bound holds for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .decision import area
from .trial import Trial, Way, best
from .verdict import Interval, balanced_mean, paired_difference

USE, DO_NOT_USE = "use", "do not use"


@dataclass(frozen=True)
class Measured:
    """A way on the test examples.

    accuracy: balanced. usual: the same where always the most probable class is taken. area: under the ROC curve, mean
    over seeds.
    """

    way: Way
    accuracy: Interval
    usual: float
    area: float


@dataclass(frozen=True)
class Comparison:
    """The best way without and with generated examples for one judge.

    generated: None where no generated arm could be tried, and so are the rest. gain: by how much its balanced accuracy
    on test examples is higher. rival: of all cheap ways the one from which it is least certainly apart. least: by how
    much it is better than that.
    """

    judge: str
    cheap: Way
    generated: Way | None = None
    gain: Interval | None = None
    rival: Way | None = None
    least: Interval | None = None

    @property
    def helps(self) -> bool:
        """Whether the generated examples beat every cheap way."""
        return self.least is not None and self.least.is_gain


@dataclass(frozen=True)
class Outcome:
    """What a trial found. measured: every way, in the order in which they were tried."""

    comparisons: Sequence[Comparison]
    measured: Sequence[Measured]

    @property
    def decisive(self) -> Comparison:
        """That of the judge which does best without generated examples, on validation: the model one would use."""
        return min(self.comparisons, key=lambda each: round(each.cheap.loss, 9))

    @property
    def verdict(self) -> str:
        """USE where generated examples help the decisive judge."""
        return USE if self.decisive.helps else DO_NOT_USE


def chosen(ways: Sequence[Way]) -> list[tuple[Way, Way | None]]:
    """For each judge the best way without and with generated examples, by validation examples alone."""
    found: list[tuple[Way, Way | None]] = []
    for judge in dict.fromkeys(way.judge for way in ways):
        mine = [way for way in ways if way.judge == judge]
        made = [way for way in mine if not way.arm.is_cheap]
        found.append((best([way for way in mine if way.arm.is_cheap]), best(made) if made else None))
    return found


def opened(trial: Trial, ways: Sequence[Way], labels: np.ndarray) -> Outcome:
    """Compare predictions with the labels of the test examples. Nothing is chosen after this.

    Args:
        trial: It has run.
        ways: Of the trial.
        labels: Classes of the test examples, N.
    """
    comparisons = [_compared(trial, ways, cheap, made, labels) for cheap, made in chosen(ways)]
    measured = []
    for way in ways:
        areas = [area(each, labels) for each in trial.probabilities(way)]
        accuracy = balanced_mean(trial.right(way, labels).astype(np.float64), labels)
        usual = balanced_mean(trial.right(way, labels, usual=True).astype(np.float64), labels).value
        measured.append(Measured(way, accuracy, usual, float(np.mean(areas))))
    return Outcome(comparisons, measured)


def _compared(trial: Trial, ways: Sequence[Way], cheap: Way, made: Way | None, labels: np.ndarray) -> Comparison:
    if made is None:
        return Comparison(cheap.judge, cheap)
    right = trial.right(made, labels)
    gains = {
        way: paired_difference(right, trial.right(way, labels), labels)
        for way in ways
        if way.judge == cheap.judge and way.arm.is_cheap
    }
    rival = min(gains, key=lambda way: gains[way].low)
    return Comparison(cheap.judge, cheap, made, gains[cheap], rival, gains[rival])
