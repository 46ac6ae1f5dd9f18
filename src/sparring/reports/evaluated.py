"""What `sparring evaluate` found, as sections of the report page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..metrics.score_facts import facts_of
from ..runs.folder import RunParts
from ..runs.log import number
from .findings import counts, findings, interval
from .markup import bullets, paragraph, passage, picture, section, table
from .pictures import data_uri, open_picture
from .scores import in_order
from .summary import unit
from .temperatures import temperature_section
from .texts import shown_text
from .values import listed, mapping, percent, plain, short

PAIRS_SIDE, COMPARISON_SIDE = 640, 1400  # pixels
MAX_CLASSES = 200


def evaluation_sections(run: RunParts) -> list[str]:
    """The scores with references, the classes, and the pairs nearest to each other. [] without an evaluation."""
    if not run.evaluation:
        return []
    scores = mapping(run.evaluation.get("scores"))
    beside = references(scores)
    rows = [_score_row(str(name), mapping(score), beside.values()) for name, score in in_order(scores)]
    head = ("score", "value", "95 %", *beside, "samples: held-out", "meaning")
    missing = mapping(run.evaluation.get("left_out")).items()
    left_out = [f"Not measured: {name} ({plain(reason)})." for name, reason in missing]
    class_head = ("class", "share of samples", "share of real examples", "recognised", "diversity", "")
    return [
        section(
            "Quality, variety, novelty",
            bullets(findings(run.evaluation, unit(run.source)), "notes"),
            table(head, rows),
            paragraph(_measured_on(scores), "soft"),
            bullets(left_out, "notes soft"),
        ),
        temperature_section(run.evaluation),
        section("Class by class", table(class_head, _class_rows(run.evaluation))),
        _comparison(run),
        _nearest(run),
    ]


def references(scores: Mapping[str, Any]) -> dict[str, str]:
    """What stands beside the scores: the titles of columns, and the parts of a score that they show."""
    columns = {"real examples": "real", "without learning": "trivial"}
    known = [mapping(score) for score in scores.values()]
    used = {title: part for title, part in columns.items() if any(score.get(part) is not None for score in known)}
    return used or {"real examples": "real"}


def _score_row(name: str, score: Mapping[str, Any], beside: Iterable[str]) -> tuple[str, ...]:
    value, facts = number(score.get("value")), facts_of(name)
    values = [number(score.get(part)) for part in beside]
    return (
        facts.title,
        "not finite" if value is None else short(value),
        interval(score),
        *("" if reference is None else short(reference) for reference in values),
        counts(score),
        facts.explanation,
    )


def _measured_on(scores: Mapping[str, Any]) -> str:
    """What the fingerprints have in common. Counts of examples differ between metrics; evaluation.json has them."""
    prints = [mapping(mapping(score).get("fingerprint")) for score in scores.values()]
    first = prints[0] if prints else {}
    shared = [f"{key} {plain(value)}" for key, value in first.items() if all(each.get(key) == value for each in prints)]
    if not shared:
        return ""
    return f"Measured on: {', '.join(shared)}. Compare numbers only where all of this is the same."


def _class_rows(evaluation: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = [mapping(row) for row in listed(evaluation.get("classes"))[:MAX_CLASSES]]
    return [(plain(row.get("name")), *_shares(row), plain(row.get("frequency") or "")) for row in rows]


def _shares(row: Mapping[str, Any]) -> list[str]:
    values = [number(row.get(name)) for name in ("share", "real_share", "agreement", "diversity")]
    return ["" if value is None else percent(value) for value in values]


def _comparison(run: RunParts) -> str:
    sheet = open_picture(run.path / "generated_and_real.png")
    if sheet is None:
        return ""
    caption = "Where both are in one panel, blue is real (held out) and orange is generated."
    shown = picture(data_uri(sheet, COMPARISON_SIDE), "Generated and real data side by side", caption)
    return section("Generated and real data", shown)


def _nearest(run: RunParts) -> str:
    pairs = open_picture(run.path / "nearest_pairs.png")
    if pairs is None or not listed(run.evaluation.get("nearest_pairs")):
        return ""
    caption = (
        "Pairs of a sample and the training example nearest to it, the nearest pair first. "
        "This picture shows training examples."
    )
    if texts := shown_text(run.path / "nearest_pairs.txt"):
        return section("Nearest training examples", passage(texts, caption.replace("picture", "list")))
    width = None if pairs.width >= 320 else pairs.width * (480 // pairs.width)
    described = "Samples, each with its nearest training example"
    return section("Nearest training examples", picture(data_uri(pairs, PAIRS_SIDE), described, caption, width))
