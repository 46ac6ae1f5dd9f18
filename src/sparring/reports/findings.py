"""What an evaluation found, in sentences for a person.

They are built from evaluation.json, so that a page can be written again without measuring.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from ..runs.log import number, whole
from .headline import BELOW_ZERO, headline_of
from .values import count, listed, mapping, percent, plain, short

MAX_NAMED_CLASSES = 8  # in one sentence
UNBIASED = ("kernel_distance", "frechet_distance_infinite")  # distances that can be negative
FEW_REPEATS = 0.1  # of texts, which may repeat another one without an alarm
LOW_DIVERSITY = 0.7  # below it a sentence says so
Scores = Mapping[str, Any]


def findings(evaluation: Mapping[str, Any], unit: str = "examples") -> list[str]:
    """Sentences on quality, variety, classes and copying, where measured. unit: of the values, in the plural."""
    scores = mapping(evaluation.get("scores"))
    headline = headline_of(evaluation, []).sentence(unit)
    parts = [
        headline,
        "" if BELOW_ZERO in headline else _below_zero(scores),
        _variety(scores),
        _classes(evaluation),
        _rows(scores),
        _series(scores),
        _texts(scores),
        plain(evaluation.get("copying") or ""),
    ]
    return [part.rstrip(".") + "." for part in parts if part]


def interval(score: Mapping[str, Any]) -> str:
    """The confidence interval as text, "2.31 to 2.48"; "" where there is none."""
    low, high = number(score.get("low")), number(score.get("high"))
    return "" if low is None or high is None else f"{short(low)} to {short(high)}"


def counts(score: Mapping[str, Any]) -> str:
    """The numbers of samples and of held-out examples that the score was measured on, as text, "7,810: 1,065"."""
    on = mapping(score.get("fingerprint"))
    known = [whole(on.get(name)) for name in ("generated", "real")]
    return ": ".join(count(each) for each in known if each is not None)


def _value(scores: Scores, name: str, part: str = "value") -> float | None:
    """The value (or the `real` one) of a score; None where it was not measured."""
    return number(mapping(scores.get(name)).get(part))


def _below_zero(scores: Scores) -> str:
    """An explanation of distances below 0; "" where there is none."""
    values = [_value(scores, name, part) for name in UNBIASED for part in ("value", "real")]
    below = any(value is not None and value < 0 for value in values)
    return f"A distance {BELOW_ZERO}: estimates without bias scatter around 0 for equal data" if below else ""


def _variety(scores: Scores) -> str:
    said = []
    hit, good = _value(scores, "modes_hit"), _value(scores, "good_share")
    if hit is not None and good is not None:
        said.append(f"it hits {hit:g} of the known modes, and {percent(good)} of its samples lie in one")
    diversity = _value(scores, "diversity")
    if diversity is not None and diversity < LOW_DIVERSITY:
        said.append(f"within a class, samples are only {percent(diversity)} as diverse as real ones")
    sentence = "; ".join(said)
    return sentence[:1].upper() + sentence[1:]


def _classes(evaluation: Mapping[str, Any]) -> str:
    said = []
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


def _texts(scores: Scores) -> str:
    """Findings of texts."""
    said = []
    nats, letters = _value(scores, "nats_a_character"), _value(scores, "nats_a_character", "trivial")
    if nats is not None and letters is not None:
        said.append(
            f"A character of a held-out text costs it {short(nats)} nats ({short(nats / log(2))} bits); "
            f"one who knows only how frequent letters are, {short(letters)}"
        )
    area, real = _value(scores, "text_detection"), _value(scores, "text_detection", "real")
    if area is not None:
        beside = "" if real is None else f"; training texts from held-out ones: {short(real)}"
        said.append(
            f"A classifier tells its texts from real ones with an AUC of {short(area)} (0.5: not at all{beside})"
        )
    copied, of_real = _value(scores, "copied_texts"), _value(scores, "copied_texts", "real")
    if copied is not None and of_real is not None:
        said.append(f"{percent(copied)} of its texts equal a training text; of held-out texts, {percent(of_real)} do")
    said += _game(scores)
    repeated, usual = _value(scores, "repeated_texts"), _value(scores, "repeated_texts", "real")
    if repeated is not None and repeated > max(FEW_REPEATS, 2 * (usual or 0.0)):
        said.append(
            f"Alarm: {percent(repeated)} of its texts repeat another one (training texts: {percent(usual or 0)})"
        )
    return ". ".join(said)


def _game(scores: Scores) -> list[str]:
    """Whether the game of a language model earned its place; [] where it was not measured."""
    gain, low, high = (_value(scores, "game_gain", part) for part in ("value", "low", "high"))
    if gain is None or low is None or high is None:
        return []
    place = f"{short(abs(gain))} ({interval(mapping(scores['game_gain']))})"
    if low > 0:
        verdict = f"its BLEU-4 is higher by {place}: it is ahead of what a temperature gives"
    elif high < 0:
        verdict = f"its BLEU-4 is lower by {place}: a temperature alone would have done better, and the game did harm"
    else:
        verdict = f"its BLEU-4 differs by {place}, which is no difference: the game did not earn its place"
    return [f"At the same Self-BLEU-4 as the model from before the game, {verdict}"]


def _separation(what: str, area: float) -> str:
    return f"Boosted trees separate its {what} from real ones with an AUC of {short(area)} (0.5: not at all, 1: always)"
