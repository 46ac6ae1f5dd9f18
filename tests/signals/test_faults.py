"""Each alarm hears its fault, and none hears one in sounds without any."""

import numpy as np
import pytest

from sparring.signals.faults import FAULTS, faults

RATE, SAMPLES = 8000, 8000


def speech_like(rng):
    """A gliding tone with overtones and noise, its level rising and falling, with less and less power upwards."""
    time = np.arange(SAMPLES) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(3 * time)) / RATE
    voiced = sum(np.sin(order * phase) / order for order in range(1, 20))
    noise = np.convolve(rng.normal(size=SAMPLES), np.ones(4) / 4, mode="same")
    return 0.1 * (voiced + 0.2 * noise) * (0.2 + np.abs(np.sin(5 * time)))


def broken(name, sound):
    time = np.arange(SAMPLES) / RATE
    return {
        "silent": lambda: sound * 1e-4,
        "offset": lambda: sound + 0.1,
        "tone": lambda: 0.3 * np.sin(2 * np.pi * 440 * time) + 0.01 * sound,
        "stripe": lambda: sound + 0.02 * np.cos(np.pi * np.arange(SAMPLES) * 0.995),
        "clipped": lambda: (8 * sound).clip(-0.9, 0.9),
    }[name]()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_an_alarm_hears_its_fault_and_no_other(name, rng):
    sounds = np.stack([broken(name, speech_like(rng)), speech_like(rng)])
    found = faults(sounds)
    assert found[name].tolist() == [True, False]
    assert not any(found[other].any() for other in FAULTS if other != name)


@pytest.mark.parametrize("samples", [1, 3, 63])
def test_short_waves_are_heard_too(samples):
    assert set(faults(np.full((2, samples), 0.5))) == set(FAULTS)


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_noise_is_no_fault(scale, rng):
    assert not any(found.any() for found in faults(scale * rng.normal(size=(4, SAMPLES)).clip(-4, 4) / 8).values())
