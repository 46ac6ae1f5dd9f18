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
    traits,
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


def two_channels(seed, holes=True):
    """30 series of 12 steps and 2 channels that hang together, some of them shorter, one value missing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(30, 12, 2)).cumsum(axis=1) * [1, 3] + [5, -2]
    values[..., 1] += (seed - 1) * values[..., 0]
    if holes:
        values[::3, 9:] = np.nan
        values[4, 2, 1] = np.nan
    return values


def standardised(values):
    return (values - np.nanmean(values, axis=(0, 1))) / np.nanstd(values, axis=(0, 1))


def known_products(one, other):
    return [a * b for a, b in zip(one.ravel(), other.ravel(), strict=True) if not np.isnan(a * b)]


def test_the_distance_of_autocorrelations_as_it_is_written_down():
    def by_hand(values, channel, lag):
        column = standardised(values)[:, :, channel]
        return np.mean(known_products(column[:, : 12 - lag], column[:, lag:]))

    mine, theirs = two_channels(0), two_channels(2)
    squares = [
        (by_hand(mine, channel, lag) - by_hand(theirs, channel, lag)) ** 2 for channel in (0, 1) for lag in range(1, 7)
    ]
    assert autocorrelation_distance(mine, theirs) == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-12)
    assert autocorrelation_distance(mine, mine) == 0


def test_the_distance_of_correlations_as_it_is_written_down():
    def by_hand(values):
        both = standardised(values)
        return np.mean(known_products(both[:, :, 0], both[:, :, 1]))

    mine, theirs = two_channels(0), two_channels(2)
    expected = abs(by_hand(mine) - by_hand(theirs))
    assert expected > 0.1
    assert cross_correlation_distance(mine, theirs) == pytest.approx(expected, rel=1e-12)


def test_the_distance_of_spectra_as_it_is_written_down():
    """Seven frequencies of 12 steps, each its own band; a channel that is constant in the real series has none."""
    mine, theirs = two_channels(0, holes=False), two_channels(2, holes=False)
    mean, deviation = theirs.mean(axis=(0, 1)), theirs.std(axis=(0, 1))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, 13) / 13)

    def by_hand(values):
        parts = (values - mean) / deviation * window[:, None]
        waves = np.exp(-2j * np.pi * np.outer(np.arange(7), np.arange(12)) / 12)
        return (np.abs(np.einsum("ft,ntc->nfc", waves, parts)) ** 2).mean(axis=0).T / (window**2).sum()

    np.testing.assert_allclose(spectrum(mine, theirs), by_hand(mine), rtol=1e-9)
    floor = 1e-4 * by_hand(theirs).mean(axis=1, keepdims=True)
    decibels = 10 * np.log10((by_hand(mine) + floor) / (by_hand(theirs) + floor))
    expected = np.sqrt(np.mean(decibels**2))
    assert spectral_distance(mine, theirs) == pytest.approx(expected, rel=1e-9)
    assert spectral_distance(theirs, theirs) == 0
    constant = [np.concatenate([side, np.full((30, 12, 1), 4.0)], axis=2) for side in (mine, theirs)]
    assert spectral_distance(*constant) == pytest.approx(expected, rel=1e-9)
    assert np.isnan(spectral_distance(mine * 0 + 1, theirs * 0 + 1))


def test_traits_of_a_series_by_hand():
    series = np.array([[[1.0], [3.0], [2.0], [6.0]], [[5.0], [5.0], [5.0], [np.nan]]])
    found = traits(series)
    values, change = series[0, :, 0], np.array([2.0, -1.0, 4.0])
    assert found[:, 0].tolist() == [4, 3]
    np.testing.assert_allclose(
        found[0, 1:8],
        [values.mean(), values.std(), 1, 6, change.mean(), change.std(), 4],
    )
    np.testing.assert_allclose(found[1, 1:8], [5, 0, 5, 5, 0, 0, 0], atol=1e-12)
    centred = values - 3
    products = [(centred[:-lag] * centred[lag:]).mean() / (centred**2).mean() for lag in (1, 2, 3)]
    np.testing.assert_allclose(found[0, 8:11], products)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, 5) / 5)
    np.testing.assert_allclose(found[0, 11:14], np.log(np.abs(np.fft.rfft(centred * window)) ** 2), rtol=1e-6)
    np.testing.assert_array_equal(found[0, 14:], values)
    assert traits(np.zeros((2, 100, 2))).shape == (2, 1 + 2 * (7 + 5 + 16 + 64))
    assert traits(np.zeros((2, 1, 1))).shape == (2, 1 + 7 + 1 + 1)


def test_next_steps_leave_out_places_with_missing_values():
    series = np.arange(24.0).reshape(2, 6, 2)
    series[1, 3, 0] = np.nan
    past, after = next_steps(series, 2)
    expected = [
        (series[row, at : at + 2].T.ravel(), series[row, at + 2])
        for row in (0, 1)
        for at in range(4)
        if not np.isnan(series[row, at : at + 3]).any()
    ]
    np.testing.assert_array_equal(past, [inputs for inputs, _ in expected])
    np.testing.assert_array_equal(after, [target for _, target in expected])
    for back in (6, 7):
        empty = next_steps(series, back)
        assert [each.shape for each in empty] == [(0, back * 2), (0, 2)]
    assert len(next_steps(series[:1], 5)[0]) == 1
