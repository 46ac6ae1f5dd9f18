"""The registry of metrics: every score is described once, and anybody can add metrics."""

import numpy as np
import pytest

from sparring.data.subset import Subset
from sparring.errors import UserError
from sparring.evaluation import extractors
from sparring.evaluation.evaluation import evaluate_samples
from sparring.evaluation.registry import METRICS, choose_metrics, register_metric
from sparring.evaluation.translators import MAP_SCORES, PICTURE_SCORES, UNPAIRED_SCORES
from sparring.metrics.score_facts import FACTS, ScoreFacts, facts_of
from sparring.metrics.scores import Score
from sparring.metrics.wave_facts import WAVE_FACTS
from sparring.modalities.opening import open_data
from sparring.reports.findings import findings

ONLINE = ("selection",)  # scores of a training alone


@pytest.fixture
def own_registry():
    """Lets a test add metrics and facts, and removes them afterwards."""
    before = dict(METRICS), dict(FACTS)
    yield
    for table, entries in zip((METRICS, FACTS), before, strict=True):
        table.clear()
        table.update(entries)


def test_every_score_of_a_metric_is_described_and_every_description_belongs_to_a_metric():
    of_metrics = {key for metric in METRICS.values() for key in metric.scores}
    of_translators = {*MAP_SCORES, *PICTURE_SCORES, *UNPAIRED_SCORES, *(each.key for each in WAVE_FACTS)}
    assert of_metrics | of_translators | {*ONLINE} == FACTS.keys()
    for key, facts in FACTS.items():
        assert facts.key == key
        assert facts.title and facts.meaning.endswith(".")
        assert facts.better in ("lower", "higher", "")
    assert all(metric.about for metric in METRICS.values())


def test_every_score_that_can_have_a_trivial_baseline_says_so():
    never = {"cycle_error"}  # a picture that is left as it is comes back as it was
    assert all(facts_of(key).trivial for key in {*MAP_SCORES, *PICTURE_SCORES, *UNPAIRED_SCORES, "error_rate"} - never)


def test_references_and_classes_are_described_by_their_scores():
    assert facts_of("frechet_distance_real").title == "Frechet distance of real examples"
    assert facts_of("psnr_trivial").title == "PSNR (dB), without learning"
    assert (facts_of("iou sky").title, facts_of("iou sky").better) == ("iou sky", "higher")
    assert facts_of("of nobody") == ScoreFacts("of nobody", "of nobody", "", "")
    assert facts_of("recall").explanation.endswith("Higher is better.")


def test_metrics_are_chosen_by_the_data():
    ring = open_data("ring")
    chosen = choose_metrics(None, ring)
    assert "fid" in chosen and not {"columns", "series", "error_rate", "cas"} & set(chosen)
    assert "cas" in choose_metrics(["all"], ring)
    with pytest.raises(UserError, match="did you mean 'fid'"):
        choose_metrics(["fdi"], ring)


def test_a_metric_of_other_people_is_evaluated_and_described(own_registry):
    def mean_scores(sets):
        return [Score("mean_value", float(sets.generated.values.mean()))]

    facts = ScoreFacts("mean_value", "mean value", "The mean of all values.", "")
    register_metric("mean", mean_scores, "the mean of the values", scores=[facts])
    ring = open_data("ring")
    generated = Subset(ring, "train", np.arange(100))
    found = evaluate_samples(generated, ring, extractors.build("raw", ring), ["mean"])
    score = found.scores["mean_value"]
    assert score.value == pytest.approx(float(ring.values(np.arange(100)).mean()))
    assert score.real is not None and score.fingerprint["generated"] == 100
    assert (score.facts.title, score.better) == ("mean value", "")
    assert "mean" in choose_metrics(None, ring)
    assert findings(found.described()) == []
    with pytest.raises(UserError, match="a metric 'mean' already"):
        register_metric("mean", mean_scores, "the same", scores=[])
    with pytest.raises(UserError, match="'recall' is declared already"):
        register_metric("other", mean_scores, "another", scores=[facts_of("recall")])
    register_metric("undeclared", mean_scores, "a score that it does not declare", scores=[])
    with pytest.raises(UserError, match="does not declare: mean_value"):
        evaluate_samples(generated, ring, extractors.build("raw", ring), ["undeclared"])
