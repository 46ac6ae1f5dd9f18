"""Films as tensors and back, and what a damaged codec.json is answered with."""

import numpy as np
import pytest
import torch

import video_samples
from sparring import modalities
from sparring.errors import UserError

VIDEO = modalities.get("video")


@pytest.mark.parametrize("value_range", ["symmetric", "unit"])
def test_every_value_comes_back(value_range):
    source = video_samples.source(20, channels=3)
    codec = VIDEO.fit_codec(source, value_range)
    values = np.arange(256, dtype=np.uint8).repeat(12)[: np.prod((2, *source.shape))]
    values = np.resize(values, (2, *source.shape)).astype(np.uint8)
    encoded = codec.encode(values)
    low = -1 if value_range == "symmetric" else 0
    assert encoded.dtype == torch.float32 and encoded.min() >= low and encoded.max() <= 1
    np.testing.assert_array_equal(codec.decode(encoded), values)
    assert VIDEO.codec_from(codec.describe()) == codec


def test_any_number_of_frames_is_decoded_and_what_is_no_number_is_black():
    codec = VIDEO.fit_codec(video_samples.source(20))
    tensor = torch.full((1, 30, *codec.shape[1:]), 0.5)
    tensor[0, 3] = float("nan")
    made = codec.decode(tensor)
    assert made.shape == (1, 30, *codec.shape[1:]) and (made[0, 3] == 0).all() and (made[0, 4] == 191).all()


@pytest.mark.parametrize("damage", [{"fps": 0}, {"channels": 2}, {"frames": None}, {"value_range": "other"}])
def test_a_damaged_description_is_refused(damage):
    description = VIDEO.fit_codec(video_samples.source(20)).describe()
    with pytest.raises(UserError, match="damaged"):
        VIDEO.codec_from({**description, **damage})
    with pytest.raises(UserError, match="not a description of films"):
        VIDEO.codec_from({**description, "modality": "image"})


def test_rates_that_cannot_be_are_refused():
    codec = VIDEO.fit_codec(video_samples.source(20))
    assert VIDEO.codec_at(codec, 12).fps == 12
    for rate in (0, -1, 1e4, float("nan")):
        with pytest.raises(UserError, match="cannot be played"):
            VIDEO.codec_at(codec, rate)
