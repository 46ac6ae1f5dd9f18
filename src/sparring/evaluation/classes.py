"""Class by class: what is made how often, beside how often it is real, and how well."""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics.intervals import wilson
from ..metrics.intra_class_diversity import intra_class_diversity
from .sample_sets import SampleSets

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


def by_class(evidence: SampleSets) -> list[ClassRow]:
    """A row for each class of the source; none where the features do not recognise its classes."""
    if evidence.recognised is None:
        return []
    (seen, in_reals), asked = evidence.recognised, evidence.generated.labels
    of_generated = seen if asked is None else asked
    of_real = in_reals if evidence.held_out.labels is None else evidence.held_out.labels
    varied = intra_class_diversity(evidence.generated.features, evidence.held_out.features, of_generated, of_real)
    rows = []
    for number, name in enumerate(evidence.classes):
        made, real = (wilson(int((each == number).sum()), len(each)) for each in (seen, in_reals))
        right = None if asked is None or not (asked == number).any() else float((seen[asked == number] == number).mean())
        verdict = "rarely" if made.high < RARE * real.low else "often" if made.low > COMMON * real.high else ""
        enough = min(int((own == number).sum()) for own in (of_generated, of_real)) >= 2
        rows.append(ClassRow(name, made.value, real.value, right, varied.by_class.get(number) if enough else None, verdict))
    return rows
