"""Class by class: what is made how often, beside how often it is real, and how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .evidence import Evidence
from .intervals import wilson
from .intra_class_diversity import intra_class_diversity

RARE, COMMON = 0.5, 2.0  # times as often as among reals, beyond doubt


@dataclass(frozen=True)
class ClassRow:
    """share, real_share: of samples and of held-out reals in which a classifier sees the class. agreement: of the samples asked to show it,
    the share in which it is seen; None where classes were not asked for. diversity: see intra_class_diversity. made: "rarely", "often" or
    "" where neither is beyond doubt."""

    name: str
    share: float
    real_share: float
    agreement: float | None
    diversity: float | None
    made: str


def by_class(evidence: Evidence) -> list[ClassRow]:
    """A row for each class of the source; none where the features do not recognise its classes."""
    seen, in_reals = evidence.generated.seen, evidence.held_out.seen
    if not evidence.recognises or seen is None or in_reals is None:
        return []
    asked = evidence.generated.labels
    varied = intra_class_diversity(
        evidence.generated.features, evidence.held_out.features, seen if asked is None else asked, evidence.held_out.labels
    )
    rows = []
    for number, name in enumerate(evidence.classes):
        made, real = wilson(int((seen == number).sum()), len(seen)), float((in_reals == number).mean())
        right = None if asked is None or not (asked == number).any() else float((seen[asked == number] == number).mean())
        verdict = "rarely" if made.high < RARE * real else "often" if made.low > COMMON * real else ""
        rows.append(ClassRow(name, float(np.mean(seen == number)), real, right, varied.by_class.get(number), verdict))
    return rows
