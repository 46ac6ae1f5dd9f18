"""The transform against torch's own and against its sum, and the inverse against the wave."""

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from sparring.signals.stft import istft, stft, window

SIZES = [(512, 128), (256, 64), (64, 32), (48, 16)]


@pytest.mark.parametrize(("size", "hop"), SIZES)
def test_it_equals_torchs(size, hop):
    waves = torch.randn(2, 3, 10 * hop, dtype=torch.float64)
    edge = (size - hop) // 2
    theirs = torch.stft(
        pad(waves, (edge, edge)).flatten(0, 1),
        size,
        hop,
        window=window(size).double(),
        center=False,
        return_complex=True,
    )
    torch.testing.assert_close(stft(waves, size, hop).flatten(0, 1), theirs, rtol=1e-10, atol=1e-10)


def test_it_is_the_sum_of_the_definition():
    size, hop, wave = 8, 4, np.arange(1.0, 13.0)
    weights = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    padded = np.pad(wave, (size - hop) // 2)
    expected = [
        [
            sum(weights[n] * padded[frame * hop + n] * np.exp(-2j * np.pi * k * n / size) for n in range(size))
            for frame in range(3)
        ]
        for k in range(size // 2 + 1)
    ]
    np.testing.assert_allclose(stft(torch.from_numpy(wave), size, hop).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("size", "hop"), SIZES)
@pytest.mark.parametrize("hops", [1, 2, 9])
def test_the_inverse_gives_the_wave_back_to_the_last_sample(size, hop, hops):
    waves = torch.randn(2, hops * hop, dtype=torch.float64)
    torch.testing.assert_close(istft(stft(waves, size, hop), size, hop), waves, rtol=1e-9, atol=1e-9)


def test_the_inverse_is_the_nearest_wave():
    """Of spectra that no wave has, the inverse is a minimum: every other wave is farther away by least squares."""
    spectra = torch.randn(33, 6, dtype=torch.complex128)
    spectra[0].imag.zero_()  # the first and the last bin of a real wave are real
    spectra[-1].imag.zero_()
    best = istft(spectra, 64, 16)

    def distance(wave):
        difference = (stft(wave, 64, 16) - spectra).abs().square()
        difference[1:-1] *= 2  # these bins stand for two
        return float(difference.sum())

    for _ in range(5):
        assert distance(best) < distance(best + 1e-3 * torch.randn_like(best))


def test_gradients_flow_through_both():
    waves = torch.randn(1, 64, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: istft(2 * stft(x, 32, 8), 32, 8), waves)


@pytest.mark.parametrize(("size", "hop", "samples"), [(512, 100, 1000), (96, 96, 960), (512, 128, 1000)])
def test_sizes_that_do_not_go_together_are_refused(size, hop, samples):
    with pytest.raises(ValueError, match="do not go with|no whole number"):
        stft(torch.zeros(samples), size, hop)
