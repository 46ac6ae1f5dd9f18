import math

import numpy as np
import pytest

import text_samples
from sparring.metrics.text_copies import copied_spans, copied_texts, distinct, repeated_texts
from sparring.metrics.text_detection import text_detection
from sparring.metrics.text_likelihood import letter_nats, nats_a_character
from sparring.metrics.text_ngram import END, NgramModel


def longest_by_force(text, training):
    parts = (text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1))
    return max((len(part) for part in parts if any(part in each for each in training)), default=0)


def test_the_longest_copied_run_is_that_found_by_force(rng):
    def texts(count, letters):
        return ["".join(rng.choice(list(letters), rng.integers(1, 25))) for _ in range(count)]

    training = texts(40, "ab") + texts(10, "abé中")
    samples = [*texts(40, "abc"), *texts(10, "ab中"), "", training[3], "zzz"]
    expected = [longest_by_force(text, training) for text in samples]
    np.testing.assert_array_equal(copied_spans(samples, training), expected)


def test_a_run_does_not_cross_from_one_training_text_to_the_next():
    assert copied_spans(["abcd"], ["ab", "cd"]).tolist() == [2]


def test_copies_and_repeats_are_counted():
    found = copied_texts(["a", "b", "b", "c"], ["b", "x"])
    assert found.value == 0.5 and found.low < 0.5 < found.high
    assert repeated_texts(["a"] * 10) == 0.9
    assert repeated_texts(["a", "b"]) == 0


def test_distinct_is_the_share_of_different_runs():
    assert distinct([["a", "b", "a"], ["a", "b"]], 1) == 2 / 5
    assert distinct([["a", "b", "a"], ["a", "b"]], 2) == 2 / 3
    assert distinct([["a"]], 2) == 0


def test_detection_is_chance_for_equal_sets_and_certain_for_others():
    texts, _ = text_samples.sentences(600)
    same = text_detection(texts[:300], texts[300:])
    assert abs(same.value - 0.5) < 4 * same.error
    assert text_detection(texts[:300], [text[::-1] for text in texts[300:]]).value > 0.99
    with pytest.raises(ValueError, match="both kinds"):
        text_detection(texts[:2], texts)


def test_detection_sees_one_sentence_repeated():
    texts, _ = text_samples.sentences(400)
    assert text_detection([texts[0]] * 200, texts[200:]).value > 0.8


def test_nats_a_character_are_those_worked_out_by_hand():
    found = nats_a_character(np.log([0.25, 0.5]), [1, 2])
    assert found.value == pytest.approx((math.log(4) + math.log(2)) / (2 + 3))
    assert nats_a_character(np.log([0.25]), [1]).error == float("inf")


def test_the_error_of_nats_a_character_is_that_of_repeated_measurements(rng):
    lengths = rng.integers(1, 20, 4000)
    nats = lengths * 2 + rng.normal(0, 3, 4000)
    parts = [nats_a_character(-nats[at : at + 100], lengths[at : at + 100]) for at in range(0, 4000, 100)]
    assert np.mean([part.error for part in parts]) == pytest.approx(np.std([part.value for part in parts]), rel=0.35)


def test_letters_alone_by_hand():
    # a 2, b 1, end 2, each one more, one for others: (3, 2, 3, 1) of 9
    found = letter_nats(["aa", "b"], ["ac"])
    assert found == pytest.approx(-(math.log(3 / 9) + math.log(1 / 9) + math.log(3 / 9)) / 3)


def test_a_model_of_runs_has_the_probabilities_worked_out_by_hand():
    """Bigrams of "ab" and "aa": a is followed by b, a and the end once each, and a begins both; 4 symbols."""
    model = NgramModel(["ab", "aa"], symbols=4, order=2)
    single = (3 + 3 / 4) / (6 + 3)  # of a: 3 of 6 characters with ends, of 3 kinds
    assert model.probability("a", "") == pytest.approx(single)
    assert model.probability("a", "a") == pytest.approx((1 + 3 * single) / (3 + 3))
    assert model.probability("a", "\x02") == pytest.approx((2 + single) / (2 + 1))
    assert model.probability("a", "xyz") == pytest.approx(single)  # a history that never was says nothing
    assert model.probability("z", "xyz") == pytest.approx(3 / 4 / 9)
    likelihood = model.log_likelihoods(["ab"])[0]
    steps = (("a", "\x02"), ("b", "a"), (END, "b"))
    assert likelihood == pytest.approx(sum(math.log(model.probability(each, past)) for each, past in steps))


def test_the_probabilities_of_a_model_of_runs_sum_to_one():
    texts, _ = text_samples.sentences(50)
    letters = sorted(set("".join(texts)))
    model = NgramModel(texts, symbols=len(letters) + 1)
    for history in ("", "the", "the film 1", "qqq"):
        assert sum(model.probability(each, history) for each in [*letters, END]) == pytest.approx(1)


def test_texts_of_low_variety_teach_less():
    texts, _ = text_samples.sentences(400)
    nats = [-NgramModel(each, 60).log_likelihoods(texts[300:]).sum() for each in (texts[:300], texts[:30] * 10)]
    assert nats[0] < nats[1]
