"""What `sparring evaluate` found, as parts of the report page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..runs.log import number
from .findings import findings, interval
from .folder import RunFolder
from .markup import bullets, paragraph, picture, section, table
from .pictures import data_uri, open_picture
from .scores import MEANINGS, NAMES, ordered
from .summary import unit
from .values import listed, mapping, percent, plain, short

PAIRS_SIDE, SHEET_SIDE = 640, 1400  # pixels
MOST_CLASSES = 200


def evaluated(run: RunFolder) -> list[str]:
    """Sections: the scores with their floors, class by class, the samples nearest to training examples. [] for a run not evaluated."""
    if not run.evaluation:
        return []
    scores = mapping(run.evaluation.get("scores"))
    rows = [_row(str(name), mapping(score)) for name, score in ordered(scores)]
    trivial = any(mapping(score).get("trivial") is not None for score in scores.values())
    head = ("score", "value", "95 %", "doing next to nothing" if trivial else "real examples", "meaning")
    said = bullets(findings(run.evaluation, unit(run.source)), "notes")
    left_out = [f"{name} was not measured: {plain(reason)}." for name, reason in mapping(run.evaluation.get("left_out")).items()]
    return [
        section(
            "How good, how varied, how new",
            said,
            table(head, rows),
            paragraph(_measured_on(scores), "soft"),
            bullets(left_out, "notes soft"),
        ),
        section("Class by class", table(("class", "of samples", "of reals", "recognised", "variety", ""), _class_rows(run.evaluation))),
        _beside(run),
        _nearest(run),
    ]


def _row(name: str, score: Mapping[str, Any]) -> tuple[str, ...]:
    value, real = number(score.get("value")), number(score.get("real") if score.get("trivial") is None else score.get("trivial"))
    shown = "not finite" if value is None else short(value)
    return NAMES.get(name, name), shown, interval(score), "" if real is None else short(real), MEANINGS.get(name, "")


def _measured_on(scores: Mapping[str, Any]) -> str:
    """What the fingerprints have in common; counts of examples differ from measure to measure and are in evaluation.json."""
    prints = [mapping(mapping(score).get("fingerprint")) for score in scores.values()]
    shared = [
        f"{key} {plain(value)}" for key, value in (prints[0] if prints else {}).items() if all(each.get(key) == value for each in prints)
    ]
    return f"Measured on: {', '.join(shared)}. Numbers may be compared only where all of this is the same." if shared else ""


def _class_rows(evaluation: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = [mapping(row) for row in listed(evaluation.get("classes"))[:MOST_CLASSES]]
    names = ("share", "real_share", "agreement", "diversity")
    return [
        (plain(row.get("name")), *("" if (value := number(row.get(name))) is None else percent(value) for name in names), f"too {plain(row['made'])}" if row.get("made") else "")
        for row in rows
    ]  # fmt: skip


def _beside(run: RunFolder) -> str:
    sheet = open_picture(run.path / "beside.png")
    if sheet is None:
        return ""
    caption = "Where both are in one panel: blue is real, held out; orange is generated."
    return section("Beside real data", picture(data_uri(sheet, SHEET_SIDE), "Real and generated data side by side", caption))


def _nearest(run: RunFolder) -> str:
    pairs = open_picture(run.path / "neighbours.png")
    if pairs is None or not listed(run.evaluation.get("suspects")):
        return ""
    caption = "Pairs: a sample, and the training example nearest to it, beginning with the nearest pair of all. This picture shows training examples."
    width = None if pairs.width >= 320 else pairs.width * (480 // pairs.width)
    return section(
        "Nearest training examples", picture(data_uri(pairs, PAIRS_SIDE), "Samples beside their nearest training examples", caption, width)
    )
