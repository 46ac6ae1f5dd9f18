import numpy as np
import pytest
import torch

import text_samples
from sparring.data.text_rows import rows_of
from sparring.modalities.text.features import NgramBag, fit_features, hashed
from sparring.modalities.text.score import SLACK, TextScore
from sparring.networks import Generator, LanguageModel


class Known(Generator, LanguageModel):
    """Every token has the same likelihood."""

    def __init__(self, nats):
        super().__init__()
        self.nats = nats

    def log_likelihood(self, samples, condition=None):
        inside = torch.cat([torch.ones(len(samples), 1), (samples[:, :-1] != 0).float()], dim=1)
        return -self.nats * inside


@pytest.fixture(scope="module")
def source():
    return text_samples.source(2000, "none")


@pytest.fixture(scope="module")
def score(source):
    return TextScore(fit_features(source, 1), source, 200, 1)


def selection(score, nats, values):
    score.look_at(Known(nats))
    return score(values)[0]


def test_likelihood_decides_and_within_one_percent_the_detector_and_copies_have_a_say(source, score):
    new = rows_of(text_samples.sentences(200, seed=7)[0], source.shape[0])
    copies = source.values(np.arange(200))
    repeated = np.repeat(copies[:1], 200, axis=0)
    assert selection(score, 2.0, new) < selection(score, 2.0, copies) < selection(score, 2.0, repeated)
    assert selection(score, 2.0, repeated) == pytest.approx(2.0 * (1 + SLACK))
    assert selection(score, 2.0, repeated) < selection(score, 2.0 * (1 + SLACK) + 1e-6, new)
    assert selection(score, 2.0, new) < selection(score, 1.995, copies) < selection(score, 2.0, copies)


def test_the_scores_say_what_they_should(source, score):
    score.look_at(Known(1.5))
    texts = text_samples.sentences(200, seed=9)[0]
    _, scores, _ = score(rows_of([texts[0]] * 200, source.shape[0]), with_intervals=True)
    values = {name: each["value"] for name, each in scores.items()}
    assert values["nats_a_character"] == pytest.approx(1.5)
    assert values["repeated_texts"] == pytest.approx(199 / 200)
    assert values["text_detection"] > 0.8 > values["text_detection_real"]
    assert values["nats_a_character_trivial"] > 1.5 and values["copied_texts"] in (0, 1)
    assert values["copied_texts_real"] < 1  # of held-out texts


def test_one_sentence_repeated_is_no_variety(source, score):
    values = source.values(np.arange(200))
    varied = score.neighbours(score(values)[2])["variety"]
    assert varied > 0.7
    assert score.neighbours(score(np.repeat(values[:1], 200, axis=0))[2])["variety"] < 0.1


def test_features_are_means_over_runs_of_letters_and_do_not_depend_on_the_width():
    bag = NgramBag(3)
    torch.manual_seed(0)
    bag.table.data.normal_()
    narrow, wide = (torch.from_numpy(rows_of(["abc", "", "a中"], width)) for width in (4, 40))
    torch.testing.assert_close(bag(narrow), bag(wide))
    buckets, weights = hashed(narrow[:1])
    assert weights.sum() == 5 + 4 + 3 + 2 + 1  # of <abc>: five of one letter with begin and end, ... one of five
    expected = bag.table[buckets[0][weights[0] > 0]].mean(dim=0)
    torch.testing.assert_close(bag(narrow)[0], expected)


def test_features_tell_classes_where_there_are_labels():
    source = text_samples.source(600)
    net = fit_features(source, 1)
    test = np.arange(source.count("test"))
    _, seen = net(source.values(test, "test"))
    assert (seen == source.labels(test, "test")).mean() > 0.95


def test_samples_of_another_distribution_are_farther(source, score):
    same, other = (
        text_samples.sentences(200, seed=5)[0],
        [text.upper() for text in text_samples.sentences(200, seed=5)[0]],
    )
    distances = [score(rows_of(texts, source.shape[0]))[1]["kernel_distance"]["value"] for texts in (same, other)]
    assert distances[0] < distances[1] / 10
