"""When frames are shown: rates of films, and films at other rates, worked out by hand."""

import numpy as np
import pytest

from sparring.modalities.video.timing import frames_at, rate_of, tidy


@pytest.mark.parametrize(
    ("milliseconds", "rate"),
    [
        ([100, 100, 100], 10),
        ([100, 100, 300], 10),  # a frame that is held for three steps
        ([30, 30, 40, 30, 30, 40], 30),  # 33.3 ms in a GIF, which knows hundredths
        ([40, 40, 40, 41], 24.845),
        ([50, 170, 90, 400, 61], 11.111),  # no rate at all: that of the median frame
    ],
)
def test_the_rate_is_that_of_the_steps(milliseconds, rate):
    assert rate_of(np.array(milliseconds) / 1000) == pytest.approx(rate, abs=1e-3)


def test_rates_near_a_whole_number_are_whole():
    assert tidy(24.9999) == 25 and tidy(30000 / 1001) == 29.97


def test_a_film_at_its_own_rate_keeps_every_frame():
    for fps in (10, 12, 25, 29.97, 60):
        np.testing.assert_array_equal(frames_at(np.full(500, 1 / fps), fps), np.arange(500))


def test_held_frames_come_several_times_and_others_not_at_all():
    np.testing.assert_array_equal(frames_at(np.array([0.1, 0.3, 0.1]), 10), [0, 1, 1, 1, 2])
    np.testing.assert_array_equal(frames_at(np.full(4, 0.1), 20), [0, 0, 1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(frames_at(np.full(4, 0.1), 5), [1, 3])
    np.testing.assert_array_equal(frames_at(np.array([0.05]), 2), [0])  # a film has one frame at least
