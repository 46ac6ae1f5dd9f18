"""A run that took clearly longer than asked says what used the time."""

import pytest

from sparring.training.timekeeping import PAGES, PREPARING, SCORING, TRAINING, Spent


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def spent(**seconds):
    clock = Clock()
    found = Spent(clock=clock)
    for purpose, each in zip((PREPARING, TRAINING, SCORING, PAGES), seconds.values(), strict=True):
        clock.now += each
        found.on(purpose)
    return found


def test_a_run_in_time_says_nothing():
    assert spent(preparing=20, training=60, scoring=5, pages=5).late(90, 65) == ""
    assert spent(preparing=20, training=75, scoring=5, pages=5).late(90, 65) == ""


def test_a_late_run_says_where_the_time_went():
    said = spent(preparing=40, training=95, scoring=12, pages=8).late(90, 50)
    assert said == (
        "this took 2m35s instead of 1m30s: 40s preparing, 1m35s training, 12s scoring the kept snapshot, "
        "8s writing the pages; training and scores were planned for 50s: the machine became slower than it was before "
        "the first step"
    )


def test_a_late_preparation_is_not_blamed_on_the_training():
    said = spent(preparing=100, training=50, scoring=2, pages=0).late(90, 50)
    assert said == "this took 2m32s instead of 1m30s: 1m40s preparing, 50s training, 2s scoring the kept snapshot"


@pytest.mark.parametrize("budget", [5.0, 12.0])
def test_a_few_seconds_are_not_late(budget):
    assert spent(preparing=2, training=budget, scoring=1, pages=1).late(budget, budget) == ""
