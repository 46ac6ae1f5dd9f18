"""What an evaluation says, in sentences for a person; read from evaluation.json, so that a page can be made anew without measuring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..runs.log import number
from .scores import FROM_REALS, NAMES
from .values import listed, mapping, percent, plain, short

MOST_NAMED = 8  # classes in one sentence


def findings(evaluation: Mapping[str, Any], unit: str = "examples") -> list[str]:
    """How good, how varied, whether the classes are right, whether it copies: a sentence each, where it was measured."""
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
    """2.31 to 2.48; nothing where there is none."""
    low, high = number(score.get("low")), number(score.get("high"))
    return "" if low is None or high is None else f"{short(low)} to {short(high)}"


def _quality(evaluation: Mapping[str, Any], scores: Mapping[str, Any], unit: str) -> str:
    name = str(evaluation.get("headline") or "")
    score = mapping(scores.get(name))
    value, real = number(score.get("value")), number(score.get("real"))
    sure = f" (95 %: {interval(score)})" if interval(score) else ""
    if value is not None and (trivial := number(score.get("trivial"))) is not None:
        return f"On held-out {unit} its {NAMES.get(name, name)} is {short(value)}{sure}; doing next to nothing has {short(trivial)}"
    if name not in FROM_REALS or value is None:
        return ""
    sentence = f"The {NAMES[name]} of its samples from held-out {unit} is {short(value)}{sure}"
    if real is not None:
        sentence += f", and as many training {unit} have {short(real)}"
        if name == "frechet_distance" and real > 0:
            sentence += f": {short(value / real)} times as far as real ones"
    why = plain(evaluation.get("why") or "")
    return f"{sentence} ({why})" if why else sentence


def _variety(scores: Mapping[str, Any], unit: str) -> str:
    covered, modes = mapping(scores.get("coverage")), mapping(scores.get("modes_hit"))
    said = []
    if (value := number(covered.get("value"))) is not None:
        real = number(covered.get("real"))
        beside = f"; training {unit} cover {percent(real)}" if real is not None else ""
        said.append(f"its samples cover {percent(value)} of the held-out {unit}{beside}")
    if (hit := number(modes.get("value"))) is not None and (good := number(mapping(scores.get("good_share")).get("value"))) is not None:
        said.append(f"it hits {hit:g} of the known modes, and {percent(good)} of its samples lie in one")
    if (varied := number(mapping(scores.get("diversity")).get("value"))) is not None and varied < 0.7:
        said.append(f"within a class they are only {percent(varied)} as varied as real ones")
    sentence = "; ".join(said)
    return sentence[:1].upper() + sentence[1:]


def _rows(scores: Mapping[str, Any]) -> str:
    """Of tables."""
    said = []
    if (area := number(mapping(scores.get("detection")).get("value"))) is not None:
        said.append(f"Boosted trees tell its rows from real ones with an area of {short(area)} (0.5: not at all, 1: always)")
    efficacy = mapping(scores.get("efficacy"))
    if (reached := number(efficacy.get("value"))) is not None and (real := number(efficacy.get("real"))) is not None:
        said.append(
            f"Models that learned from its rows alone reach {short(reached)} on real ones; those that learned from real rows {short(real)}"
        )
    same = mapping(scores.get("exact_rows"))
    if (share := number(same.get("value"))) is not None and (of_real := number(same.get("real"))) is not None:
        said.append(f"{percent(share)} of its rows equal a training row in every column; of held-out rows {percent(of_real)} do")
    return ". ".join(said)


def _series(scores: Mapping[str, Any]) -> str:
    said = []
    if (area := number(mapping(scores.get("discriminative")).get("value"))) is not None:
        said.append(
            f"Boosted trees that see spectra and shapes tell its series from real ones with an area of {short(area)} (0.5: not at all, 1: always)"
        )
    waves = mapping(scores.get("spectral_distance"))
    if (apart := number(waves.get("value"))) is not None and (real := number(waves.get("real"))) is not None:
        said.append(f"Its waves are as strong as real ones to within {short(apart)} dB (training series: {short(real)})")
    steps = mapping(scores.get("predictive"))
    if (reached := number(steps.get("value"))) is not None and (real := number(steps.get("real"))) is not None:
        said.append(
            f"Models that learned from its series alone predict the next real step with an R2 of {short(reached)}; those that learned from real ones {short(real)}"
        )
    return ". ".join(said)


def _classes(evaluation: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    agreement = mapping(scores.get("label_agreement"))
    said = []
    if (value := number(agreement.get("value"))) is not None:
        real = number(agreement.get("real"))
        beside = f" ({percent(real)} of held-out reals)" if real is not None else ""
        said.append(f"The class that was asked for is recognised in {percent(value)} of the samples{beside}")
    for made, word in (("rarely", "Too rare or missing"), ("often", "Too frequent")):
        rows = [mapping(row) for row in listed(evaluation.get("classes")) if mapping(row).get("made") == made]
        if rows:
            named = [
                f"{plain(row.get('name'))} ({percent(number(row.get('share')) or 0.0)} instead of {percent(number(row.get('real_share')) or 0.0)})"
                for row in rows[:MOST_NAMED]
            ]
            more = f" and {len(rows) - MOST_NAMED} more classes" if len(rows) > MOST_NAMED else ""
            said.append(f"{word}: {', '.join(named)}{more}")
    return ". ".join(said)
