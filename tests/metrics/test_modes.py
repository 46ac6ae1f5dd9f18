import numpy as np
import pytest

from sparring.metrics.modes import divergence_from_uniform, mode_coverage
from sparring.modalities.opening import open_data


def test_the_data_covers_every_mode():
    for name, modes in (("ring", 8), ("grid", 25)):
        source = open_data(name)
        found = mode_coverage(source.values(np.arange(2500), "test"), source.centres, source.std)
        assert found.hit == modes
        assert found.good == pytest.approx(
            1 - np.exp(-4.5), abs=0.006
        )  # of a 2-D normal distribution, within 3 deviations
        assert found.divergence < 0.02


def test_one_mode_and_none():
    centres = np.array([[0.0, 0.0], [4.0, 0.0]])
    one = mode_coverage(np.array([[0.0, 0.1], [0.2, 0.0], [9.0, 9.0], [2.0, 0.0]]), centres, 0.1)
    assert (one.hit, one.good, one.divergence) == (1, 0.5, pytest.approx(np.log(2)))
    none = mode_coverage(np.array([[2.0, 0.0]]), centres, 0.1)
    assert (none.hit, none.good, none.divergence) == (0, 0.0, float("inf"))


def test_divergence_by_hand():
    assert divergence_from_uniform(np.array([5, 5])) == 0
    assert divergence_from_uniform(np.array([3, 1])) == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5))
