"""What a trial found, as plain values for verdict.json and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .arms_trial import Way
from .candidates import Candidates
from .filtering import counted
from .outcome import Comparison, Measured, Outcome
from .trial import Trial
from .verdict import LEVEL, Interval


def described(outcome: Outcome, trial: Trial) -> dict[str, Any]:
    """All arms and the verdict. Scores are balanced accuracies, from 0 to 1."""
    titles = {judge.name: judge.title for judge in trial.setting.judges}
    return {
        "verdict": outcome.verdict,
        "score": "balanced accuracy",
        "columns": [["usual", "test, usual decision", 100, 1], ["area", "area under the curve", 1, 3]],
        "level": LEVEL,
        "seeds": trial.setting.seeds,
        "overall": comparison(outcome.overall, titles),
        "judges": [comparison(each, titles) for each in outcome.by_judge],
        "arms": [measured(each, titles) for each in outcome.measured],
        "left_out": {arm.title: reason for arm, reason in trial.left_out.items()},
        "filter": filtered(trial.candidates),
    }


def comparison(each: Comparison, titles: Mapping[str, str]) -> dict[str, Any]:
    """A comparison."""
    return {
        "without": way_of(each.cheap, titles),
        "with": None if each.generated is None else way_of(each.generated, titles),
        "gain": None if each.gain is None else interval_of(each.gain),
        "rival": None if each.rival is None else way_of(each.rival, titles),
        "least": None if each.least is None else interval_of(each.least),
        "helps": each.helps,
    }


def measured(each: Measured, titles: Mapping[str, str]) -> dict[str, Any]:
    """A way on the test examples."""
    return {
        **way_of(each.way, titles),
        "seeds": [round(value, 6) for value in each.way.validation],
        "test": {name: min(1.0, max(0.0, value)) for name, value in interval_of(each.accuracy).items()},
        "usual": round(each.usual, 6),
        "area": round(each.area, 6),
    }


def way_of(way: Way, titles: Mapping[str, str]) -> dict[str, Any]:
    """A way on validation examples."""
    return {
        "judge": titles[way.judge],
        "title": way.arm.title,
        "kind": way.arm.kind,
        "amount": way.arm.amount.total if way.arm.amount else 0,
        "loss": round(way.loss, 6),
        "validation": round(float(np.mean(way.validation)), 6),
    }


def interval_of(interval: Interval) -> dict[str, float]:
    """An interval, rounded."""
    return {name: round(getattr(interval, name), 6) for name in ("value", "low", "high")}


def filtered(candidates: Candidates | None) -> dict[str, int]:
    """What the filter said of the examples of the first seed."""
    total: dict[str, int] = {}
    for _, reasons in candidates.of(0) if candidates else ():
        for reason, count in counted(reasons).items():
            total[reason] = total.get(reason, 0) + count
    return total
