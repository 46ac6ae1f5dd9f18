"""What goes in comes out: rate, level, length, and the waves themselves where they are learned."""

import json

import numpy as np
import pytest
import torch

import audio_samples
from sparring import modalities
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.audio.mel_scale import BANDS, decibels
from sparring.modalities.opening import open_data
from sparring.signals.faults import sounding
from sparring.signals.mel import mel_filters

AUDIO = modalities.get("audio")


def decibel(values):
    """The energy of each sound."""
    return 10 * np.log10(np.square(values).sum(axis=(1, 2)))


@pytest.fixture(scope="module")
def source():
    return audio_samples.source(60)


@pytest.mark.parametrize("value_range", ["symmetric", "unit"])
def test_waveforms_come_back_as_they_were(source, value_range):
    codec, values = AUDIO.codec_of("waveform", source, value_range), source.values(np.arange(30))
    tensor = codec.encode(values)
    assert (
        tensor.shape == (30, *codec.shape) and tensor.max() <= 1 and tensor.min() >= (value_range == "symmetric") * -1
    )
    decoded = codec.decode(tensor)
    last = np.minimum(sounding(decoded), sounding(values))
    for mine, theirs, end in zip(decoded, values, last - 20, strict=True):  # the end fades for 5 ms
        np.testing.assert_allclose(mine[:, :end], theirs[:, :end], atol=1e-6)
    assert np.abs(sounding(decoded) - sounding(values)).max() <= codec.mel.hop


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("value_range", ["symmetric", "unit"])
def test_mels_come_back_with_level_length_and_bands(channels, value_range):
    source = audio_samples.source(40, channels=channels)
    codec, values = AUDIO.codec_of("mel", source, value_range), source.values(np.arange(20))
    tensor = codec.encode(values)
    assert tensor.shape == (20, channels, BANDS, source.shape[1] // codec.mel.hop)
    decoded = codec.decode(tensor)
    assert decoded.shape == values.shape and decoded.dtype == np.float32
    difference = decibel(decoded) - decibel(values)
    assert np.abs(difference).max() < 2 and abs(difference.mean()) < 0.7
    assert np.abs(sounding(decoded) - sounding(values)).max() <= 4 * codec.mel.hop
    again = codec.encode(decoded)
    assert float((again - tensor).abs().mean()) < 0.05


def test_a_mel_is_the_logarithm_of_its_band():
    """A tone at full scale in the middle of a frame: its magnitude is half the sum of the window, A / 2 * size / 2."""
    rate, size = 8000, 512
    time = np.arange(64 * 128) / rate
    wave = 0.5 * np.cos(2 * np.pi * 1000 * time)  # bin 64, where band filters have some weight w
    filters = mel_filters(BANDS, size, rate)
    magnitudes = np.zeros(257)
    magnitudes[63:66] = 0.5 / 2 * size / 2 * np.array([0.5, 1, 0.5])  # a Hann window spreads to the neighbours
    expected = 20 * np.log10((filters @ magnitudes).clip(min=1e-10))
    strong = expected > expected.max() - 20
    found = decibels(torch.from_numpy(wave).float()[None, None], rate)[0, 0, :, 32].numpy()
    np.testing.assert_allclose(found[strong], expected[strong], atol=0.02)


@pytest.mark.parametrize("representation", ["mel", "waveform"])
def test_a_sound_depends_on_its_own_numbers_alone(source, representation, rng):
    codec = AUDIO.codec_of(representation, source)
    tensor = torch.from_numpy(rng.uniform(-1, 1, (5, *codec.shape)).astype(np.float32))
    whole = codec.decode(tensor)
    np.testing.assert_array_equal(whole[3:], codec.decode(tensor[3:]))
    assert codec.decode(tensor[:0]).shape == (0, *source.shape)


@pytest.mark.parametrize("representation", ["mel", "waveform"])
def test_any_numbers_give_a_sound_within_full_scale(source, representation):
    codec = AUDIO.codec_of(representation, source)
    tensor = torch.full((4, *codec.shape), 1e9)
    tensor[1], tensor[2], tensor[3] = float("nan"), -float("inf"), 0.9
    decoded = codec.decode(tensor)
    assert np.isfinite(decoded).all() and np.abs(decoded).max() <= 1


def test_silence_has_no_length(source):
    codec = AUDIO.codec_of("mel", source)
    decoded = codec.decode(torch.full((1, *codec.shape), -1.0))
    assert not decoded.any() and sounding(decoded).tolist() == [0]


def test_lengths_are_kept_where_every_sound_fills_the_window():
    rng = np.random.default_rng(0)
    full = rng.normal(0, 0.1, (30, 1024)).astype(np.float32)
    codec = AUDIO.fit_codec(open_data(full, {"rate": 4000}, OpenContext(modalities=("audio",))))
    assert codec.end is None
    assert (sounding(codec.decode(torch.full((3, *codec.shape), -0.9))) == 1024).all()


@pytest.mark.parametrize("representation", ["mel", "waveform"])
def test_the_description_is_the_codec(source, representation):
    codec = AUDIO.codec_of(representation, source)
    description = json.loads(json.dumps(codec.describe()))
    assert AUDIO.codec_from(description) == codec


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 8000},
        {"length": 1000},
        {"channels": 3},
        {"bits": 12},
        {"representation": "notes"},
        {"mel": {}},
        {"mel": None},
        {"peak": None},
        {"modality": "image"},
        {"value_range": None},
    ],
)
def test_damaged_descriptions_are_one_sentence(source, change):
    with pytest.raises(UserError, match=r"codec\.json"):
        AUDIO.codec_from({**AUDIO.fit_codec(source).describe(), **change})
