"""What a trial found, as plain values for verdict.json and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .filtering import counted
from .outcome import Comparison, Measured, Outcome
from .trial import Trial, Way
from .verdict import LEVEL, Interval


def described(outcome: Outcome, trial: Trial) -> dict[str, Any]:
    """All arms and the verdict. Scores are balanced accuracies, from 0 to 1."""
    titles = {judge.name: judge.title for judge in trial.setting.judges}
    return {
        "verdict": outcome.verdict,
        "score": "balanced accuracy",
        "level": LEVEL,
        "seeds": trial.setting.seeds,
        "overall": _comparison(outcome.overall, titles),
        "judges": [_comparison(each, titles) for each in outcome.by_judge],
        "arms": [_measured(each, titles) for each in outcome.measured],
        "left_out": {arm.title: reason for arm, reason in trial.left_out.items()},
        "filter": _filtered(trial),
    }


def _comparison(each: Comparison, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "without": _way(each.cheap, titles),
        "with": None if each.generated is None else _way(each.generated, titles),
        "gain": None if each.gain is None else _interval(each.gain),
        "rival": None if each.rival is None else _way(each.rival, titles),
        "least": None if each.least is None else _interval(each.least),
        "helps": each.helps,
    }


def _measured(each: Measured, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_way(each.way, titles),
        "seeds": [round(value, 6) for value in each.way.validation],
        "test": {name: min(1.0, max(0.0, value)) for name, value in _interval(each.accuracy).items()},
        "usual": round(each.usual, 6),
        "area": round(each.area, 6),
    }


def _way(way: Way, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "judge": titles[way.judge],
        "title": way.arm.title,
        "kind": way.arm.kind,
        "amount": way.arm.amount.total if way.arm.amount else 0,
        "loss": round(way.loss, 6),
        "validation": round(float(np.mean(way.validation)), 6),
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 6) for name in ("value", "low", "high")}


def _filtered(trial: Trial) -> dict[str, int]:
    """What the filter said of the examples of the first seed."""
    total: dict[str, int] = {}
    for _, reasons in trial.candidates.of(0) if trial.candidates else ():
        for reason, count in counted(reasons).items():
            total[reason] = total.get(reason, 0) + count
    return total
