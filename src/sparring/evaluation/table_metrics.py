"""Metrics of the rows of a table: from sample sets to scores. The mathematics of each is in `sparring.metrics`."""

from __future__ import annotations

import numpy as np

from ..data.source import TabularSource
from ..metrics.detection import detection
from ..metrics.efficacy import MIN_ROWS, efficacy, target_column
from ..metrics.scores import Score, score_from
from ..metrics.tabular import category_coverage, column_shapes, exact_rows, pair_trends, range_coverage
from .metric import NotApplicable
from .sample_sets import SampleSets


def column_scores(sets: SampleSets) -> list[Score]:
    """How well generated columns, pairs of columns, categories and ranges match those of the held-out rows."""
    numeric, generated, real = _cells(sets)
    trends = pair_trends(generated, real, numeric)
    found = {"column_shapes": float(np.mean(column_shapes(generated, real, numeric)))}
    if np.isfinite(trends).any():
        found["pair_trends"] = float(np.nanmean(trends))
    found["category_coverage"] = category_coverage(generated, real, numeric)
    found["range_coverage"] = range_coverage(generated, real, numeric)
    return [Score(name, value) for name, value in found.items() if np.isfinite(value)]


def detection_scores(sets: SampleSets) -> list[Score]:
    """How well a classifier tells generated rows from held-out rows."""
    numeric, generated, real = _cells(sets)
    if min(len(generated), len(real)) < MIN_ROWS:
        raise NotApplicable(f"detection needs {MIN_ROWS} generated and {MIN_ROWS} held-out rows")
    return [score_from("detection", detection(generated, real, numeric), least=0)]


def efficacy_scores(sets: SampleSets) -> list[Score]:
    """The reference is the efficacy of as many training rows."""
    numeric, generated, real = _cells(sets)
    training = sets.training.values
    target = target_column(training, numeric)
    of_samples, of_training = (
        None if target is None else efficacy(rows, real, numeric, target) for rows in (generated, training)
    )
    if of_samples is None or of_training is None:
        raise NotApplicable("efficacy needs a column to predict and enough rows")
    scores = [Score("efficacy", of_samples.mean, real=of_training.mean)]
    if of_samples.area is not None:
        scores.append(Score("efficacy_area", of_samples.area, real=of_training.area))
    return scores


def exact_row_scores(sets: SampleSets) -> list[Score]:
    """The reference is the share of held-out rows that equal a training row."""
    _, generated, real = _cells(sets)
    training = sets.all_training().values
    return [Score("exact_rows", exact_rows(generated, training), real=exact_rows(real, training))]


def _cells(sets: SampleSets) -> tuple[tuple[bool, ...], np.ndarray, np.ndarray]:
    """Which columns are numbers, and the cells of generated and of held-out rows."""
    source = sets.held_out.source
    if not isinstance(source, TabularSource):
        raise NotApplicable("columns are compared where the data is a table")
    return source.numeric, sets.generated.values, sets.held_out.values
