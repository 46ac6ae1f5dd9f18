"""The limits of a slope: nothing from few scores, and no word on those that are not finite."""

import numpy as np
import pytest

from sparring.callbacks.trend import slope_limits


def test_scores_that_are_not_finite_are_left_out():
    at, scores = [0, 1, 2, 3, 4, 5, 6], [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    expected = slope_limits(at[:5], scores[:5])
    assert slope_limits(at, [*scores[:5], float("inf"), float("nan")]) == expected
    assert expected == pytest.approx((-1, -1))


def test_two_scores_say_nothing():
    assert slope_limits([0, 1], [2.0, 1.0]) == (float("-inf"), float("inf"))
    assert slope_limits([0, 1, 2], [2.0, float("inf"), 1.0]) == (float("-inf"), float("inf"))


def test_a_wild_score_does_not_move_the_limits_much():
    rng = np.random.default_rng(0)
    scores = list(10 - 0.5 * np.arange(20) + 0.1 * rng.normal(size=20))
    low, high = slope_limits(range(20), [*scores[:9], 1e6, *scores[10:]])
    assert -0.55 < low < -0.5 < high < -0.45


def test_a_surer_interval_is_wider():
    scores = np.random.default_rng(0).normal(size=20)
    widths = [np.diff(slope_limits(range(20), scores, level))[0] for level in (0.5, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert widths[0] < widths[1] < widths[2]
    assert slope_limits(range(20), scores) == slope_limits(range(20), scores, 0.99)


def test_each_position_has_its_score():
    with pytest.raises(ValueError, match="zip"):
        slope_limits([0, 1, 2, 3], [1.0, 2.0, 3.0])
