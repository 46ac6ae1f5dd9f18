"""A score: its value, how sure it is, what real examples get, and what it was measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import erfc, isfinite, sqrt
from typing import Any, Literal

from ..errors import UserError
from .intervals import LEVEL, Estimate, Interval

Better = Literal["lower", "higher", ""]
HIGHER = {
    "inception_score", "precision", "recall", "density", "coverage", "label_agreement", "classification_accuracy", "modes_hit", "good_share",
}  # fmt: skip
NEITHER = {
    "fooling_rate", "ms_ssim", "diversity", "closer_than_held_out", "judged_right_training", "judged_right_held_out", "judged_right_generated",
}  # fmt: skip  # right is the value of real examples, or it depends on the discriminator as much as on the generator
HALF = 1.959964  # standard errors in half of a 95 % interval


@dataclass(frozen=True)
class Score:
    """value; low, high: its 95 % interval, None where there is none; real: the same of as many real training examples in the place of
    generated ones, None where that means nothing. fingerprint: everything that the value depends on beside the generator."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    real: float | None = None
    fingerprint: Mapping[str, Any] | None = None

    @property
    def better(self) -> Better:
        return "" if self.name in NEITHER else "higher" if self.name in HIGHER else "lower"

    def described(self) -> dict[str, Any]:
        """For JSON, which knows no infinity."""
        return {key: value if not isinstance(value, float) or isfinite(value) else None for key, value in asdict(self).items()}


def scored(name: str, value: float | Estimate | Interval, least: float | None = None) -> Score:
    """A score of a plain number, or with the interval of an estimate; `least`: below which no truth lies."""
    if isinstance(value, Interval):
        return Score(name, value.value, value.low, value.high)
    if not isinstance(value, Estimate) or not isfinite(value.error):
        return Score(name, value.value if isinstance(value, Estimate) else float(value))
    low, high = value.interval(LEVEL)
    return Score(name, value.value, low if least is None else max(least, low), high)


def score_from(described: Mapping[str, Any]) -> Score:
    """The inverse of `Score.described`."""
    found = replace(Score("", 0.0), **described)
    return found if isinstance(found.value, float) else replace(found, value=float("nan") if found.value is None else float(found.value))


@dataclass(frozen=True)
class Difference:
    """mine less theirs. chance: of so large a difference between equally good generators, None where a score has no interval."""

    name: str
    value: float
    chance: float | None

    def described(self) -> dict[str, Any]:
        """For JSON, which knows no infinity."""
        return {key: value if not isinstance(value, float) or isfinite(value) else None for key, value in asdict(self).items()}

    @property
    def sure(self) -> bool:
        return self.chance is not None and self.chance < 0.05


def difference(mine: Score, theirs: Score) -> Difference:
    """Raises UserError where the two were not measured on the same things: such numbers say nothing about each other."""
    a, b = dict(mine.fingerprint or {}), dict(theirs.fingerprint or {})
    unlike = sorted(key for key in {*a, *b} if a.get(key) != b.get(key))
    if mine.name != theirs.name or unlike:
        what = ", ".join(f"{key} {_plain(a.get(key))} and {_plain(b.get(key))}" for key in unlike[:3]) or f"{mine.name} and {theirs.name}"
        raise UserError(f"these two scores were measured differently ({what}) and cannot be compared; evaluate both with the same options")
    spreads = [_error(score) for score in (mine, theirs)]
    value = mine.value - theirs.value
    if None in spreads:
        return Difference(mine.name, value, None)
    error = sqrt(sum(spread**2 for spread in spreads if spread))
    chance = erfc(abs(value) / error / sqrt(2)) if error > 0 else float(value == 0)
    return Difference(mine.name, value, chance)


def _error(score: Score) -> float | None:
    if score.low is None or score.high is None:
        return None
    return max(score.high - score.value, score.value - score.low) / HALF  # one end may be cut off where no truth lies


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)[:60]
