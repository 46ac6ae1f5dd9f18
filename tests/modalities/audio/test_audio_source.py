"""Folders, archives, files and arrays of sounds as sources."""

import io
import tarfile
import zipfile

import numpy as np
import pytest

import audio_samples
from audio_samples import RATE, encoded, tones
from sparring import modalities
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.opening import modality_of, open_data
from sparring.signals.faults import sounding

ONLY_SOUNDS = OpenContext(modalities=("audio",))


def files(count=24, **options):
    """Names and bytes of sounds in two folders of classes."""
    waves, labels = tones(count)
    return {
        f"{label}/{number:02d}.wav": encoded(wave[: sounding(wave[None, None])[0]], **options)
        for number, (wave, label) in enumerate(zip(waves, labels, strict=True))
    }


def folder(path, contents):
    for name, data in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def test_a_folder_a_zip_and_a_tar_are_one_source(tmp_path):
    contents = files()
    plain = open_data(folder(tmp_path / "plain", contents))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    with tarfile.open(tmp_path / "packed.tar", "w") as archive:
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    for name in ("packed.zip", "packed.tar"):
        source = open_data(tmp_path / name)
        assert source.content_hash == plain.content_hash and source.name == "packed"
    assert (plain.modality, plain.classes, plain.rate) == ("audio", ("high", "low"), RATE)
    assert plain.count() + plain.count("test") == 24 and plain.count("test") == 8


def test_samples_are_those_of_the_files(tmp_path):
    waves = [np.rint(wave * 32767).astype(np.int16) for wave in tones(12)[0]]
    source = open_data(folder(tmp_path, {f"{number}.wav": encoded(wave) for number, wave in enumerate(waves)}))
    found = np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])
    mine = {(value[0, : len(waves[0])] * 32768).astype(np.int16).tobytes() for value in found}
    assert mine == {wave.tobytes() for wave in waves}


@pytest.mark.parametrize(
    ("kind", "subtype", "bits"),
    [("FLAC", "PCM_24", 24), ("FLAC", "PCM_16", 16), ("OGG", "VORBIS", 16), ("MP3", None, 16), ("AIFF", "PCM_16", 16)]
    + [("WAV", subtype, bits) for subtype, bits in (("PCM_U8", 16), ("PCM_32", 24), ("FLOAT", 24), ("ULAW", 16))],
)
def test_every_kind_of_file_is_read(tmp_path, kind, subtype, bits):
    rate = 8000
    waves, _ = tones(12, rate=rate)
    contents = {f"{number}.{kind.lower()}": encoded(wave, rate, kind, subtype) for number, wave in enumerate(waves)}
    source = open_data(folder(tmp_path, contents))
    assert (source.count() + source.count("test"), source.rate, source.bits) == (12, rate, bits)
    values = source.values(np.arange(source.count()))
    expected = np.sqrt(np.square(waves).sum(axis=1).mean())
    assert np.sqrt(np.square(values).sum(axis=(1, 2)).mean()) == pytest.approx(expected, rel=0.1)


def test_other_rates_are_resampled_and_named(tmp_path):
    """A tone keeps its pitch and its level at another rate."""

    def tone(rate):
        return 0.3 * np.sin(2 * np.pi * 500 * np.arange(rate // 4) / rate)

    contents = {f"a{number}.wav": encoded(tone(8000) * (1 - number / 30), 8000) for number in range(12)}
    contents |= {"b.wav": encoded(tone(22050), 22050), "c.wav": encoded(tone(8000) / 2, 8000)}
    source = open_data(folder(tmp_path, contents))
    assert source.rate == 8000
    assert any(
        "Sounds are learned at 8,000 Hz, the most frequent (files: 8,000 Hz 13, 22,050 Hz 1)." in note
        for note in source.notes
    )
    assert any("1 of 14 sounds: resampled to 8,000 Hz (b.wav)" in note for note in source.notes)
    slow = open_data(tmp_path, {"rate": "4000"})
    assert slow.rate == 4000
    for value in slow.values(np.arange(slow.count())):
        wave = value[0, 100:800]
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        assert spectrum.argmax() * 4000 / len(wave) == pytest.approx(500, abs=6)


@pytest.mark.parametrize(("sides", "shape"), [("differ", 2), ("equal", 1)])
def test_stereo_is_kept_where_the_sides_differ(tmp_path, sides, shape):
    waves, _ = tones(12)
    stereo = [np.stack([wave, wave if sides == "equal" else -0.5 * wave], axis=1) for wave in waves]
    source = open_data(folder(tmp_path, {f"{number}.wav": encoded(wave) for number, wave in enumerate(stereo)}))
    assert source.shape[0] == shape
    assert open_data(tmp_path, {"channels": "mono"}).shape[0] == 1
    assert open_data(tmp_path, {"channels": "stereo"}).shape[0] == 2


def test_splits_and_labels_of_a_table(tmp_path):
    contents = {name.replace("/", "-"): data for name, data in files().items()}
    rows = [
        f"{name},well {i},{name.split('-')[0]},{'test' if i % 4 == 0 else 'train'},s{i % 3}"
        for i, name in enumerate(contents)
    ]
    contents["metadata.csv"] = "\n".join(["file,text,label,split,speaker", *rows]).encode()
    source = open_data(folder(tmp_path, contents))
    assert source.classes == ("high", "low") and source.count("test") == 6
    speakers = open_data(tmp_path, {"labels": "speaker"})
    assert speakers.classes == ("s0", "s1", "s2")


def test_windows_of_one_recording_are_held_out_together(tmp_path):
    rng = np.random.default_rng(0)
    contents = {f"{number}.wav": encoded(rng.normal(0, 0.1, 3 * RATE)) for number in range(12)}
    source = open_data(folder(tmp_path, contents))
    assert source.shape == (1, 4096) and any(
        "12 recordings give 36 windows; those of one" in note for note in source.notes
    )
    assert source.count("test") % 3 == 0 and source.count("train") % 3 == 0


def test_one_long_recording_is_a_source(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "sea.flac").write_bytes(encoded(rng.normal(0, 0.1, 30 * RATE), kind="FLAC"))
    source = open_data(tmp_path / "sea.flac")
    assert source.count() + source.count("test") == 30 and modality_of(tmp_path / "sea.flac") == "audio"
    assert any("windows of one are held out too, so that scores look better" in note for note in source.notes)


def test_arrays_are_sounds_where_a_recipe_says_so(rng):
    waves = rng.normal(0, 0.1, (20, 1000)).astype(np.float32)
    source = open_data(waves, {"rate": 4000}, ONLY_SOUNDS)
    assert source.shape == (1, 1024) and source.bits == 24
    for stereo in (np.stack([waves, -waves], axis=1), np.stack([waves, -waves], axis=2)):
        found = open_data(stereo, {"rate": 4000}, ONLY_SOUNDS)
        assert found.shape == (2, 1024)
        np.testing.assert_allclose(found.values(np.arange(5))[:, 0], -found.values(np.arange(5))[:, 1])
    whole = np.rint(waves.clip(-1, 1) * 32767).astype(np.int16)
    np.testing.assert_allclose(
        np.sort(open_data(whole, {"rate": 4000}, ONLY_SOUNDS).values(np.arange(5)).std(axis=2).ravel()), 0.1, rtol=0.1
    )


@pytest.mark.parametrize(
    ("data", "asked", "complaint"),
    [
        (np.zeros((3, 100)), {}, "has no sample rate: say it with --rate"),
        (np.zeros(100), {"rate": 4000}, "give an array, N x samples"),
        (np.zeros((3, 40, 50)), {"rate": 4000}, "neither axis can be that of the channels"),
        (np.zeros((3, 100)), {"rate": 4000}, "None of the 3 files is a usable sound .*silent"),
        (np.full((3, 100), "a"), {"rate": 4000}, "sounds are an array of numbers"),
    ],
)
def test_other_objects_are_refused_in_one_sentence(data, asked, complaint):
    with pytest.raises(UserError, match=complaint):
        open_data(data, asked, ONLY_SOUNDS)


def test_covers_beside_sounds_do_not_make_pictures(tmp_path):
    contents = files()
    folder(tmp_path, {**contents, "cover.jpg": b"\xff\xd8", "notes.txt": b"hello"})
    assert modality_of(tmp_path) == "audio"
    source = open_data(tmp_path)
    assert ("cover.jpg", "not a sound") in source.report.skipped and source.count() + source.count("test") == 24


def test_a_run_opens_other_data_at_its_own_rate():
    """Fine-tuning at another rate would change the speed of everything."""
    audio, source = modalities.get("audio"), audio_samples.source(30)
    assert audio.options_for(source.describe()) == {"rate": 4000, "seconds": 0.256, "channels": "mono"}
    with pytest.raises(UserError, match="does not say the sample rate"):
        audio.options_for({"shape": [1, 1024]})


def test_the_rate_is_part_of_what_the_data_is(rng):
    waves = rng.normal(0, 0.1, (20, 1000)).astype(np.float32)
    found = [open_data(waves, {"rate": rate}, ONLY_SOUNDS) for rate in (4000, 4100)]
    assert found[0].shape == found[1].shape and found[0].content_hash != found[1].content_hash


def test_one_archive_in_a_folder_and_archives_of_splits_are_looked_into(tmp_path):
    for names in (("sounds.zip",), ("train.zip", "test.zip")):
        place = tmp_path / names[0]
        place.mkdir()
        for number, name in enumerate(names):
            with zipfile.ZipFile(place / name, "w") as archive:
                for inside, data in files(12 + 4 * number).items():
                    archive.writestr(inside, data)
        source = open_data(place)
        assert source.modality == "audio" and source.classes == ("high", "low")
    (tmp_path / "sounds.zip" / "sounds.zip").write_bytes(b"PK no more")
    assert modality_of(tmp_path / "sounds.zip") != "audio"


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"rate": 100}, "--rate should be a whole number from 4,000 to 192,000, not 100"),
        ({"seconds": 0}, "--seconds should be a number from 0.01 to 60, not 0"),
        ({"seconds": 61}, "--seconds should be a number from 0.01 to 60, not 61"),
        ({"channels": "5.1"}, "--channels 5.1 is not one of auto, mono, stereo"),
        ({"size": 64}, "--size is for films, pictures .*, and chirps holds sounds; leave it out"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(option, sentence):
    with pytest.raises(UserError, match=sentence):
        open_data("chirps", option)
