"""The verdict: what was chosen on validation examples, opened once on the test examples.

The best way without generated examples is chosen on few validation examples, so that it may be a poor one, and beating
it proves little. The verdict therefore asks that the way with generated examples beats every way without: each interval
has to lie above 0. This is an intersection-union test (Berger 1982, Technometrics 24), which needs no correction for
the number of comparisons: if one cheap way is as good, all intervals lie above 0 in at most 2.5 % of all trials.
Duplicates of real examples in the same amounts are among the cheap ways, so this bound holds for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .arms_trial import Way, best
from .decision import area
from .trial import Trial
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
    """The best way without and with generated examples, for one judge or for all together.

    generated: None where no generated arm could be tried, and so are the rest. gain: by how much its balanced accuracy
    on test examples is higher. rival: of all cheap ways the one from which it is least certainly apart. least: by how
    much it is better than that.
    """

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
    """What a trial found.

    overall: over all judges, since one uses the model that does best. by_judge: for each alone. measured: every way,
    in the order in which they were tried.
    """

    overall: Comparison
    by_judge: Sequence[Comparison]
    measured: Sequence[Measured]

    @property
    def verdict(self) -> str:
        """USE where the best way with generated examples beats every way of every judge without them."""
        return USE if self.overall.helps else DO_NOT_USE


def chosen(ways: Sequence[Way]) -> tuple[Way, Way | None]:
    """The best way without and with generated examples, by validation examples alone."""
    made = [way for way in ways if not way.arm.is_cheap]
    return best([way for way in ways if way.arm.is_cheap]), best(made) if made else None


def opened(trial: Trial, ways: Sequence[Way], labels: np.ndarray) -> Outcome:
    """Compare predictions with the labels of the test examples. Nothing is chosen after this.

    Args:
        trial: It has run.
        ways: Of the trial.
        labels: Classes of the test examples, N.
    """
    names = dict.fromkeys(way.judge for way in ways)
    judges = [[way for way in ways if way.judge == name] for name in names]
    overall, *by_judge = (_compared(trial, among, labels) for among in (ways, *judges))
    measured = []
    for way in ways:
        areas = [area(each, labels) for each in trial.probabilities(way)]
        accuracy = balanced_mean(trial.right(way, labels).astype(np.float64), labels)
        usual = balanced_mean(trial.right(way, labels, usual=True).astype(np.float64), labels).value
        measured.append(Measured(way, accuracy, usual, float(np.mean(areas))))
    return Outcome(overall, by_judge, measured)


def _compared(trial: Trial, ways: Sequence[Way], labels: np.ndarray) -> Comparison:
    cheap, made = chosen(ways)

    def difference(one: Way, other: Way) -> Interval:
        return paired_difference(trial.right(one, labels), trial.right(other, labels), labels)

    return compared(cheap, made, [way for way in ways if way.arm.is_cheap], difference)


def compared(
    cheap: Way, made: Way | None, rivals: Sequence[Way], difference: Callable[[Way, Way], Interval]
) -> Comparison:
    """The comparison of a way with all rivals. cheap: the best of these. made: None where there is none."""
    if made is None:
        return Comparison(cheap)
    gains = {way: difference(made, way) for way in rivals}
    rival = min(gains, key=lambda way: gains[way].low)
    return Comparison(cheap, made, gains[cheap], rival, gains[rival])
