"""The verdict on detectors: chosen on validation pictures, opened once on test pictures.

The mean average precision of many pictures is no mean over pictures. Its jackknife pseudo-values take the place of the
scores of single pictures: with all pictures theta, and without picture i theta_i, n theta - (n - 1) theta_i (Tukey
1958). On them the variances of seeds and of pictures are told apart as for classifiers (Dorfman, Berbaum & Metz 1992,
Investigative Radiology 27, do so for areas under the ROC curve).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...metrics.average_precision import OVERLAPS, Matches, Truth, matched
from ..arms_trial import Way, best
from ..describe import comparison, filtered, interval_of, way_of
from ..outcome import DO_NOT_USE, USE, Comparison, compared
from ..verdict import LEVEL, Interval, balanced_mean
from .detector import detections
from .trial import USUAL, DetectionTrial, precision

MOST_GROUPS = 100  # of test pictures, which are left out together where there are more


@dataclass(frozen=True)
class Detected:
    """A way on the test pictures.

    score: mean average precision at an overlap of a half. coco: at overlaps from 0.5 to 0.95. classes: average
    precision at an overlap of a half of each class; the last two are means over seeds.
    """

    way: Way
    score: Interval
    coco: float
    classes: tuple[float, ...]


@dataclass(frozen=True)
class DetectionOutcome:
    """What a trial of detectors found. kinds: the best of pasted real objects, and of generated ones."""

    overall: Comparison
    kinds: Mapping[str, Comparison]
    measured: Sequence[Detected]

    @property
    def verdict(self) -> str:
        """USE where the way that validation pictures chose beats every way that needs less."""
        return USE if self.overall.helps else DO_NOT_USE


def pseudo_values(matches: Sequence[Matches]) -> np.ndarray:
    """Jackknife pseudo-values of the mean average precision of one trained model, one for each picture or group.

    matches: of each class at one overlap, each with a box that counts at least.
    """
    pictures = len(matches[0].boxes)
    groups = min(pictures, MOST_GROUPS)
    of_group = np.arange(pictures) % groups
    whole = np.array([each.average_precision()[0] for each in matches])
    found = np.empty(groups)
    for group in range(groups):
        without = np.array([each.average_precision((of_group != group).astype(np.float64))[0] for each in matches])
        without = np.where(np.isnan(without), whole, without)  # the only boxes of a class: they tell no variance
        found[group] = groups * whole.mean() - (groups - 1) * without.mean()
    return found


def chosen(ways: Sequence[Way], kinds: Sequence[str]) -> tuple[Way | None, list[Way]]:
    """The best way of these kinds on validation pictures, and its rivals: every way that needs less than it.

    Pasted real objects have to beat all real pictures and duplicates; generated objects also pasted real ones.
    """
    among = [way for way in ways if way.arm.kind in kinds]
    made = best(among) if among else None
    rivals = [way for way in ways if way.arm.kind in ("real", "duplicates")]
    if made is not None and made.arm.kind != "pasted":
        rivals += [way for way in ways if way.arm.kind == "pasted"]
    return made, rivals


def opened(trial: DetectionTrial, ways: Sequence[Way], truth: Sequence[Truth]) -> DetectionOutcome:
    """Compare detections with the boxes of the test pictures. Nothing is chosen after this."""
    judged, seeds = trial.setting.judged, trial.setting.seeds
    values, measured = {}, []
    for way in ways:
        rows = [trial.said[way.judge, way.arm, seed].test for seed in range(seeds)]
        every = np.stack([precision(truth, each, judged, OVERLAPS) for each in rows])  # seeds x classes x overlaps
        said = [detections(each, len(truth)) for each in rows]
        values[way] = np.stack(
            [pseudo_values([matched(truth, each, label, USUAL) for label in judged]) for each in said]
        )
        score = _interval(values[way], float(every[..., 0].mean()))
        measured.append(Detected(way, score, float(every.mean()), tuple(every[..., 0].mean(axis=0).tolist())))
    plain = {each.way: each.score.value for each in measured}

    def comparison_of(kinds: Sequence[str]) -> Comparison:
        made, rivals = chosen(ways, kinds)

        def difference(one: Way, other: Way) -> Interval:
            return _interval(values[one] - values[other], plain[one] - plain[other])

        return compared(best(rivals), made, rivals, difference)

    generated = ("pasted generated", "pasted filtered")
    kinds = {"pasted": comparison_of(["pasted"]), "generated": comparison_of(generated)}
    return DetectionOutcome(comparison_of(["pasted", *generated]), kinds, measured)


def _interval(values: np.ndarray, middle: float) -> Interval:
    """The interval of the mean of pseudo-values, around the value itself, which has no bias of the jackknife."""
    found = balanced_mean(values, np.zeros(values.shape[1], np.int64))
    half = (found.high - found.low) / 2
    return Interval(middle, middle - half, middle + half, found.freedom)


def described(outcome: DetectionOutcome, trial: DetectionTrial, names: Sequence[str]) -> dict[str, Any]:
    """All arms and the verdict. Scores are average precisions, from 0 to 1. names: of the classes that are judged."""
    titles = {judge.name: judge.title for judge in trial.setting.judges}
    overall = comparison(outcome.overall, titles)
    return {
        "verdict": outcome.verdict,
        "score": "mAP50",
        "made": _made(outcome),
        "columns": [["coco", "test, mAP50-95", 100, 1], *([f"AP50 {name}", f"test, {name}", 100, 1] for name in names)],
        "level": LEVEL,
        "seeds": trial.setting.seeds,
        "overall": overall,
        "judges": [overall],
        "kinds": {kind: comparison(each, titles) for kind, each in outcome.kinds.items()},
        "arms": [_arm(each, titles, names) for each in outcome.measured],
        "left_out": {arm.title: reason for arm, reason in trial.left_out.items()},
        "filter": filtered(trial.candidates),
    }


def _made(outcome: DetectionOutcome) -> str:
    """What the verdict is about, in words."""
    way = outcome.overall.generated
    return "scenes with pasted objects" if way is None or way.arm.kind == "pasted" else "scenes with generated objects"


def _arm(each: Detected, titles: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
    by_class = {name: round(value, 6) for name, value in zip(names, each.classes, strict=True)}
    return {
        **way_of(each.way, titles),
        "seeds": [round(value, 6) for value in each.way.validation],
        "test": {name: min(1.0, max(0.0, value)) for name, value in interval_of(each.score).items()},
        "coco": round(each.coco, 6),
        **{f"AP50 {name}": value for name, value in by_class.items()},
    }
