"""Metrics of series: from sample sets to scores. The mathematics of each is in `sparring.metrics`."""

from __future__ import annotations

import numpy as np

from ..data.source import SequentialSource
from ..metrics.detection import detection
from ..metrics.efficacy import MIN_ROWS, predictive
from ..metrics.scores import Score, score_from
from ..metrics.series import autocorrelation_distance, cross_correlation_distance, spectral_distance, traits
from ..metrics.tabular import column_shapes
from .metric import NotApplicable
from .sample_sets import SampleSet, SampleSets


def series_scores(sets: SampleSets) -> list[Score]:
    """Distances of spectra, autocorrelations and cross-correlations to held-out series, and channel shapes."""
    generated, real = (_numbers(sets, each) for each in (sets.generated, sets.held_out))
    channels = _channels(sets)
    found = {
        "spectral_distance": spectral_distance(generated, real),
        "autocorrelation_distance": autocorrelation_distance(generated, real),
        "cross_correlation_distance": cross_correlation_distance(generated, real),
    }
    shapes = column_shapes(generated.reshape(-1, channels), real.reshape(-1, channels), (True,) * channels)
    found["channel_shapes"] = float(np.mean(shapes))
    return [Score(name, value) for name, value in found.items() if np.isfinite(value)]


def discriminative_scores(sets: SampleSets) -> list[Score]:
    """TimeGAN's discriminative score (Yoon et al. 2019, NeurIPS, section 5.2), with boosted trees."""
    generated, real = (_numbers(sets, each) for each in (sets.generated, sets.held_out))
    if min(len(generated), len(real)) < MIN_ROWS:
        raise NotApplicable(f"the discriminative score needs {MIN_ROWS} generated and {MIN_ROWS} held-out series")
    generated, real = traits(generated), traits(real)
    return [score_from("discriminative", detection(generated, real, (True,) * generated.shape[1]), least=0)]


def predictive_scores(sets: SampleSets) -> list[Score]:
    """TimeGAN's predictive score (ibid.). The reference is that of as many training series."""
    real = _numbers(sets, sets.held_out)
    of_samples, of_training = (predictive(_numbers(sets, each), real) for each in (sets.generated, sets.training))
    if of_samples is None or of_training is None:
        raise NotApplicable("the predictive score needs enough steps in a row without gaps")
    return [Score("predictive", of_samples, real=of_training)]


def _channels(sets: SampleSets) -> int:
    """How many channels change along the series."""
    return len(_sequential(sets).channels)


def _sequential(sets: SampleSets) -> SequentialSource:
    source = sets.held_out.source
    if not isinstance(source, SequentialSource):
        raise NotApplicable("this is measured where the data is series")
    return source


def _numbers(sets: SampleSets, samples: SampleSet) -> np.ndarray:
    """N x T x C float64, NaN where a value is missing."""
    return _sequential(sets).numbers(samples.values)
