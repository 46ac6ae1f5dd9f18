"""A score: its value, its confidence interval, the value of real examples, and what it was measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import erfc, isfinite, sqrt
from typing import Any, Literal

from ..errors import UserError
from .intervals import LEVEL, Estimate, Interval, quantile
from .score_facts import Better, ScoreFacts, facts_of


@dataclass(frozen=True)
class Score:
    """One number of an evaluation.

    Args:
        name: The key of its facts.
        low: Lower end of its 95 % interval, None where there is none; so for `high`.
        real: The value of as many real training examples in the place of generated ones; None where that means nothing.
        trivial: The value of a trivial baseline.
        real_low, real_high: The ends of the 95 % interval of `real`, None where there is none.
        fingerprint: Everything but the generator that the value depends on.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    real: float | None = None
    fingerprint: Mapping[str, Any] | None = None
    trivial: float | None = None
    real_low: float | None = None
    real_high: float | None = None

    @property
    def facts(self) -> ScoreFacts:
        return facts_of(self.name)

    @property
    def better(self) -> Better:
        return self.facts.better

    def described(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return _without_infinity(asdict(self))


def score_from(name: str, value: Estimate | Interval, least: float | None = None) -> Score:
    """A score with the interval of an estimate. least: the lowest possible value, where the interval is cut off."""
    if isinstance(value, Interval):
        return Score(name, value.value, value.low, value.high)
    if not isfinite(value.error):
        return Score(name, value.value)
    low, high = value.interval()
    return Score(name, value.value, low if least is None else max(least, low), high)


@dataclass(frozen=True)
class Difference:
    """How two values of one score differ.

    Args:
        value: Mine minus theirs.
        ahead: Whose value is better, "" where neither is.
        chance: The probability of so large a difference between equally good generators; None where a score has no
            interval.
    """

    name: str
    value: float
    ahead: Literal["mine", "theirs", ""]
    chance: float | None

    def described(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return _without_infinity(asdict(self))

    @property
    def sure(self) -> bool:
        return self.chance is not None and self.chance < 0.05


def difference(mine: Score, theirs: Score) -> Difference:
    """How the two differ. Raises UserError where their fingerprints differ: such numbers cannot be compared."""
    a, b = dict(mine.fingerprint or {}), dict(theirs.fingerprint or {})
    unlike = sorted(key for key in {*a, *b} if a.get(key) != b.get(key))
    if mine.name != theirs.name or unlike:
        what = (
            ", ".join(f"{key} {_plain(a.get(key))} and {_plain(b.get(key))}" for key in unlike[:3])
            or f"{mine.name} and {theirs.name}"
        )
        raise UserError(
            f"these two scores were measured differently ({what}) and cannot be compared; "
            "evaluate both with the same options"
        )
    value, spreads = mine.value - theirs.value, [_error(score) for score in (mine, theirs)]
    ahead: Literal["mine", "theirs", ""] = ""
    if mine.better and value and isfinite(value):
        ahead = "mine" if (value < 0) == (mine.better == "lower") else "theirs"
    if None in spreads:
        return Difference(mine.name, value, ahead, None)
    error = sqrt(sum(spread**2 for spread in spreads if spread))
    return Difference(mine.name, value, ahead, erfc(abs(value) / error / sqrt(2)) if error > 0 else float(value == 0))


def worse_than_trivial(values: Mapping[str, float | None]) -> list[str]:
    """The names of the scores that are worse than those of a trivial baseline, such as the input itself.

    values: By name; "psnr_trivial" belongs to "psnr".
    """
    found = []
    for name, value in values.items():
        trivial, better = values.get(f"{name}_trivial"), facts_of(name).better
        if value is None or trivial is None or not better:
            continue
        if value > trivial if better == "lower" else value < trivial:
            found.append(name)
    return found


def differences(mine: Mapping[str, Score], theirs: Mapping[str, Score]) -> list[Difference]:
    """The difference of every score that both have."""
    return [difference(score, theirs[name]) for name, score in mine.items() if name in theirs]


def _error(score: Score) -> float | None:
    if score.low is None or score.high is None:
        return None
    return max(score.high - score.value, score.value - score.low) / quantile(
        LEVEL
    )  # one end may be cut off at the lowest possible value


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)[:60]


def _without_infinity(values: dict[str, Any]) -> dict[str, Any]:
    """The values with None for infinity, which JSON does not have."""
    return {key: value if not isinstance(value, float) or isfinite(value) else None for key, value in values.items()}
