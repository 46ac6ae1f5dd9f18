"""Metrics of films: from sample sets to scores."""

from __future__ import annotations

from ..metrics.scores import Score
from ..modalities.video.features import FilmFeatures
from ..modalities.video.score import film_scores, reference
from .extractors.classifier import load_or_learn
from .metric import NotApplicable
from .sample_sets import SampleSets


def film_metric_scores(sets: SampleSets) -> list[Score]:
    """Frames and motion apart, in the small networks of the modality, whatever features other metrics use."""
    net = load_or_learn(sets.held_out.source)
    if not isinstance(net, FilmFeatures):
        raise NotApplicable("the scores of films need the features of films")
    held_out = reference(net, sets.held_out.values)
    return [Score(name, value) for name, value in film_scores(net, sets.generated.values, held_out).items()]
