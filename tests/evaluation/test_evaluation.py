"""Evaluations of generators with known faults: copies, missing classes, too few samples."""

import dataclasses
import json
import re

import numpy as np
import pytest

from sparring.data.subset import Subset
from sparring.errors import UserError
from sparring.evaluation import extractors
from sparring.evaluation.evaluation import evaluate_samples
from sparring.evaluation.registry import METRICS
from sparring.metrics.scores import Score, difference, differences
from sparring.modalities.opening import open_data
from sparring.reports.findings import findings


@pytest.fixture(scope="module")
def digits():
    return open_data("digits")


@pytest.fixture(scope="module")
def classifier(digits, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield extractors.build("classifier", digits)


class Planted(Subset):
    """Real examples with noise of this deviation: a generator whose faults are known."""

    def __init__(self, source, split, indices, noise=0.0):
        super().__init__(source, split, indices)
        drawn = np.random.default_rng(0).normal(0, noise, (len(indices), *source.shape))
        self.made = np.clip(source.values(indices, split) + drawn, 0, 255).round().astype(np.uint8)
        self.content_hash += str(noise)

    def values(self, indices, split="train"):
        return self.made[indices]


def rows(source, split, *without):
    """The examples of a split whose class is none of these."""
    everything = np.arange(source.count(split))
    return everything[~np.isin(source.labels(everything, split), without)]


def test_a_copier_is_distinguished_from_a_generator_of_new_digits(digits, classifier):
    copier = evaluate_samples(
        Planted(digits, "train", rows(digits, "train")[:400], noise=8), digits, classifier, ["memorisation"]
    )
    assert copier.scores["copied_share"].value > 0.5
    assert "copies training data" in copier.copying
    honest = evaluate_samples(Planted(digits, "test", rows(digits, "test")), digits, classifier, ["memorisation"])
    assert "no sign of copying" in honest.copying
    assert [pair.sample for pair in copier.nearest_pairs[:3]] == [pair.training for pair in copier.nearest_pairs[:3]]


def test_three_missing_classes_are_reported_in_numbers_and_words(digits, classifier):
    whole = evaluate_samples(Planted(digits, "train", rows(digits, "train")), digits, classifier)
    dropper = evaluate_samples(Planted(digits, "train", rows(digits, "train", 7, 8, 9)), digits, classifier)
    assert [row.name for row in dropper.classes if row.frequency == "too rare"] == ["7", "8", "9"]
    assert not any(row.frequency for row in whole.classes)
    assert dropper.scores["coverage"].value < 0.8 < whole.scores["coverage"].value
    assert dropper.scores["class_shift"].value == pytest.approx(0.3, abs=0.05)
    assert dropper.scores["label_agreement"].value > 0.95  # what it makes it makes well: this score alone sees nothing
    said = " ".join(findings(dropper.described(), "digits"))
    share = r"\([01](\.\d)? %"
    assert re.search(rf"Too rare or missing: 7 {share} instead of .*, 8 {share} .*, 9 {share} ", said)
    assert "cover" in said
    assert "Too rare" not in " ".join(findings(whole.described(), "digits"))


def test_every_score_has_its_real_reference_interval_and_fingerprint(digits, classifier):
    found = evaluate_samples(Planted(digits, "test", rows(digits, "test")), digits, classifier, ["all"])
    assert {"frechet_distance", "kernel_distance", "precision", "coverage", "diversity"} <= set(found.scores)
    assert {"ms_ssim", "classification_accuracy"} <= set(found.scores)
    for score in found.scores.values():
        assert np.isfinite(score.value)
        assert score.real is not None
        known = {"features_hash", "generated", "real", "split", "source", "seed", "sparring", "torch"}
        assert known <= score.fingerprint.keys()
        if score.low is not None:
            assert score.low <= score.value <= score.high
    assert found.headline == "kernel_distance"  # 180 held-out digits are too few for the other
    assert "bias" in found.why
    assert set(found.left_out) == {"discriminator", "fid-infinite"}
    assert json.loads(json.dumps(found.described(), allow_nan=False))["scores"]["recall"]["name"] == "recall"


def test_the_real_reference_is_the_score_of_training_examples(digits, classifier):
    some = rows(digits, "train")
    found = evaluate_samples(Planted(digits, "train", some), digits, classifier, ["fid", "prdc"])
    for name in ("frechet_distance", "precision", "coverage"):  # the generated ones are all training examples here
        assert found.scores[name].real == pytest.approx(found.scores[name].value, rel=1e-6), name


@pytest.mark.parametrize("count", [1, 2, 50])
def test_few_samples_are_measured_too(digits, classifier, count):
    found = evaluate_samples(Planted(digits, "test", rows(digits, "test")[:count]), digits, classifier)
    assert np.isfinite([score.value for score in found.scores.values()]).all()
    assert found.scores["frechet_distance"].value >= 0
    assert "frechet_distance_infinite" not in found.scores
    assert "1,280 samples" in found.left_out["fid-infinite"]
    json.dumps(found.described(), allow_nan=False)


def test_enough_samples_carry_an_extrapolation_and_negative_distances_are_explained():
    ring = open_data("ring")
    features = extractors.build("classifier", ring)
    found = evaluate_samples(Subset(ring, "train", np.arange(2000)), ring, features, ["fid-infinite", "kid"])
    infinite = found.scores["frechet_distance_infinite"]
    assert infinite.low < 0 < infinite.high
    below = dataclasses.replace(infinite, value=-0.01)
    described = {**found.described(), "scores": {"frechet_distance_infinite": below.described()}}
    assert "below 0 means that no difference was found" in " ".join(findings(described))


def test_a_single_repeated_picture(digits, classifier):
    found = evaluate_samples(Planted(digits, "test", np.zeros(200, dtype=np.int64)), digits, classifier)
    assert found.scores["recall"].value < 0.1
    assert found.scores["coverage"].value < 0.1
    assert found.scores["diversity"].value < 0.2
    assert found.scores["frechet_distance"].value > 10 * found.scores["frechet_distance"].real
    assert found.scores["ms_ssim"].value == pytest.approx(1)


def test_smooth_samples_lack_fine_detail(digits, classifier):
    """The same pictures, each the mean of itself and its neighbours one pixel down and to the right."""
    smooth = Planted(digits, "train", rows(digits, "train")[:500])
    near = [np.roll(smooth.made.astype(float), shift, (2, 3)) for shift in ((0, 0), (1, 0), (0, 1), (1, 1))]
    smooth.made = np.mean(near, axis=0).round().astype(np.uint8)
    found = evaluate_samples(smooth, digits, classifier, ["spectrum"]).scores
    assert found["fine_detail"].high < 0.6 < 0.9 < found["fine_detail"].real < 1.1
    assert found["spectrum_deviation"].value > 0.1 > found["spectrum_deviation"].real


def test_points_count_their_modes():
    ring = open_data("ring")
    half = rows(ring, "train", 4, 5, 6, 7)[:2000]
    found = evaluate_samples(Subset(ring, "train", half), ring, extractors.build("classifier", ring))
    assert (found.scores["modes_hit"].value, found.scores["modes_hit"].real) == (4, 8)
    assert found.scores["good_share"].value > 0.95
    assert found.scores["mode_divergence"].value == pytest.approx(np.log(2), abs=0.01)
    assert "hits 4 of the known modes" in " ".join(findings(found.described()))


def test_metrics_that_do_not_apply_are_named_or_refused(digits, classifier):
    generated = Planted(digits, "test", rows(digits, "test"))
    with pytest.raises(UserError, match="simulated sources"):
        evaluate_samples(generated, digits, classifier, ["modes"])
    with pytest.raises(UserError, match="did you mean 'fid'"):
        evaluate_samples(generated, digits, classifier, ["fdi"])
    with pytest.raises(UserError, match="shape"):
        evaluate_samples(Subset(open_data("ring"), "train", np.arange(9)), digits, classifier)
    assert "modes" not in evaluate_samples(generated, digits, classifier, None).left_out  # not even named
    assert all(metric.about for metric in METRICS.values())


def test_different_fingerprints_are_not_compared():
    about = {"features": "raw", "real": 10}
    one, other = (Score("coverage", value, value - 0.1, value + 0.1, None, about) for value in (0.5, 0.9))
    found = difference(one, other)
    assert (found.value, found.ahead) == (pytest.approx(-0.4), "theirs")
    assert [each.name for each in differences({"coverage": one, "recall": one}, {"coverage": other})] == ["coverage"]
    assert found.sure
    assert not difference(one, dataclasses.replace(one, value=0.52, low=0.42, high=0.62)).sure
    near_bound = [Score("frechet_distance", value, 0.0, value + 0.196, None, {}) for value in (0.01, 0.2)]
    assert difference(*near_bound).ahead == "mine"
    assert difference(*near_bound).chance == pytest.approx(0.179, abs=0.01)  # a cut-off end does not make it surer
    assert difference(one, dataclasses.replace(other, low=None)).chance is None
    with pytest.raises(UserError, match="real 10 and 20"):
        difference(one, dataclasses.replace(other, fingerprint={"features": "raw", "real": 20}))
    with pytest.raises(UserError, match="coverage and recall"):
        difference(one, dataclasses.replace(other, name="recall"))
    assert dataclasses.replace(one, value=float("inf")).described() == {**one.described(), "value": None}


def test_no_real_reference_where_there_are_fewer_training_examples_than_samples(digits, classifier):
    found = evaluate_samples(
        Planted(digits, "train", np.resize(rows(digits, "train"), 2000)), digits, classifier, ["fid", "labels"]
    )
    assert found.scores["frechet_distance"].real is None
    assert found.measured == ("fid", "labels")
    assert found.scores["label_agreement"].real is not None  # of held-out examples
