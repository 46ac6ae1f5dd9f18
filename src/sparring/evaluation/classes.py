"""Each class by itself: how often it is generated, how often it is real, and how well it is generated."""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics.intervals import wilson
from ..metrics.intra_class_diversity import intra_class_diversity
from .sample_sets import SampleSets

TOO_RARE, TOO_FREQUENT = 0.5, 2.0  # frequency among samples, as a multiple of that among real examples


@dataclass(frozen=True)
class ClassRow:
    """One class.

    Args:
        share: The share of samples in which a classifier sees the class.
        real_share: The same among held-out examples.
        agreement: The share of samples requested to show it in which it is seen; None without requested classes.
        diversity: See `intra_class_diversity`; None where there are too few examples.
        frequency: "too rare" or "too frequent" where the intervals leave no doubt, else "".
    """

    name: str
    share: float
    real_share: float
    agreement: float | None
    diversity: float | None
    frequency: str


def class_rows(sets: SampleSets) -> list[ClassRow]:
    """One row a class of the source. None where the features do not predict its classes."""
    if sets.predicted is None:
        return []
    (predicted, predicted_in_real), requested = sets.predicted, sets.generated.labels
    labels = predicted if requested is None else requested
    real_labels = predicted_in_real if sets.held_out.labels is None else sets.held_out.labels
    diversity = intra_class_diversity(sets.generated.features, sets.held_out.features, labels, real_labels)
    rows = []
    for number, name in enumerate(sets.classes):
        share, real_share = (
            wilson(int((classes == number).sum()), len(classes)) for classes in (predicted, predicted_in_real)
        )
        agreement = None
        if requested is not None and (requested == number).any():
            agreement = float((predicted[requested == number] == number).mean())
        too_rare = share.high < TOO_RARE * real_share.low
        too_frequent = share.low > TOO_FREQUENT * real_share.high
        comparable = min(int((classes == number).sum()) for classes in (labels, real_labels)) >= 2
        rows.append(
            ClassRow(
                name,
                share.value,
                real_share.value,
                agreement,
                diversity.by_class.get(number) if comparable else None,
                "too rare" if too_rare else "too frequent" if too_frequent else "",
            )
        )
    return rows
