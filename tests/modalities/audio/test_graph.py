"""Codecs of sounds as graphs: real arithmetic and products give the waves that the codec gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import audio_samples
from sparring.modalities.audio.codec import fit_codec
from sparring.modalities.audio.graph import Spectra, decode_module
from sparring.signals.stft import istft, stft


def test_spectra_are_those_of_the_transform():
    waves = torch.randn(2, 1, 640, generator=torch.Generator().manual_seed(0))
    spectra = Spectra(256, 64, 10)
    found, expected = spectra.of(waves), stft(waves, 256, 64)
    assert torch.allclose(found[..., :129], expected.real.transpose(-1, -2), atol=1e-4)
    assert torch.allclose(found[..., 129:], expected.imag.transpose(-1, -2), atol=1e-4)
    assert torch.allclose(spectra.waves(found), istft(expected, 256, 64), atol=1e-5)
    assert torch.allclose(spectra.waves(found), waves, atol=1e-5)


@pytest.mark.parametrize("value_range", ["symmetric", "unit"])
@pytest.mark.parametrize("representation", ["mel", "waveform"])
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds_are_decoded_as_the_codec_does(representation, channels, value_range):
    source = audio_samples.source(60, "none", channels)
    codec = fit_codec(source, value_range, representation)
    tensor = codec.encode(source.values(np.arange(6)))
    tensor = torch.cat([tensor, 3 * tensor[:1] - 1, torch.zeros_like(tensor[:1]) - 1])  # beyond the range; silence
    for end in (None, codec.end, 0.2 * (1 if representation == "mel" else codec.peak)):
        each = replace(codec, end=end)
        expected, found = each.decode(tensor), decode_module(each)(tensor).numpy()
        assert found.shape == expected.shape and np.abs(expected).max() > 0.1
        np.testing.assert_array_equal(found == 0, expected == 0) if end is not None else None
        np.testing.assert_allclose(found, expected, atol=2e-4)
