"""The quick score sees labels: good examples under wrong labels are no good."""

import numpy as np
import pytest

from smoke import ArraySource
from sparring.metrics.online_score import OnlineScore, with_labels


class Means:
    """Features that are the values themselves."""

    fingerprint = {"features": "means", "net": "means", "task": "none"}

    def classes_of(self, features):
        return None

    def __call__(self, values):
        return values.reshape(len(values), -1).astype(np.float64) / 64, None

    def of(self, source, indices, split="train"):
        return self(source.values(indices, split))[0]


@pytest.mark.parametrize("test", [300, 2100])
def test_wrong_labels_cost_selection_but_not_the_distance(test):
    source = ArraySource((1, 4, 2), classes=4, train=400, test=test)
    score = OnlineScore(Means(), source, 400, 0)
    everything = np.arange(400)
    values, labels = source.values(everything), source.labels(everything)
    right, scores, _ = score(values, labels)
    wrong, others, _ = score(values, (labels + 1) % 4)
    collapsed, _, _ = score(values, labels * 0)
    assert right < wrong
    assert right < collapsed
    assert scores["frechet_distance"] == others["frechet_distance"]


def test_without_labels_selection_is_the_headline():
    source = ArraySource((1, 4, 2), classes=0, train=400, test=500)
    selection, scores, _ = OnlineScore(Means(), source, 300, 0)(source.values(np.arange(300)))
    assert selection == scores["kernel_distance"]["value"]


def test_training_examples_help_few_held_out_ones_to_select():
    """Six held-out examples that happen to be dark do not make a dark generator the best."""
    source = ArraySource((1, 4, 2), classes=0, train=400, test=6)
    source._values["test"] //= 3
    score = OnlineScore(Means(), source, 198, 0)
    like_all, like_held_out = source.values(np.arange(198)), np.tile(source.values(np.arange(6), "test"), (33, 1, 1, 1))
    good, about_good, _ = score(like_all)
    bad, about_bad, _ = score(like_held_out)
    assert about_good["kernel_distance"]["value"] > about_bad["kernel_distance"]["value"]
    assert good < bad


def test_selection_uses_more_samples_than_there_are_pictures():
    """What is shown stays fair, as many samples as training examples; the choice sees all."""
    source = ArraySource((1, 4, 2), classes=0, train=60, test=8)
    score = OnlineScore(Means(), source, 500, 0)
    assert (score.count, score.shown) == (500, 60)
    values = source.values(np.arange(500) % 60)
    other = values.copy()
    other[60:] //= 4  # dark, where the distances that are shown do not look
    good, about_good, features = score(values)
    bad, about_bad, _ = score(other)
    assert about_good == about_bad and len(features) == 60
    assert good < bad
    assert OnlineScore(Means(), ArraySource((1, 4, 2), classes=0, train=60, test=500), 500, 0).count == 60


def test_joined_labels_are_bounded():
    assert with_labels(np.zeros((3, 5)), np.array([0, 99_999, 64]), 100_000).shape == (3, 5 + 64)
