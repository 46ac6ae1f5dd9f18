"""Waves from magnitudes: nearer with each step, faster with momentum, and exact where the phases are right."""

import math

import pytest
import torch

from sparring.signals.griffin_lim import griffin_lim, inconsistency
from sparring.signals.stft import istft, stft

SIZE, HOP = 256, 64


@pytest.fixture
def magnitudes():
    time = torch.arange(32 * HOP) / 8000
    tone = torch.sin(2 * math.pi * (300 * time + 900 * time.square())) * torch.exp(-3 * time)
    return stft(tone + 0.01 * torch.randn(len(time)), SIZE, HOP).abs()


def errors(magnitudes, momentum):
    return [
        float(inconsistency(magnitudes, griffin_lim(magnitudes, SIZE, HOP, steps, momentum), SIZE, HOP))
        for steps in (0, 1, 4, 16, 64)
    ]


def test_without_momentum_no_step_is_a_step_back(magnitudes):
    """Griffin & Lim 1984: the distance to the magnitudes never grows."""
    found = errors(magnitudes, 0.0)
    assert found == sorted(found, reverse=True) and found[-1] < 0.7 * found[1]


def test_momentum_comes_nearer_in_as_many_steps(magnitudes):
    assert errors(magnitudes, 0.99)[3] < errors(magnitudes, 0.0)[3]


def test_a_step_is_the_projection_of_the_paper(magnitudes):
    """One step without momentum, from the beginning that no step gives."""
    started = griffin_lim(magnitudes, SIZE, HOP, 0)
    phases = stft(started, SIZE, HOP)
    expected = istft(magnitudes * phases / phases.abs(), SIZE, HOP)
    torch.testing.assert_close(griffin_lim(magnitudes, SIZE, HOP, 1), expected, rtol=1e-4, atol=1e-5)


def test_equal_magnitudes_give_equal_waves(magnitudes):
    first = griffin_lim(magnitudes, SIZE, HOP, 4)
    torch.randn(3)  # another state of torch's own generator
    assert torch.equal(first, griffin_lim(magnitudes, SIZE, HOP, 4))


def test_silence_stays_silent():
    assert float(griffin_lim(torch.zeros(129, 8), SIZE, HOP, 8).abs().max()) < 1e-9
