"""`sparring apply` with runs that translate sounds: files of every kind come out as they went in."""

import numpy as np
import pytest
import soundfile

import audio_samples
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.evaluation.run import evaluate
from sparring.inference.apply import apply_files
from sparring.inference.export import export
from sparring.inference.generator import load_translator
from sparring.metrics.waves import si_sdr
from sparring.reports.html import write_report

RECIPES = ("vocoder", "enhance-speech", "extend-speech")
RATE = audio_samples.RATE


@pytest.fixture(scope="module", params=RECIPES)
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("translators") / request.param
    settings = smoke_settings(request.param, examples=32, tick=16, batch=4)
    source = audio_samples.source(40, "none")
    return api.train(source, request.param, folder, settings=settings, device="cpu", console=Callback()).path


@pytest.fixture(scope="module")
def vocoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocoder") / "run"
    settings = smoke_settings("vocoder", examples=32, tick=16, batch=4)
    source = audio_samples.source(40, "none")
    return api.train(source, "vocoder", folder, settings=settings, device="cpu", console=Callback()).path


def sound(samples, channels=1, rate=RATE, seed=0):
    rng, time = np.random.default_rng(seed), np.arange(samples) / rate
    tones = [0.3 * np.sin(2 * np.pi * (300 + 100 * channel) * time) for channel in range(channels)]
    return (np.stack(tones, axis=1) + 0.01 * rng.normal(size=(samples, channels))).astype(np.float32)


GOOD = {  # name -> channels, rate, samples, format, subtype
    "sixteen.wav": (1, RATE, 4001, "WAV", "PCM_16"),
    "eight.wav": (1, RATE, 3000, "WAV", "PCM_U8"),
    "deep.wav": (2, 48_000, 30_011, "WAV", "PCM_24"),
    "float.wav": (1, 22_050, 9001, "WAV", "FLOAT"),
    "surround.wav": (6, RATE, 2500, "WAV", "PCM_16"),
    "three.wav": (1, RATE, 3, "WAV", "PCM_16"),
    "lossless.flac": (1, 44_100, 20_000, "FLAC", "PCM_16"),
    "inside/vorbis.ogg": (1, 16_000, 12_345, "OGG", "VORBIS"),
    "really_flac.wav": (1, RATE, 3333, "FLAC", "PCM_16"),
    "aiff.aiff": (1, RATE, 2001, "AIFF", "PCM_16"),
}


@pytest.fixture
def zoo(tmp_path):
    folder = tmp_path / "zoo"
    (folder / "inside").mkdir(parents=True)
    for name, (channels, rate, samples, kind, subtype) in GOOD.items():
        data = audio_samples.encoded(sound(samples, channels, rate), rate, kind, subtype)
        (folder / name).write_bytes(data)
    whole = (folder / "sixteen.wav").read_bytes()
    (folder / "empty.wav").write_bytes(b"")
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (folder / "cut.flac").write_bytes((folder / "lossless.flac").read_bytes()[:900])
    (folder / "words.wav").write_bytes(b"no sound at all, but words\n" * 40)
    (folder / "nan.wav").write_bytes(audio_samples.encoded(np.full(3000, np.nan, np.float32), RATE, subtype="FLOAT"))
    (folder / "silent.wav").write_bytes(audio_samples.encoded(np.zeros(2222, np.int16)))
    clipped = np.clip(4 * sound(4000), -1, 1)
    (folder / "clipped.wav").write_bytes(audio_samples.encoded(clipped))
    (folder / "notes.txt").write_text("not a sound")
    return folder


BROKEN = {"empty.wav": "an empty file", "cut.wav": "ends early", "words.wav": "not a sound", "nan.wav": "not finite"}


def test_files_keep_rate_channels_length_format_and_depth(run, zoo, tmp_path):
    told = []

    class Told(Callback):
        def note(self, text):
            told.append(text)

    results = {
        str(each.path.relative_to(zoo)): each for each in apply_files(run, zoo, tmp_path / "out", console=Told())
    }
    assert any("notes.txt" in text for text in told)
    assert set(results) == {*GOOD, *BROKEN, "cut.flac", "silent.wav", "clipped.wav"}
    for name, reason in BROKEN.items():
        assert results[name].out is None and reason in results[name].reason, results[name]
    assert results["cut.flac"].out is None
    widens = run.name == "extend-speech"
    for name, (channels, rate, samples, kind, subtype) in GOOD.items():
        info = soundfile.info(str(results[name].out))
        assert (info.channels, info.format, info.subtype) == (channels, kind, subtype), name
        assert (info.samplerate, info.frames) == (rate, samples), name
        made, _ = soundfile.read(str(results[name].out))
        assert np.isfinite(made).all()
        assert ("is not kept" in results[name].note) == (rate > RATE), (widens, results[name].note)
    silent, _ = soundfile.read(str(results["silent.wav"].out))
    assert len(silent) == 2222 and not silent.any()


def test_a_long_file_is_made_in_parts_as_in_one(run, monkeypatch):
    translator = load_translator(run)
    wave = sound(64 * 700).T
    whole = translator.wave(wave)
    monkeypatch.setattr("sparring.inference.sound_translator.PART", 128)
    error = np.abs(translator.wave(wave) - whole).max()
    assert error < 1e-3 * np.abs(whole).max()  # -60 dB


def test_a_quiet_file_comes_out_as_quiet_and_nothing_is_late(run):
    translator = load_translator(run)
    wave = sound(6000).T
    loud, quiet = translator.wave(wave), translator.wave(wave / 16)
    np.testing.assert_allclose(16 * quiet, loud, atol=2e-3)
    if run.name != "vocoder":  # whose phases are its own
        lags = np.correlate(loud[0, 1000:5000], wave[0, 1000:5000], "full")
        assert lags.argmax() == 3999
        assert si_sdr(loud[None], wave[None])[0] > 10  # as good as untrained, it leaves things alone


def test_a_lower_rate_is_raised_where_frequencies_are_added(tmp_path, run):
    path = tmp_path / "phone.wav"
    path.write_bytes(audio_samples.encoded(sound(1501, rate=2000), 2000))
    (result,) = apply_files(run, path, tmp_path / "out.wav")
    info = soundfile.info(str(result.out))
    if run.name == "extend-speech":
        assert (info.samplerate, info.frames) == (RATE, 3002) and "written with 4,000" in result.note
    else:
        assert (info.samplerate, info.frames) == (2000, 1501) and not result.note


def test_other_formats_by_the_name_of_the_result(vocoder, zoo, tmp_path):
    for suffix, kind in ((".flac", "FLAC"), (".ogg", "OGG"), (".wav", "WAV")):
        (result,) = apply_files(vocoder, zoo / "float.wav", tmp_path / f"out{suffix}")
        assert soundfile.info(str(result.out)).format == kind
        assert soundfile.info(str(result.out)).frames == 9001
    (result,) = apply_files(vocoder, zoo / "float.wav", tmp_path / "out.xyz")
    assert result.out is None and "cannot be written as .xyz" in result.reason


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"ensemble": True}, "--ensemble is for pictures"),
        ({"mask": "x.png"}, "--mask is for pictures and films"),
        ({"data_range": "0,1"}, "--data-range is for pictures and films"),
        ({"temporal_smoothing": 0.5}, "--temporal-smoothing is for pictures and films"),
        ({"reverse": True}, "one direction only"),
    ],
)
def test_options_of_pictures_are_refused(vocoder, zoo, tmp_path, option, sentence):
    with pytest.raises(UserError, match=sentence):
        list(apply_files(vocoder, zoo, tmp_path / "out", **option))


def test_inputs_are_never_overwritten(vocoder, zoo, tmp_path):
    with pytest.raises(UserError, match="would lie among the inputs"):
        list(apply_files(vocoder, zoo, zoo / "new"))
    with pytest.raises(UserError, match="its results need one too"):
        list(apply_files(vocoder, zoo, tmp_path / "out.wav"))
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match="holds no sounds"):
        list(apply_files(vocoder, tmp_path / "none", tmp_path / "out"))


def test_what_only_pictures_can_do_so_far_says_so(vocoder, tmp_path):
    with pytest.raises(UserError, match="translates sounds, which only"):
        export(vocoder, tmp_path / "x.onnx")


def test_an_evaluation_has_every_score_beside_what_learns_nothing(run):
    found = evaluate(run, audio_samples.source(40, "none"), console=Callback())
    names = {"multi_resolution_distance", "log_spectral_distance", "mel_cepstral_distortion"}
    names |= set() if run.name == "vocoder" else {"si_sdr"}
    assert names <= set(found.scores)
    assert all(found.scores[name].trivial is not None for name in names)
    assert (f"{next(iter(names))}_gate" in found.scores) == (run.name != "vocoder")
    page = write_report(run).read_text()
    assert "log-spectral distance" in page and "<audio controls" in page
    card = (run / "README.md").read_text()
    assert "sparring apply RUN sounds/ -o out/" in card and "audio-to-audio" in card


def test_a_folder_with_everything_in_it_trains_and_names_what_is_left_out(zoo, tmp_path):
    settings = smoke_settings("vocoder", examples=16, tick=16, batch=4)
    for number in range(4):
        (zoo / f"more{number}.wav").write_bytes(audio_samples.encoded(sound(5000, seed=number)))
    told = []

    class Told(Callback):
        def note(self, text):
            told.append(text)

    run = api.train(zoo, "vocoder", tmp_path / "run", settings=settings, device="cpu", console=Told())
    said = " ".join(told)
    assert "Files skipped" in said and "clipped" in said
    assert (run.path / "generator.safetensors").is_file()


def test_wrong_recipes_and_data_are_one_sentence(tmp_path):
    source = audio_samples.source(40, "none")

    def train(recipe, **settings):
        more = {**smoke_settings(recipe), **settings}
        return api.train(source, recipe, tmp_path / "x", settings=more, device="cpu", console=Callback())

    with pytest.raises(UserError, match="needs a generator of waves"):
        train("vocoder", **{"players.generator.network": "wavegan-generator", "players.generator.options": {}})
    with pytest.raises(UserError, match="the strength of 'noise' is between -20 and 60"):
        train("enhance-speech", **{"algorithm.degradations": [{"kind": "noise", "minimum": 90, "maximum": 99}]})
    with pytest.raises(UserError, match="leave value_range at symmetric"):
        train("vocoder", value_range="unit")
