"""How a training went, in at most three plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..runs.log import Log, images_seen, last_event, number, snapshot_images, whole
from .scores import NAMES, multiple_of_real, scores
from .values import count, duration, listed, mapping, percent, short


def verdict(recipe: Mapping[str, Any], source: Mapping[str, Any], log: Log) -> list[str]:
    """What was trained on how much, how good it is, and which snapshot is kept in what health. Any of the three may be empty."""
    trained = _trained(recipe, source, log)
    if images_seen(log) is None:
        return [trained]
    return [trained, _quality(source, log), _outcome(recipe, log)]


def unit(source: Mapping[str, Any]) -> str:
    """What the source's values are called in the plural; "examples" where the source does not say."""
    return str(source.get("unit") or "examples")


def limits(what: str) -> list[str]:
    """What every reader of a report should know. what: of the values, in the plural."""
    return [
        "It can only make what resembles its training data, with all that is missing, rare or one-sided in it.",
        f"It may come close to single {what} of its training data.",
        "The scores were measured as is said beside them; they do not compare with numbers measured in any other way, published ones among them.",
        "What it makes is not real: say so where it is shown, and do not take it for evidence.",
        "Neither the licence of the training data nor that of this model was stated: settle both before passing it on.",
    ]


def _trained(recipe: Mapping[str, Any], source: Mapping[str, Any], log: Log) -> str:
    what = f"Recipe {recipe['name']}" if recipe.get("name") else "A GAN"
    seen = images_seen(log)
    if seen is None:
        return f"{what} was set up on {_data(source)}, but nothing has been trained yet."
    return f"{what} was trained on {_data(source)}, {_extent(source, seen)}{_time(log)}."


def _extent(source: Mapping[str, Any], seen: int) -> str:
    train = whole(mapping(source.get("counts")).get("train"))
    if train and seen >= train:
        return f"each seen about {short(float(f'{seen / train:.3g}'))} times ({count(seen)} in all)"
    return f"{count(seen)} of which it has seen" if train else f"{count(seen)} of them seen in all"


def _data(source: Mapping[str, Any]) -> str:
    train = whole(mapping(source.get("counts")).get("train"))
    amount = f"{count(train)} {unit(source)}" if train is not None else f"an unknown number of {unit(source)}"
    name = f" of {source['name']}" if source.get("name") else ""
    classes = len(listed(source.get("classes")))
    return amount + name + (f" in {classes} classes" if classes > 1 else "")


def _time(log: Log) -> str:
    seconds = [number(mapping(entry.get("clock")).get("seconds")) for entry in log]  # of each tick
    known = [value for value in seconds if value is not None]
    return f", in {duration(sum(known))}" if known else ""


def _quality(source: Mapping[str, Any], log: Log) -> str:
    found = scores(log)
    parts = []
    multiple = multiple_of_real(found)
    if multiple is not None:
        parts.append(
            f"Generated {unit(source)} are {multiple:.1f} times as far from held-out real ones as other real {unit(source)} are, "
            f"by Frechet distance (1.0 would be as close as real {unit(source)} are to one another)"
        )
    elif (distance := found.get("frechet_distance")) is not None and distance.value is not None:
        parts.append(
            f"Its Frechet distance from real {unit(source)} is {short(distance.value)}, "
            "with no like distance between reals to hold it against"
        )
    for name in ("mean_iou", "psnr"):
        mine, trivial = found.get(name), found.get(f"{name}_trivial")
        if mine is not None and mine.value is not None:
            beside = f" (doing next to nothing: {short(trivial.value)})" if trivial is not None and trivial.value is not None else ""
            parts.append(f"On held-out {unit(source)} its {NAMES[name]} is {short(mine.value)}{beside}")
    agreement = found.get("label_agreement")
    if agreement is not None and agreement.value is not None:
        said = f"a classifier sees the label that was asked for in {percent(agreement.value)} of its {unit(source)}"
        parts.append(said if parts else said[0].upper() + said[1:])
    return " and ".join(parts) + "." if parts else "How good it is was not measured."


def _outcome(recipe: Mapping[str, Any], log: Log) -> str:
    kept = snapshot_images(log)
    snapshot = f"the snapshot at image {count(kept)} is kept" if kept is not None else "no snapshot was scored"
    diverged, final, planned = last_event(log, "diverged"), last_event(log, "final"), whole(recipe.get("examples"))
    if (diverged is not None or _health(log) == "diverged") and not (final or {}).get("reason"):
        where = whole((diverged or {}).get("examples"))
        at = f" at image {count(where)}" if where is not None else ""
        why = f" ({reason})" if (reason := (diverged or {}).get("reason")) else ""
        return f"The training diverged{at}{why}; {snapshot}."
    if final is None:
        seen = count(images_seen(log) or 0)
        goal = f"{seen} of {count(planned)} images" if planned else f"{seen} images"
        return f"The training is not finished (it stands at {goal}); {snapshot}{_health_words(log)}."
    back = sum(entry.get("action") == "roll back" for entry in log)
    rescued = f" It was taken back to its best snapshot {back} time{'s' if back > 1 else ''}." if back else ""
    if reason := final.get("reason"):
        seen = f"{count(images_seen(log) or 0)} of {count(planned)} images" if planned else f"{count(images_seen(log) or 0)} images"
        return f"The training ended by itself after {seen} ({_health(log)}: {reason}); {snapshot}.{rescued}"
    return f"The training is finished; {snapshot}{_health_words(log)}.{rescued}"


def _health(log: Log) -> str:
    return next((str(entry["health"]) for entry in reversed(log) if entry.get("health")), "")


def _health_words(log: Log) -> str:
    health = _health(log)
    return "; its health was not judged" if health in ("", "unjudged") else f"; health: {health}"
