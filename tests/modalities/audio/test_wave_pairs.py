"""Pairs that are made of sounds: what is damaged, by how much, and how both sides are encoded."""

import numpy as np
import pytest

import audio_samples
from sparring.config.sound_degradation import RANGES, SoundDegradation
from sparring.data.contents import ArrayPart, Contents
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.audio import modality
from sparring.modalities.audio.degradations import coloured_noise, degraded
from sparring.modalities.audio.options import AudioOptions
from sparring.modalities.audio.source import build
from sparring.modalities.audio.wave_pairs import WavePairs

RATE = 8000


def one(kind, strength, **more):
    return [SoundDegradation(kind=kind, minimum=strength, maximum=strength, **more)]


def wave(seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * sum(np.sin(2 * np.pi * pitch * time) for pitch in (200, 1500, 3000))[None].astype(np.float32)


def test_noise_and_hum_are_as_loud_as_asked(rng):
    clean = wave()
    for kind in ("noise", "hum"):
        added = degraded(clean, one(kind, 5.0), rng, RATE) - clean
        assert 10 * np.log10(np.square(clean).sum() / np.square(added).sum()) == pytest.approx(5, abs=0.01)
    real = degraded(clean, one("noise", 10.0), rng, RATE, lambda rng: np.ones_like(clean))
    np.testing.assert_allclose(real - clean, np.sqrt(np.square(clean).mean() / 10), rtol=1e-3)


def test_drawn_noise_has_colours(rng):
    slopes = []
    for _ in range(30):
        power = np.abs(np.fft.rfft(coloured_noise((1, 8000), rng)[0])) ** 2
        slopes.append(np.log(power[1000:2000].mean() / power[10:20].mean()) / np.log(100))
    assert min(slopes) < -1.5 and max(slopes) > -0.5


def test_a_narrow_band_loses_what_is_above_and_nothing_below(rng):
    clean = wave()
    made = degraded(clean, one("narrow_band", 0.5), rng, RATE)
    before, after = (np.abs(np.fft.rfft(each[0])) for each in (clean, made))
    assert after[3000] < 1e-3 * before[3000]
    np.testing.assert_allclose(after[[200, 1500]], before[[200, 1500]], rtol=0.01)  # and without delay
    phases = [np.angle(np.fft.rfft(each[0])[200]) for each in (clean, made)]
    assert phases[0] == pytest.approx(phases[1], abs=0.01)


def test_clipping_packets_and_echoes(rng):
    clean = wave()
    assert np.abs(degraded(clean, one("clipping", 0.4), rng, RATE)).max() == pytest.approx(0.4 * np.abs(clean).max())
    holes = [(degraded(clean, one("packet_loss", 0.2), rng, RATE) == 0).mean() for _ in range(60)]
    assert np.mean(holes) == pytest.approx(0.2, abs=0.04)
    click = np.zeros((1, RATE), np.float32)
    click[0, 10] = 1
    echo = degraded(click, one("reverberation", 0.4), rng, RATE)[0]
    assert echo[10] == pytest.approx(1) and np.abs(echo[:10]).max() < 1e-9
    energy = np.square(echo[11:])
    early, late = energy[400:800].mean(), energy[2000:2400].mean()
    assert 10 * np.log10(early / late) == pytest.approx(60 * 1600 / RATE / 0.4, abs=4)


def test_the_order_the_probability_and_the_seed_decide(rng):
    clean = wave()
    never = degraded(clean, one("noise", 0.0, probability=1e-9), rng, RATE)
    np.testing.assert_array_equal(never, clean)
    source = audio_samples.source(40, "none")
    pairs = WavePairs(source, one("noise", 10.0))
    first, again, other = (pairs.input_values(np.arange(4), "train", seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(pairs.values(np.arange(4)), source.values(np.arange(4)))
    np.testing.assert_array_equal(first[2:], pairs.input_values(np.arange(2, 4), "train", 1))


@pytest.mark.parametrize("kind", RANGES)
def test_impossible_strengths_are_refused(kind):
    low, high = RANGES[kind]
    for minimum, maximum in ((low - 1, high), (low, high + 1), (high, low)):
        with pytest.raises(ValueError, match=f"the strength of '{kind}' is between"):
            SoundDegradation(kind=kind, minimum=minimum, maximum=maximum)


def speech_and_noise(train=20, test=8):
    """Tones, and constant noises in a class of that name, in both splits."""
    rng, parts = np.random.default_rng(0), []
    for split, count in (("train", train), ("test", test)):
        tones, _ = audio_samples.tones(count, seed=train + count)
        noise = (0.5 if split == "train" else -0.5) * np.ones_like(tones)
        noise += 0.01 * rng.normal(size=noise.shape).astype(np.float32)
        labels = ["voice"] * count + ["noise"] * count
        whole = np.rint(32767 * np.concatenate([tones, noise])).astype(np.int16)
        parts.append(ArrayPart(split, whole, labels, split))
    contents = Contents(arrays=parts, labelled_by="the test")
    return build("both", contents, AudioOptions(rate=audio_samples.RATE), OpenContext())


def test_sounds_of_the_class_noise_are_the_noise_of_their_split():
    source = speech_and_noise()
    pairs = WavePairs(source, one("noise", 0.0))
    assert 0 < pairs.count("train") < source.count("train") and pairs.classes == ()
    assert any("are noises for the other" in note for note in pairs.notes)
    for split in ("train", "test"):
        indices = np.arange(pairs.count(split))
        clean, noisy = pairs.values(indices, split), pairs.input_values(indices, split)
        energy = np.square(noisy - clean).sum(axis=2) / np.square(clean).sum(axis=2)
        np.testing.assert_allclose(energy, 1, rtol=1e-3)
    plain = WavePairs(source, None)
    assert plain.count("train") == source.count("train")


@pytest.mark.parametrize(("degradations", "seen"), [(None, "mel"), (one("noise", 5.0), "waveform")])
@pytest.mark.parametrize("channels", [1, 2])
def test_codecs_return_and_say_what_goes_in(degradations, seen, channels):
    pairs = WavePairs(audio_samples.source(40, "none", channels), degradations)
    codec = modality.codec_of(None, pairs)
    again = modality.codec_from(codec.describe())
    assert again == codec and codec.input.seen == seen
    values = pairs.values(np.arange(3))
    np.testing.assert_allclose(codec.decode(codec.encode(values)), values, atol=1e-6)
    assert tuple(codec.input.encode(values).shape[1:]) == codec.input.shape
    assert codec.layout.rate == audio_samples.RATE and codec.layout.bands == 80


def test_a_changed_mel_recipe_is_refused():
    codec = modality.codec_of(None, WavePairs(audio_samples.source(40, "none"), None))
    for place, key, value, sentence in (
        ("mel", "bands", 64, "log-mel bands of another kind"),
        ("mel", "low", -20.0, "log-mel bands of another kind"),
        ("mel", "rate", 8000, "codec.json is damaged"),
        (None, "peak", 0.0, "codec.json is damaged"),
    ):
        described = codec.describe()
        output = {**described["output"], "mel": dict(described["output"]["mel"])}
        (output["mel"] if place else output)[key] = value
        with pytest.raises(UserError, match=sentence):
            modality.codec_from({**described, "output": output})
    for missing in ("seen", "level", "output"):
        described = codec.describe()
        del described[missing]
        with pytest.raises(UserError, match=r"codec.json is damaged"):
            modality.codec_from(described)
