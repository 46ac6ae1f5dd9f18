"""What a line of a training says: the number that decides, and what would have been reached without learning."""

import pytest

from sparring.callbacks.base import Action, Observation
from sparring.callbacks.progress import WORSE_THAN_TRIVIAL, in_words


def line(**changed):
    scores = {name: {"value": value} for name, value in (("psnr", 22.0), ("psnr_trivial", 28.1), ("ssim", 0.5))}
    observation = Observation(640, 10, {}, {"examples_per_second": 100.0}, scores, selection=0.25, health="healthy")
    for name, value in changed.items():
        setattr(observation, name, value)
    return in_words(observation)


def test_the_number_that_decides_stands_beside_the_mark():
    assert "psnr 22 (without learning 28.1), ssim 0.5, selection score 0.25 *best* | healthy" in line(best=True)
    assert "selection score 0.25 | healthy" in line()


def test_a_snapshot_that_is_kept_as_the_latest_is_not_called_the_best():
    assert "*latest*" in line(best=True, keeps="latest")
    assert "*best*" not in line(best=True, keeps="latest")


def test_a_best_snapshot_that_is_worse_than_nothing_says_so():
    said = line(best=True, notes={WORSE_THAN_TRIVIAL: ["psnr"]})
    assert "*best* (worse than without learning: psnr)" in said


@pytest.mark.parametrize("event", ["tick", "diverged"])
def test_going_back_says_where_to(event):
    said = line(event=event, action=Action.ROLL_BACK, health="diverged", notes={"back_to": 1280, "reason": "it broke"})
    assert "going back, at half the learning rate, to example 1,280" in said
