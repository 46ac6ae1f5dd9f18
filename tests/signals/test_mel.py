"""The filter bank against its definition, worked out by hand."""

import numpy as np
import pytest

from sparring.signals.mel import mel_filters, mel_inverse, to_hertz, to_mel


def test_the_scale_is_that_of_the_formula():
    np.testing.assert_allclose(to_mel(np.array([0, 700, 1000])), [0, 2595 * np.log10(2), 999.9855], atol=1e-3)
    np.testing.assert_allclose(to_hertz(to_mel(np.array([20.0, 440, 8000]))), [20, 440, 8000])


def test_a_small_bank_by_hand():
    """Two bands at 8 kHz; bins are 1 kHz apart. As mel is a logarithm of 1 + f / 700, whose highest value is 47 / 7, a
    third of it is the cube root of that.
    """
    root = (47 / 7) ** (1 / 3)
    first, second = 700 * (root - 1), 700 * (root**2 - 1)  # 620.6 and 1791.3 Hz
    expected = [
        [0, (second - 1000) / (second - first), 0, 0, 0],
        [0, (1000 - first) / (second - first), (4000 - 2000) / (4000 - second), 1000 / (4000 - second), 0],
    ]
    np.testing.assert_allclose(mel_filters(2, 8, 8000), expected, atol=1e-12)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_triangles_add_up_to_one_between_the_first_centre_and_the_last(rate):
    size = 4 * 2 ** round(np.log2(rate / 62.5))
    filters = mel_filters(64, size, rate)
    centres = to_hertz(np.linspace(0, to_mel(np.array(rate / 2)), 66))
    bins = np.arange(size // 2 + 1) * rate / size
    inside = (bins >= centres[1]) & (bins <= centres[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[inside], 1, atol=1e-12)
    assert filters.min() == 0 and filters.max() <= 1 and (filters.sum(axis=1) > 0).all()


def test_the_inverse_keeps_the_bands():
    """Of spectra that a bank has seen, the pseudo-inverse gives ones with the same bands, the smallest by squares."""
    filters = mel_filters(32, 512, 8000)
    bands = filters @ np.random.default_rng(0).random(257)
    found = mel_inverse(filters) @ bands
    np.testing.assert_allclose(filters @ found, bands, atol=1e-9)
    other = found + (np.eye(257) - mel_inverse(filters) @ filters) @ np.random.default_rng(1).normal(size=257)
    np.testing.assert_allclose(filters @ other, bands, atol=1e-9)
    assert np.linalg.norm(other) > np.linalg.norm(found)


def test_too_many_bands_are_refused():
    with pytest.raises(ValueError, match="200 bands are too many for spectra of 256 samples at 8000 Hz"):
        mel_filters(200, 256, 8000)
