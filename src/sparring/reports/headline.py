"""The first thing that a page says about quality: one distance, its interval, and real examples at equal counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from ..metrics.score_facts import HEADLINE_DISTANCES, facts_of
from ..metrics.scores import worse_than_trivial
from ..runs.log import Log, last_event, number, whole
from .scores import logged_scores
from .values import count, mapping, percent, short

BELOW_ZERO = "below 0 means that no difference was found"
AT_A_TICK = "so few while training carry no verdict, which comes with the final score"
TOO_FEW = "so few carry no verdict, and have no interval"
HURRIED = "in features whose learning the budget cut short: run sparring evaluate, which learns them to their end"
Measured = Mapping[str, Mapping[str, Any]]  # scores by name: value, low, high, real, real_low, real_high, trivial ...


@dataclass(frozen=True)
class Times:
    """How many times as far from held-out examples samples are as training examples, with a 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def farther(self) -> bool:
        """Whether samples are farther beyond doubt."""
        return self.low > 1


@dataclass(frozen=True)
class Headline:
    """The scores that a verdict on the kept snapshot rests on.

    Args:
        name: The score to read first.
        scores: All of them, in the form of evaluation.json.
        why: Why it is that one; "" where that needs no reason.
        final: Are they those of the kept snapshot, and not of a tick while training?
    """

    name: str
    scores: Measured
    why: str = ""
    final: bool = True

    def value(self, name: str, part: str = "value") -> float | None:
        return number(mapping(self.scores.get(name)).get(part))

    @property
    def times(self) -> Times | None:
        """None where the score to read first is no Frechet distance, or has no intervals."""
        parts = [self.value("frechet_distance", part) for part in ("value", "high", "real", "real_high")]
        if self.name != "frechet_distance" or None in parts:
            return None
        value, high, real, real_high = (part or 0.0 for part in parts)
        if min(value, real) <= 0:
            return None
        spread = sqrt(log(high / value) ** 2 + log(real_high / real) ** 2)
        ratio = value / real
        return Times(ratio, ratio * exp(-spread), ratio * exp(spread))

    @property
    def worse_than_trivial(self) -> list[str]:
        """The titles of the scores that are worse than those of a trivial baseline."""
        values = {name: self.value(name) for name in self.scores}
        trivial = {f"{name}_trivial": self.value(name, "trivial") for name in self.scores}
        return [facts_of(name).title for name in worse_than_trivial(values | trivial)]

    def sentence(self, unit: str) -> str:
        """The verdict in one sentence, without its full stop; "" where nothing was measured. unit: in the plural."""
        parts = [self._distance(unit), *self._baselines(unit), self._coverage(unit), self._labels(unit)]
        said = "; ".join(part for part in parts if part)
        return said[:1].upper() + said[1:]

    def _distance(self, unit: str) -> str:
        value, real = self.value(self.name), self.value(self.name, "real")
        if self.name not in HEADLINE_DISTANCES or value is None:
            return ""
        title, on = facts_of(self.name).title, mapping(mapping(self.scores[self.name]).get("fingerprint"))
        generated, held_out = whole(on.get("generated")), whole(on.get("real"))
        mine = f"{count(generated)} generated {unit}" if generated else f"generated {unit}"
        others = f"{count(held_out)} held-out ones" if held_out else "held-out ones"
        if self.value(self.name, "low") is None:
            return (
                f"the {title if self.final else f'latest {title}'} of {mine} from {others} is {short(value)}"
                + (f", that of as many training {unit} {short(real)}" if real is not None else "")
                + f"; {TOO_FEW if self.final else AT_A_TICK}"
            )
        said = f"the {title} of {mine} from {others} is {self._with_ends(self.name)}"
        if real is not None:
            said += f", that of as many training {unit} {self._with_ends(self.name, 'real')}"
            said += f": {self._verdict(unit)}"
        if on.get("hurried"):
            said += f" ({HURRIED})"
        if min(value, 0.0 if real is None else real) < 0:
            said += f" ({BELOW_ZERO})"
        return f"{said} ({self.why})" if self.why else said

    def _with_ends(self, name: str, of: str = "") -> str:
        low, high = (self.value(name, f"{of}_{end}".lstrip("_")) for end in ("low", "high"))
        ends = "" if low is None or high is None else f" (95 %: {short(low)} to {short(high)})"
        return f"{short(self.value(name, of or 'value') or 0.0)}{ends}"

    def _verdict(self, unit: str) -> str:
        if (times := self.times) is not None:
            if times.farther:
                return f"{times.value:.1f} times as far (95 %: {times.low:.1f} to {times.high:.1f})"
            return f"with so few, no difference from real {unit} can be told"
        low, real_high = self.value(self.name, "low"), self.value(self.name, "real_high")
        if low is not None and real_high is not None and low > real_high:
            return "farther away beyond doubt"
        return f"with so few, no difference from real {unit} can be told"

    def _coverage(self, unit: str) -> str:
        covered, real = self.value("coverage"), self.value("coverage", "real")
        if covered is None or self.value("coverage", "low") is None:
            return ""
        reference = f" (training {unit}: {percent(real)})" if real is not None else ""
        generated = whole(mapping(mapping(self.scores["coverage"]).get("fingerprint")).get("generated"))
        those, others = (f"{count(generated)} samples", "as many") if generated else ("samples", "the")
        return f"{those} cover {percent(covered)} of {others} held-out {unit}{reference}"

    def _labels(self, unit: str) -> str:
        agreed, real = self.value("label_agreement"), self.value("label_agreement", "real")
        reference = f" (held-out {unit}: {percent(real)})" if real is not None else ""
        return (
            ""
            if agreed is None
            else f"a classifier sees the requested label in {percent(agreed)} of its {unit}" + reference
        )

    def _baselines(self, unit: str) -> list[str]:
        said = []
        for name in dict.fromkeys([self.name, "mean_iou", "psnr", "error_rate"]):
            trivial = self.value(name, "trivial")
            if self.value(name) is not None and trivial is not None:
                ends = self._with_ends(name)
                said.append(
                    f"on held-out {unit} its {facts_of(name).title} is {ends}, without learning {short(trivial)}"
                )
        if worse := self.worse_than_trivial:
            said.append(f"it is worse than doing nothing, by {' and '.join(worse)}")
        return said


def headline_of(evaluation: Mapping[str, Any], log: Log) -> Headline:
    """The headline of the evaluation where there is one, else of the log."""
    if mapping(evaluation.get("scores")):
        return Headline(str(evaluation.get("headline") or ""), evaluation["scores"], str(evaluation.get("why") or ""))
    found = logged_scores(log)
    scores: dict[str, dict[str, Any]] = {}
    for name, score in found.items():
        if not name.endswith(("_real", "_trivial")):
            scores[name] = {**score.ends, "value": score.value, "fingerprint": score.fingerprint}
    for name in scores:
        real = found.get(f"{name}_real")
        if real is not None and real.fingerprint == found[name].fingerprint:  # unlike numbers are not compared
            ends = {f"real_{end}": at for end, at in real.ends.items()}
            scores[name] |= {"real": real.value, **ends}
        if (trivial := found.get(f"{name}_trivial")) is not None:
            scores[name]["trivial"] = trivial.value
    final = last_event(log, "final") or {}
    named = final.get("headline")
    usual = next((name for name in HEADLINE_DISTANCES if name in scores), next(iter(scores), ""))
    return Headline(str(named or usual), scores, final=bool(mapping(final.get("scores"))))
