"""Series compared in time, against laws worked out by hand."""

import numpy as np
import pytest

from sparring.metrics.efficacy import predictive
from sparring.metrics.series import (
    autocorrelation,
    autocorrelation_distance,
    cross_correlation_distance,
    next_steps,
    spectral_distance,
    spectrum,
)
from sparring.modalities.series.simulated import PHI, autoregression


def ar2():
    return autoregression()[0][:, :, None]


def test_the_autocorrelation_of_a_known_process():
    """Yule-Walker: r1 = phi1 / (1 - phi2), r[k] = phi1 r[k-1] + phi2 r[k-2]."""
    expected = [1, PHI[0] / (1 - PHI[1])]
    for _ in range(8):
        expected.append(PHI[0] * expected[-1] + PHI[1] * expected[-2])
    np.testing.assert_allclose(autocorrelation(ar2(), 9)[0], expected, atol=0.02)


def test_the_spectrum_of_a_known_process():
    """1 / |1 - phi1 e^-iw - phi2 e^-2iw|^2 over the variance, away from the peak, which the window smears."""
    values = ar2()
    found = spectrum(values, values)[0]
    wave = np.exp(-2j * np.pi * np.linspace(0, 0.5, 33))
    expected = 1 / np.abs(1 - PHI[0] * wave - PHI[1] * wave**2) ** 2 / values.var()
    np.testing.assert_allclose(found[14:], expected[14:], rtol=0.1)
    assert abs(int(found.argmax()) - int(expected.argmax())) <= 1


def test_white_noise_is_flat_and_half_the_power_is_three_decibels():
    noise = np.random.default_rng(0).normal(size=(4000, 64, 1))
    np.testing.assert_allclose(spectrum(noise, noise), 1, atol=0.08)
    assert spectral_distance(noise * np.sqrt(0.5), noise) == pytest.approx(10 * np.log10(2), abs=0.02)
    assert spectral_distance(noise[:2000], noise[2000:]) < 0.2
    shuffled = np.random.default_rng(1).permuted(ar2(), axis=1)
    assert autocorrelation_distance(shuffled, ar2()) > 0.3


def test_missing_values_do_not_count():
    values = ar2()
    holes = values.copy()
    holes[:, 40:] = np.nan
    np.testing.assert_allclose(autocorrelation(holes, 5), autocorrelation(values[:, :40], 5), atol=1e-9)
    assert np.isfinite(spectral_distance(holes, values))


def test_correlations_between_channels():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(500, 20, 1))
    together = np.concatenate([one, one], axis=2)
    apart = np.concatenate([one, rng.normal(size=one.shape)], axis=2)
    assert cross_correlation_distance(apart, together) == pytest.approx(1, abs=0.02)
    assert np.isnan(cross_correlation_distance(one, one))


def test_the_predictive_score_reaches_the_optimum_of_a_known_process():
    """Of an AR(2) with noise of variance 1, R2 is at best 1 - 1 / variance."""
    values = ar2()
    past, after = next_steps(values[:2], 8)
    np.testing.assert_array_equal(past[0], values[0, :8, 0])
    assert after[0, 0] == values[0, 8, 0]
    assert predictive(values[:2000], values[2000:3000]) == pytest.approx(1 - 1 / values.var(), abs=0.02)
    assert predictive(np.random.default_rng(0).permuted(values[:2000], axis=1), values[2000:3000]) < 0.5
    assert predictive(values[:2, :1], values) is None


def test_a_channel_of_two_values_is_predicted_and_a_constant_one_is_left_out():
    """Each step is the opposite of the one before it, so both models know the next one."""
    turns = np.tile([1.0, -1.0], (40, 15))[:, :, None]
    assert predictive(turns, turns) == pytest.approx(1, abs=0.05)
    assert (
        predictive(np.concatenate([turns, turns * 0 + 3], axis=2), np.concatenate([turns, turns * 0 + 3], axis=2)) > 0.9
    )
    assert predictive(turns * 0, turns * 0) is None
