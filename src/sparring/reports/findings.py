"""What an evaluation found, in sentences for a person.

They are built from evaluation.json, so that a page can be written again without measuring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..metrics.score_facts import HEADLINE_DISTANCES, facts_of
from ..runs.log import number
from .values import listed, mapping, percent, plain, short

MAX_NAMED_CLASSES = 8  # in one sentence
LOW_DIVERSITY = 0.7  # below it a sentence says so
Scores = Mapping[str, Any]


def findings(evaluation: Mapping[str, Any], unit: str = "examples") -> list[str]:
    """Sentences on quality, variety, classes and copying, where measured. unit: of the values, in the plural."""
    scores = mapping(evaluation.get("scores"))
    parts = [
        _quality(evaluation, scores, unit),
        _variety(scores, unit),
        _classes(evaluation, scores),
        _rows(scores),
        _series(scores),
        plain(evaluation.get("copying") or ""),
    ]
    return [part.rstrip(".") + "." for part in parts if part]


def interval(score: Mapping[str, Any]) -> str:
    """The confidence interval as text, "2.31 to 2.48"; "" where there is none."""
    low, high = number(score.get("low")), number(score.get("high"))
    return "" if low is None or high is None else f"{short(low)} to {short(high)}"


def _value(scores: Scores, name: str, part: str = "value") -> float | None:
    """The value (or the `real` one) of a score; None where it was not measured."""
    return number(mapping(scores.get(name)).get(part))


def _quality(evaluation: Mapping[str, Any], scores: Scores, unit: str) -> str:
    name = str(evaluation.get("headline") or "")
    title, value, real = facts_of(name).title, _value(scores, name), _value(scores, name, "real")
    ends = interval(mapping(scores.get(name)))
    ends = f" (95 %: {ends})" if ends else ""
    if value is not None and (trivial := _value(scores, name, "trivial")) is not None:
        return f"On held-out {unit} its {title} is {short(value)}{ends}; that of a trivial baseline is {short(trivial)}"
    if name not in HEADLINE_DISTANCES or value is None:
        return ""
    sentence = f"The {title} of its samples from held-out {unit} is {short(value)}{ends}"
    if real is not None:
        sentence += f"; that of as many training {unit} is {short(real)}"
        if name == "frechet_distance" and real > 0:
            sentence += f", so samples are {short(value / real)} times as far away"
    why = plain(evaluation.get("why") or "")
    return f"{sentence} ({why})" if why else sentence


def _variety(scores: Scores, unit: str) -> str:
    said = []
    if (covered := _value(scores, "coverage")) is not None:
        real = _value(scores, "coverage", "real")
        reference = f"; training {unit} cover {percent(real)}" if real is not None else ""
        said.append(f"its samples cover {percent(covered)} of the held-out {unit}{reference}")
    hit, good = _value(scores, "modes_hit"), _value(scores, "good_share")
    if hit is not None and good is not None:
        said.append(f"it hits {hit:g} of the known modes, and {percent(good)} of its samples lie in one")
    diversity = _value(scores, "diversity")
    if diversity is not None and diversity < LOW_DIVERSITY:
        said.append(f"within a class, samples are only {percent(diversity)} as diverse as real ones")
    sentence = "; ".join(said)
    return sentence[:1].upper() + sentence[1:]


def _classes(evaluation: Mapping[str, Any], scores: Scores) -> str:
    said = []
    if (value := _value(scores, "label_agreement")) is not None:
        real = _value(scores, "label_agreement", "real")
        reference = f" (held-out examples: {percent(real)})" if real is not None else ""
        said.append(f"The requested class is recognised in {percent(value)} of the samples{reference}")
    for frequency, words in (("too rare", "Too rare or missing"), ("too frequent", "Too frequent")):
        rows = [mapping(row) for row in listed(evaluation.get("classes"))]
        rows = [row for row in rows if row.get("frequency") == frequency]
        if rows:
            named = [_named_share(row) for row in rows[:MAX_NAMED_CLASSES]]
            more = f" and {len(rows) - MAX_NAMED_CLASSES} more classes" if len(rows) > MAX_NAMED_CLASSES else ""
            said.append(f"{words}: {', '.join(named)}{more}")
    return ". ".join(said)


def _named_share(row: Mapping[str, Any]) -> str:
    share, real = (percent(number(row.get(name)) or 0.0) for name in ("share", "real_share"))
    return f"{plain(row.get('name'))} ({share} instead of {real})"


def _rows(scores: Scores) -> str:
    """Findings of tables."""
    said = []
    if (area := _value(scores, "detection")) is not None:
        said.append(_separation("rows", area))
    reached, real = _value(scores, "efficacy"), _value(scores, "efficacy", "real")
    if reached is not None and real is not None:
        said.append(
            f"Models trained on its rows alone reach {short(reached)} on real rows; "
            f"those trained on real rows reach {short(real)}"
        )
    share, of_real = _value(scores, "exact_rows"), _value(scores, "exact_rows", "real")
    if share is not None and of_real is not None:
        said.append(
            f"{percent(share)} of its rows equal a training row in every column; "
            f"of held-out rows, {percent(of_real)} do"
        )
    return ". ".join(said)


def _series(scores: Scores) -> str:
    """Findings of series."""
    said = []
    if (area := _value(scores, "discriminative")) is not None:
        said.append(_separation("series", area))
    distance, real = _value(scores, "spectral_distance"), _value(scores, "spectral_distance", "real")
    if distance is not None and real is not None:
        said.append(f"Its spectra differ from real ones by {short(distance)} dB (training series: {short(real)})")
    reached, of_real = _value(scores, "predictive"), _value(scores, "predictive", "real")
    if reached is not None and of_real is not None:
        said.append(
            f"Models trained on its series alone predict the next real step with an R2 of {short(reached)}; "
            f"those trained on real series reach {short(of_real)}"
        )
    return ". ".join(said)


def _separation(what: str, area: float) -> str:
    return f"Boosted trees separate its {what} from real ones with an AUC of {short(area)} (0.5: not at all, 1: always)"
