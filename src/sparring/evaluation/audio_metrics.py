"""Metrics of sounds: from sample sets to scores."""

from __future__ import annotations

from ..metrics.intervals import wilson
from ..metrics.scores import Score
from ..signals.faults import faulty
from .sample_sets import SampleSets


def fault_scores(sets: SampleSets) -> list[Score]:
    """The share of sounds with a fault that one can hear."""
    found = faulty(sets.generated.values)
    share = wilson(int(found.sum()), len(found))
    return [Score("faulty_share", float(found.mean()), share.low, share.high)]
