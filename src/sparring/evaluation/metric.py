"""What a metric is: a function from sample sets to scores, with its limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..data.source import Source
from ..errors import UserError
from ..metrics.scores import Score
from .sample_sets import SampleSets


class NotApplicable(UserError):
    """A metric cannot be computed here. The sentence says what is missing."""


@dataclass(frozen=True)
class Metric:
    """A metric of samples, which may return several scores.

    Args:
        function: Computes the scores. Raises NotApplicable where something is missing.
        about: What it measures, in a few words.
        scores: The keys of all scores that it may return.
        real_reference: Whether it is also computed with training examples in the place of generated ones.
        max_samples: The largest number of examples in each set; None: all.
        equal_counts: Whether it needs as many generated as held-out examples.
        slow: Whether it is computed only on request.
        modality: The one modality whose values it reads; None: any.
        source_type: The one kind of source that it applies to; None: any.
    """

    function: Callable[[SampleSets], Sequence[Score]]
    about: str
    scores: tuple[str, ...]
    real_reference: bool = True
    max_samples: int | None = None
    equal_counts: bool = False
    slow: bool = False
    modality: str | None = None
    source_type: type[Source] | None = None

    @property
    def limits(self) -> tuple[int | None, bool]:
        return self.max_samples, self.equal_counts

    def applies_to(self, source: Source) -> bool:
        suitable = self.source_type is None or isinstance(source, self.source_type)
        return suitable and self.modality in (None, source.modality)
