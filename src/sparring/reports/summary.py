"""How a training went, in at most three plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..runs.log import (
    NOT_ASSESSED,
    ROLL_BACK,
    SECONDS,
    Log,
    examples_at,
    examples_planned,
    examples_seen,
    kept_snapshot,
    last_event,
    start_of_the_game,
    value_at,
    whole,
)
from ..util.progress import duration
from .headline import headline_of
from .values import count, listed, mapping, short


def summary(
    recipe: Mapping[str, Any], source: Mapping[str, Any], log: Log, evaluation: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """What was trained on how much data, how good it is, and which snapshot is kept in what health.

    recipe, source: recipe.yaml and source.json. evaluation: evaluation.json, whose scores replace those of the log. Any
    argument may be empty.
    """
    trained = _trained(recipe, source, log)
    if examples_seen(log) is None:
        return [trained]
    said = headline_of(evaluation, log).sentence(unit(source))
    outcome = _outcome(recipe, log) + _before_the_game(recipe, log)
    return [trained, f"{said}." if said else "How good it is was not measured.", outcome]


def unit(source: Mapping[str, Any]) -> str:
    """What the values of the source are called in the plural; "examples" where the source does not say."""
    return str(source.get("unit") or "examples")


def limits(what: str, licence: str | None = None) -> list[str]:
    """What every reader of a report should know.

    what: the name of the values, in the plural. licence: of the model; None where nobody stated it.
    """
    unsettled = "Neither the licence of the training data nor that of this model was stated: settle both"
    if licence:
        unsettled = "The licence of the training data was not stated: settle it"
    return [
        "It generates only what resembles its training data, and repeats what is missing, rare or one-sided there.",
        f"It may come close to single {what} of its training data.",
        "The scores hold only for the data, features and counts stated with them. They do not compare with numbers "
        "measured in any other way, including published ones.",
        "What it generates is not real: say so where it is shown, and do not use it as evidence.",
        f"{unsettled} before passing it on.",
    ]


def _trained(recipe: Mapping[str, Any], source: Mapping[str, Any], log: Log) -> str:
    what = f"Recipe {recipe['name']}" if recipe.get("name") else "A GAN"
    seen = examples_seen(log)
    if seen is None:
        return f"{what} was set up on {_data(source)}, but nothing has been trained yet."
    return f"{what} was trained on {_data(source)}, {_extent(source, seen)}{_time(log)}."


def _extent(source: Mapping[str, Any], seen: int) -> str:
    train = whole(mapping(source.get("counts")).get("train"))
    if train and seen >= train:
        return f"each seen about {short(float(f'{seen / train:.3g}'))} times ({count(seen)} in all)"
    return f"and saw {count(seen)} of them"


def _data(source: Mapping[str, Any]) -> str:
    train = whole(mapping(source.get("counts")).get("train"))
    amount = f"{count(train)} {unit(source)}" if train is not None else f"an unknown number of {unit(source)}"
    name = f" of {source['name']}" if source.get("name") not in (None, unit(source)) else ""
    classes = len(listed(source.get("classes")))
    return amount + name + (f" in {classes} classes" if classes > 1 else "")


def _time(log: Log) -> str:
    known = [seconds for line in log if (seconds := value_at(line, SECONDS)) is not None]  # of each tick
    return f", in {duration(sum(known))}" if known else ""


def _outcome(recipe: Mapping[str, Any], log: Log) -> str:
    kept = kept_snapshot(log)
    snapshot = "no snapshot was scored"
    if kept is not None:
        snapshot = f"the snapshot taken after {count(kept)} examples is kept"
    diverged, final = last_event(log, "diverged"), last_event(log, "final")
    if (diverged is not None or _health(log) == "diverged") and not (final or {}).get("reason"):
        return _divergence(diverged or {"reason": _evidence(log)}, snapshot)
    planned, seen = examples_planned(recipe), examples_seen(log) or 0
    extent = f"{count(seen)} of {count(planned)} examples" if planned else f"{count(seen)} examples"
    if final is None:
        return f"The training is not finished (it has seen {extent}); {snapshot}{_health_in_words(log)}."
    back = sum(line.get("action") == ROLL_BACK for line in log)
    rolled_back = f" It was rolled back to its best snapshot {back} time{'s' if back > 1 else ''}." if back else ""
    if reason := final.get("reason"):
        early = "" if planned and seen >= planned else " early"
        return f"The training ended{early}, after {extent} ({_health(log)}: {reason}); {snapshot}.{rolled_back}"
    return f"The training is finished; {snapshot}{_health_in_words(log)}.{rolled_back}"


def _before_the_game(recipe: Mapping[str, Any], log: Log) -> str:
    """A sentence where the kept snapshot is from before the discriminator took part; "" elsewhere."""
    kept, seen = kept_snapshot(log), examples_seen(log) or 0
    start = start_of_the_game(recipe)
    if not start or kept is None or not seen > start >= kept:
        return ""
    return (
        " That snapshot is from before the discriminator took part: what followed did not better it, so the start is "
        "handed out."
    )


def _divergence(line: Mapping[str, Any], snapshot: str) -> str:
    seen, reason = examples_at(line), line.get("reason")
    after = f" after {count(seen)} examples" if seen is not None else ""
    return f"The training diverged{after}{f' ({reason})' if reason else ''}; {snapshot}."


def _health(log: Log) -> str:
    return next((str(line["health"]) for line in reversed(log) if line.get("health")), "")


def _health_in_words(log: Log) -> str:
    health = _health(log)
    if health in NOT_ASSESSED:
        return "; it ended too early to tell whether it was healthy"
    evidence = _evidence(log)
    return f"; health: {health}" + (f" ({evidence})" if evidence and health != "healthy" else "")


def _evidence(log: Log) -> str:
    """The last evidence of the training's health; "" where there is none."""
    return next((str(line["evidence"]) for line in reversed(log) if line.get("evidence")), "")
