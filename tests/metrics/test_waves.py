"""Scores of waves against their targets: values worked out by hand, and those that the packages print."""

import numpy as np
import pytest

from sparring.metrics import waves
from sparring.metrics.heard_speech import PACKAGES, heard
from sparring.signals.levels import active_level
from sparring.signals.spectral_gate import spectral_gate

RATE = 8000


def noise(rng, count=3, samples=4000):
    return (0.1 * rng.normal(size=(count, 1, samples))).astype(np.float32)


def test_equal_waves_are_at_no_distance(rng):
    one = noise(rng)
    for distance in (waves.multi_resolution_distance, waves.log_spectral_distance, waves.mel_cepstral_distortion):
        np.testing.assert_allclose(distance(one, one, RATE), 0, atol=1e-12)
        assert (distance(noise(rng), one, RATE) > 0.1).all()
    np.testing.assert_allclose(waves.si_sdr(one, one), 100)


def test_twice_as_loud_is_six_decibels_and_no_other_colour(rng):
    one = noise(rng)
    np.testing.assert_allclose(waves.log_spectral_distance(2 * one, one, RATE), 20 * np.log10(2), rtol=0.01)
    np.testing.assert_allclose(waves.mel_cepstral_distortion(2 * one, one, RATE), 0, atol=1e-3)
    np.testing.assert_allclose(waves.multi_resolution_distance(2 * one, one, RATE), 1 + np.log(2), rtol=0.01)
    np.testing.assert_allclose(waves.si_sdr(2 * one + 0.3, one), 100)  # any level, any offset


def test_noise_a_tenth_as_loud_is_twenty_decibels_below(rng):
    one = noise(rng, 1, 40_000)
    other = rng.normal(size=one.shape)
    other -= (other * one).sum() / np.square(one).sum() * one
    other *= np.sqrt(np.square(one).sum() / np.square(other).sum()) / 10
    np.testing.assert_allclose(waves.si_sdr(one + other, one), 20, atol=0.05)


def test_silence_has_scores_too():
    zero = np.zeros((1, 1, 2000), np.float32)
    for distance in (waves.multi_resolution_distance, waves.log_spectral_distance, waves.mel_cepstral_distortion):
        assert distance(zero, zero, RATE) == 0
    assert waves.si_sdr(zero, zero) == 0


def test_the_level_is_that_of_what_sounds(rng):
    wave = 0.2 * np.sin(np.arange(RATE) * 0.3)[None]
    assert active_level(wave, RATE) == pytest.approx(0.2 / np.sqrt(2), rel=0.01)
    assert active_level(np.pad(wave, ((0, 0), (0, 5 * RATE))), RATE) == pytest.approx(0.2 / np.sqrt(2), rel=0.01)
    assert active_level(np.zeros((1, 100)), RATE) == 0 == active_level(np.zeros((1, 0)), RATE)


def test_a_gate_removes_constant_noise_and_leaves_what_is_loud(rng):
    import torch

    time = np.arange(4 * RATE) / RATE
    tone = np.where(time % 1 > 0.5, np.sin(2 * np.pi * 440 * time), 0)[None, None]
    noisy = tone + 0.05 * rng.normal(size=tone.shape)
    gated = spectral_gate(torch.from_numpy(noisy).float(), 512, 128).numpy()
    assert waves.si_sdr(gated, tone)[0] > waves.si_sdr(noisy, tone)[0] + 3


@pytest.mark.parametrize(("name", "best"), [("pesq", 4.64), ("stoi", 1.0)])
def test_scores_of_listeners_order_sounds_and_know_no_silence(rng, name, best):
    pytest.importorskip(PACKAGES[name])
    time = np.arange(2 * 16_000) / 16_000
    voice = sum(np.sin(2 * np.pi * 140 * order * time) / order for order in range(1, 20))
    clean = (0.1 * voice * (np.sin(2 * np.pi * 3 * time) > -0.3))[None, None].astype(np.float32)
    noisy = clean + 0.05 * rng.normal(size=clean.shape).astype(np.float32)
    assert heard(name, clean, clean, 16_000)[0] == pytest.approx(best, abs=0.02)
    assert heard(name, noisy, clean, 16_000)[0] < best - 0.05
    assert np.isnan(heard(name, clean[..., :50], 0 * clean[..., :50], 16_000)[0])
