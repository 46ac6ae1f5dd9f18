"""The power of pictures by octave, against waves whose power is known."""

import numpy as np
import pytest

from sparring.metrics import power_by_octave, power_ratios


def wave(side, cycles, amplitude=50.0):
    """One picture of vertical stripes with this many cycles across."""
    return (128 + amplitude * np.sin(2 * np.pi * cycles * np.arange(side) / side) + np.zeros((1, 1, side, 1))).astype(
        float
    )


@pytest.mark.parametrize(("cycles", "octave"), [(24, 0), (12, 1), (6, 2), (3, 3)])
def test_a_wave_has_its_power_in_its_octave(cycles, octave):
    found = power_by_octave(wave(64, cycles))[0]
    assert found.argmax() == octave
    assert found[octave] > 0.8 * found.sum()  # the window spreads a wave over its neighbours of one cycle more or less
    assert found.sum() == pytest.approx(50**2 / 2, rel=0.1)  # the variance of the wave


def test_the_power_of_all_octaves_is_the_variance(rng):
    """Parseval's theorem: noise has all its variance in the spectrum, apart from what is below the lowest octave."""
    noise = rng.normal(128, 20, (64, 3, 32, 32))
    assert power_by_octave(noise).sum(axis=1).mean() == pytest.approx(400, rel=0.03)


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 3, 7, 9), (3, 4, 64, 16), (1, 1, 33, 65)])
def test_white_noise_has_power_in_proportion_to_the_area_of_an_octave(shape, rng):
    found = power_by_octave(rng.normal(0, 1, (400, *shape[1:])))
    assert found.shape == (400, int(np.log2(min(shape[2:]))))
    assert (found >= 0).all()
    assert found.mean(axis=0)[0] > 0.6  # the finest octave has three quarters of the area and the corners


def test_brightness_and_a_slope_are_no_detail():
    flat = np.full((2, 1, 32, 32), 200, dtype=np.uint8)
    assert power_by_octave(flat) == pytest.approx(0, abs=1e-9)
    slope = np.linspace(0, 255, 32) + np.zeros((1, 1, 32, 1))
    found = power_by_octave(slope)[0]
    assert found[0] < 1e-3 * found[-1]


def test_a_blur_takes_fine_detail_only(rng):
    sharp = rng.normal(128, 30, (50, 3, 32, 32))
    blurred = (sharp + np.roll(sharp, 1, 2) + np.roll(sharp, 1, 3) + np.roll(sharp, (1, 1), (2, 3))) / 4
    ratios = power_ratios(power_by_octave(blurred), power_by_octave(sharp))
    assert ratios[0] < 0.25
    assert ratios[-1] > 0.8
    assert (np.diff(ratios) > 0).all()


def test_ratios():
    a, b = np.array([[1.0, 0.0, 3.0], [3.0, 0.0, 3.0]]), np.array([[4.0, 0.0, 0.0]])
    np.testing.assert_array_equal(power_ratios(a, b), [0.5, 1.0, np.inf])


def test_many_pictures_are_taken_in_parts(rng, monkeypatch):
    pictures = rng.integers(0, 256, (9, 3, 16, 16), dtype=np.uint8)
    expected = power_by_octave(pictures)
    monkeypatch.setattr("sparring.metrics.arrays.MAX_CELLS", 4 * pictures[0].size * 2)
    np.testing.assert_allclose(power_by_octave(pictures), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (2, 1, 3, 8), (1, 8, 8)])
def test_no_batch_of_pictures(shape):
    with pytest.raises(ValueError, match="N x C x H x W"):
        power_by_octave(np.zeros(shape))
