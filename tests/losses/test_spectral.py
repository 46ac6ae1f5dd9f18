"""Losses by spectra: values worked out by hand, gradients, and what they ignore."""

import math

import pytest
import torch

from sparring.losses import spectral


def waves(seed=0, count=3, samples=512):
    return torch.randn(count, 1, samples, generator=torch.Generator().manual_seed(seed))


def test_equal_waves_have_no_distance_and_phases_count_in_one_loss_alone():
    one = waves()
    banks = [(64, torch.rand(5, 33, generator=torch.Generator().manual_seed(1)))]
    for loss in (
        lambda a, b: spectral.multi_resolution(a, b, (32, 64)),
        lambda a, b: spectral.mel_distance(a, b, banks),
        lambda a, b: spectral.compressed_distance(a, b, (32, 64)),
    ):
        assert float(loss(one, one)) == 0
        assert float(loss(waves(2), one)) > 0.1
    assert float(spectral.multi_resolution(-one, one, (32, 64))) == pytest.approx(0, abs=1e-6)
    assert float(spectral.compressed_distance(-one, one, (32, 64))) > 0.1


def test_half_the_magnitude_is_half_of_convergence_and_the_logarithm_of_two():
    wanted = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(0)) + 0.5
    assert float(spectral.spectral_convergence(wanted / 2, wanted)) == pytest.approx(0.5)
    assert float(spectral.log_magnitude_distance(wanted / 2, wanted)) == pytest.approx(math.log(2))


def test_a_batch_may_be_split():
    one, other = waves(0, 4), waves(1, 4)
    for loss in (spectral.multi_resolution, spectral.compressed_distance):
        parts = [float(loss(one[rows], other[rows], (64,))) for rows in (slice(0, 2), slice(2, 4))]
        assert float(loss(one, other, (64,))) == pytest.approx(sum(parts) / 2, rel=1e-5)


def test_gradients_are_finite_where_a_wave_is_silent():
    silent = torch.zeros(1, 1, 256, requires_grad=True)
    total = spectral.multi_resolution(silent, waves(0, 1, 256), (32, 64))
    total = total + spectral.compressed_distance(silent, waves(0, 1, 256), (32,))
    total.backward()
    assert torch.isfinite(silent.grad).all()


def test_parts_are_cut_where_they_were_asked():
    wave = torch.arange(20.0).reshape(2, 1, 10)
    found = spectral.cut(wave, torch.tensor([0, 6]), 3)
    assert found.tolist() == [[[0, 1, 2]], [[16, 17, 18]]]
