"""The interval of a verdict: worked out by hand, and right as often as it says, for new seeds and new test examples."""

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from sparring.downstream.verdict import balanced_mean, paired_difference


def test_seeds_and_examples_by_hand():
    """Seeds 2; classes of 3 and 2 examples. All numbers below were worked out on paper."""
    values = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0]])
    found = balanced_mean(values, np.array([0, 0, 0, 1, 1]))
    # Balanced means of the seeds: 1 and (1/3 + 0) / 2 = 1/6. Their variance is 25/72, that of their mean 25/144.
    of_seeds = 25 / 144
    # Means of the examples: class 0 1/2, 1, 1/2 (squared deviations 1/6), class 1 1/2, 1/2 (0); one unit more each.
    of_zero, of_one = (1 / 6 + 1) / 9 / 4, (0 + 1) / 4 / 4
    # What is left of class 0: 1/6, -1/3, 1/6 and the opposite, squared 1/3 in all, with 1 x 2 degrees of freedom.
    residual = (1 / 3) / 2 / 6 / 4
    variance = of_seeds + of_zero + of_one - residual
    freedom = variance**2 / (of_seeds**2 / 1 + of_zero**2 / 2 + of_one**2 / 1)
    assert found.value == pytest.approx(7 / 12)
    assert found.freedom == pytest.approx(freedom)
    assert found.high - found.value == pytest.approx(t.ppf(0.975, freedom) * variance**0.5)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_the_variance_is_never_less_than_that_of_the_examples():
    """Here the residual, (1/12 + 1/16) / 4, is larger than what the seeds give, 1/64."""
    values = np.array([[1.0, 0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0, 0.0]])
    found = balanced_mean(values, np.array([0, 0, 0, 1, 1]))
    of_examples = ((1 / 6 + 1) / 9 + (1 / 8 + 1) / 4) / 4
    assert found.high - found.value == pytest.approx(t.ppf(0.975, found.freedom) * of_examples**0.5)


def drawn(rng, seeds, examples, gain, of_seeds, of_examples, noise=0.3):
    """Differences of a crossed design with a known mean, as numbers."""
    return (
        gain
        + of_seeds * rng.normal(size=(seeds, 1))
        + of_examples * rng.normal(size=(1, examples))
        + noise * rng.normal(size=(seeds, examples))
    )


@pytest.mark.parametrize(("of_seeds", "of_examples"), [(0.0, 0.3), (0.05, 0.0), (0.03, 0.3)])
def test_without_a_difference_a_gain_is_seen_at_most_as_often_as_the_level_says(rng, of_seeds, of_examples):
    labels = np.arange(200) % 2
    gains = sum(balanced_mean(drawn(rng, 5, 200, 0, of_seeds, of_examples), labels).is_gain for _ in range(1000))
    assert gains <= 46  # 25 expected; more than 46 of them come once in 23,000


def test_an_interval_over_seeds_alone_would_see_gains_everywhere(rng):
    """The same draws: all seeds share their test examples, and what is lucky for one is lucky for all."""
    trials = [drawn(rng, 5, 200, 0, 0.0, 0.3).mean(axis=1) for _ in range(300)]
    assert sum(ttest_1samp(means, 0, alternative="greater").pvalue < 0.025 for means in trials) > 22  # 7.5 expected


def test_predictions_that_agree_are_no_gain_and_a_large_difference_is_one(rng):
    labels = np.arange(400) % 4
    right = rng.random((5, 400)) < 0.7
    same = paired_difference(right, right, labels)
    assert same.value == 0
    assert not same.is_gain and not same.is_loss
    worse = right & (rng.random((5, 400)) < 0.8)
    assert paired_difference(right, worse, labels).is_gain
    assert paired_difference(worse, right, labels).is_loss


def test_three_lucky_examples_of_a_class_prove_nothing():
    labels = np.array([0, 0, 0, 1, 1, 1])
    better = paired_difference(np.ones((5, 6), bool), np.zeros((5, 6), bool), labels)
    assert better.value == 1
    few = paired_difference(np.ones((5, 6), bool), np.tile(np.array([0, 1, 1, 1, 1, 1], bool), (5, 1)), labels)
    assert few.value == pytest.approx(1 / 6)
    assert not few.is_gain


def test_rare_classes_count_as_much_as_others():
    labels = np.array([0] * 90 + [1] * 10)
    right = np.tile(labels == 0, (2, 1))
    assert balanced_mean(right.astype(float), labels).value == pytest.approx(0.5)


def test_one_seed_is_too_few():
    with pytest.raises(ValueError, match="two seeds"):
        balanced_mean(np.zeros((1, 4)), np.array([0, 0, 1, 1]))
