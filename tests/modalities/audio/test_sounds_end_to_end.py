"""A run of sounds from the command line's verbs: what is written, shown and refused."""

import csv
import io
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

import audio_samples
import sparring
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.evaluation.run import evaluate
from sparring.inference.explore import explore_files
from sparring.inference.generate import generate_files
from sparring.inference.interpolate import interpolate_file
from sparring.inference.invert import invert_file
from sparring.reports.html import write_report


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds") / "run"
    source = audio_samples.source(60)
    settings = smoke_settings("sound")
    return api.train(source, None, folder, settings=settings, device="cpu", console=Callback()).path


def test_sound_is_the_recipe_of_sounds(run):
    text = (run / "recipe.yaml").read_text()
    assert "name: sound" in text and "representation: mel" in text


def test_a_folder_holds_a_wav_each_at_the_rate_of_the_data(run, tmp_path):
    paths = generate_files(run, tmp_path / "new", 6, seed=4)
    assert [path.name for path in paths] == [*(f"{number:06d}.wav" for number in range(6)), "labels.csv"]
    sounds = sparring.load(run).generate(6, seed=4)
    for path, expected in zip(paths, sounds, strict=False):
        with wave.open(str(path)) as file:  # another reader than the writer
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (audio_samples.RATE, 1, 2)
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        np.testing.assert_allclose(samples / 32768, expected, atol=0.51 / 32768)
    rows = list(csv.reader(io.StringIO(paths[-1].read_text())))
    assert rows[0] == ["file", "label"] and {label for _, label in rows[1:]} <= {"low", "high"}


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_one_file_holds_one_sound_or_several_after_another(run, tmp_path, suffix):
    told = []
    (single,) = generate_files(run, tmp_path / f"one{suffix}", 1, seed=2, note=told.append)
    (several,) = generate_files(run, tmp_path / f"all{suffix}", 3, seed=2, note=told.append)
    sounds = sparring.load(run).generate(3, seed=2)
    gap = round(0.15 * audio_samples.RATE)
    assert soundfile.info(str(single)).frames == len(sounds[0])
    assert soundfile.info(str(several)).frames == sum(map(len, sounds)) + 2 * gap
    assert soundfile.info(str(several)).format == suffix[1:].upper()
    assert len(told) == 1 and "holds 3 sounds one after another" in told[0]


def test_zip_npz_and_pictures(run, tmp_path):
    (packed,) = generate_files(run, tmp_path / "new.zip", 3)
    assert zipfile.ZipFile(packed).namelist() == ["000000.wav", "000001.wav", "000002.wav", "labels.csv"]
    (arrays,) = generate_files(run, tmp_path / "new.npz", 3)
    with np.load(arrays) as file:
        assert file["sounds"].shape == (3, 1, 1024) and file["rate"] == audio_samples.RATE
        sounds = sparring.load(run).generate(3)
        assert file["lengths"].tolist() == [len(sound) for sound in sounds]
    (sheet,) = generate_files(run, tmp_path / "grid", 4, grid=True)
    assert sheet.name == "grid.png"


def test_what_cannot_be_written_or_asked_is_one_sentence(run, tmp_path):
    with pytest.raises(UserError, match=r"Sounds cannot be written as \.mp3"):
        generate_files(run, tmp_path / "new.mp3", 1)
    with pytest.raises(UserError, match="a length is for series and films, and this model was trained on sounds"):
        generate_files(run, tmp_path / "new.wav", 1, length=9)
    with pytest.raises(UserError, match="is no usable sound"):
        invert_file(run, Path(__file__), tmp_path / "x.png")


def test_previews_can_be_seen_and_heard(run):
    files = sorted(path.name for path in (run / "samples").iterdir())
    assert files == [f"0000000{seen}{suffix}" for seen in (32, 64, 96) for suffix in (".png", ".wav")]
    assert soundfile.info(str(run / "samples" / files[1])).samplerate == audio_samples.RATE
    page = write_report(run).read_text()
    assert '<audio controls src="data:audio/wav;base64,UklGR' in page and "media-src data:" in page


def test_latents_are_walked_explored_and_found(run, tmp_path):
    assert interpolate_file(run, tmp_path / "walk.png", 2, 3).is_file()
    assert {path.suffix for path in explore_files(run, tmp_path / "explored")} >= {".png", ".wav"}
    generate_files(run, tmp_path / "one.wav", 1)
    assert invert_file(run, tmp_path / "one.wav", tmp_path / "found.png", steps=3)


def test_an_evaluation_knows_faults_and_shows_both_sides(run):
    found = evaluate(run, audio_samples.source(60), samples=24, console=Callback())
    assert {"frechet_distance", "coverage", "label_agreement", "faulty_share"} <= set(found.scores)
    assert (run / "generated_and_real.png").is_file()


@pytest.mark.parametrize("recipe", ["sound", "wave"])
def test_three_sounds_are_enough(recipe, tmp_path):
    source = audio_samples.source(3, labels="none")
    run = api.train(source, recipe, tmp_path / "run", settings=smoke_settings(recipe), device="cpu", console=Callback())
    assert len(sparring.load(run.path).generate(2)) == 2


def test_fine_tuning_opens_other_data_at_the_rate_of_the_run(run, tmp_path):
    """Sounds of 8 kHz beside a run of 4 kHz: they are resampled, not played at half their speed."""
    waves, labels = audio_samples.tones(24, seed=5, rate=8000)
    for number, (samples, label) in enumerate(zip(waves, labels, strict=True)):
        (tmp_path / "other" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / label / f"{number}.wav").write_bytes(audio_samples.encoded(samples, 8000))
    settings = {key: value for key, value in smoke_settings("sound").items() if "options" not in key}
    tuned = sparring.train(
        tmp_path / "other", init_from=run, out=tmp_path / "tuned", settings=settings, device="cpu", callbacks=[]
    )
    gan = sparring.load(tuned.path)
    assert (gan.codec.rate, gan.codec.length) == (audio_samples.RATE, 1024)
