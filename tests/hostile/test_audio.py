"""Hostile folders of sounds: each is read as its owner means it, or refused in one sentence that names the fault."""

import struct
import zipfile

import numpy as np
import pytest

import sparring
from audio_samples import RATE, encoded, tones
from hostile_zoo import Case, run_case
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.data.options import OpenContext
from sparring.modalities.opening import open_data
from sparring.signals.faults import sounding

WAVES, NAMES = tones(16)
GOOD = {f"{name}/{number}.wav": encoded(wave) for number, (wave, name) in enumerate(zip(WAVES, NAMES, strict=True))}
TONE = 0.4 * np.sin(2 * np.pi * 440 * np.arange(1200) / RATE)
NOISE = np.random.default_rng(3).normal(0, 0.1, 1200)


def write(contents):
    def make(folder):
        for name, data in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder

    return make


def beside(name, data):
    """A file beside sixteen good ones."""
    return write({**GOOD, name: data})


def skips(name, reason):
    """The file is named with this reason, and all others are used."""

    def check(source):
        found = dict(source.report.skipped)
        assert name in found and reason in found[name], found
        assert source.count("train") + source.count("test") == len(GOOD) and source.classes == ("high", "low")
        assert any("Files skipped: 1 (" in note for note in source.notes)

    return check


def uses(*sentences, count=len(GOOD) + 1):
    """Every sound is used, and the notes hold these words."""

    def check(source):
        assert source.count("train") + source.count("test") == count, source.report.skipped
        for words in sentences:
            assert any(words in note for note in source.notes), (words, source.notes)
        for split in ("train", "test"):
            values = source.values(np.arange(source.count(split)), split)
            assert np.isfinite(values).all() and np.abs(values).max() <= 1 and (sounding(values) > 0).all()

    return check


def wav(samples, rate=RATE, declared=None, kind=1):
    """A 16-bit WAV written by hand. declared: bytes that its header promises; None: those that are there."""
    data = np.rint(samples * 32767).astype("<i2").tobytes()
    declared = len(data) if declared is None else declared
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + declared & 0xFFFFFFFF, b"WAVE", b"fmt ", 16, kind, 1, rate, 2 * rate, 2, 16
    )
    return head + struct.pack("<4sI", b"data", declared) + data


def archive(contents):
    def make(folder):
        with zipfile.ZipFile(folder / "sounds.zip", "w") as packed:
            for name, data in contents.items():
                packed.writestr(name, data)
        return folder / "sounds.zip"

    return make


def without_a_link(folder):
    write(GOOD)(folder)
    (folder / "low" / "gone.wav").symlink_to(folder / "nowhere.wav")
    return folder


surround = np.stack([NOISE * gain for gain in (1, 0.9, 0.8, 0.1, 0.5, 0.4)], axis=1)
with_a_hole = np.where(np.arange(1200) == 600, np.nan, TONE)

CASES = {
    "an empty file": Case(beside("low/x.wav", b""), skips("low/x.wav", "an empty file")),
    "a WAV that was cut": Case(beside("low/x.wav", encoded(TONE)[:700]), skips("low/x.wav", "ends early")),
    "a FLAC that was cut": Case(
        beside("low/x.flac", encoded(NOISE, kind="FLAC")[:900]), skips("low/x.flac", "damaged")
    ),
    "an Ogg that was cut": Case(
        beside("low/x.ogg", encoded(np.tile(NOISE, 20), 8000, "OGG", "VORBIS")[:6000]), skips("low/x.ogg", "ends early")
    ),
    "a header alone": Case(beside("low/x.wav", encoded(TONE)[:44]), skips("low/x.wav", "ends early")),
    "half a header": Case(beside("low/x.wav", encoded(TONE)[:20]), skips("low/x.wav", "damaged: no whole WAV")),
    "silence": Case(beside("low/x.wav", encoded(np.zeros(1200))), skips("low/x.wav", "silent: nothing in it")),
    "a hum below -60 dB": Case(beside("low/x.wav", encoded(TONE * 1e-3)), skips("low/x.wav", "silent: nothing in it")),
    "three samples": Case(
        beside("low/x.wav", encoded(TONE[:3])), skips("low/x.wav", "too short: 3 samples at 4,000 Hz")
    ),
    "a text named .wav": Case(beside("low/x.wav", b"This is not a sound."), skips("low/x.wav", "not a sound")),
    "a picture": Case(beside("low/x.png", b"\x89PNG\r\n\x1a\n0000"), skips("low/x.png", "not a sound")),
    "a film": Case(beside("low/x.mp4", b"\0\0\0\x18ftypmp42" + bytes(64)), skips("low/x.mp4", "not a sound")),
    "random bytes": Case(beside("low/x.mp3", np.random.default_rng(0).bytes(5000)), skips("low/x.mp3", "not a sound")),
    "numbers that are none": Case(
        beside("low/x.wav", encoded(with_a_hole, subtype="FLOAT")), skips("low/x.wav", "not finite")
    ),
    "infinite numbers": Case(
        beside("low/x.wav", encoded(np.where(TONE > 0.39, np.inf, TONE), subtype="FLOAT")),
        skips("low/x.wav", "not finite"),
    ),
    "floats that are whole numbers": Case(
        beside("low/x.wav", encoded(TONE * 32767, subtype="FLOAT")),
        skips("low/x.wav", "out of range: its numbers go up to"),
    ),
    "a sample rate of 1 Hz": Case(
        beside("low/x.wav", wav(TONE, rate=1)), skips("low/x.wav", "impossible sample rate: 1 Hz")
    ),
    "a link to nowhere": Case(without_a_link, skips("low/gone.wav", "a link that leads nowhere")),
    "an archive beside sounds": Case(
        beside("more.zip", b"PK\x05\x06" + bytes(18)), skips("more.zip", "an archive beside")
    ),
    "clipped": Case(
        beside("low/x.wav", encoded((4 * TONE).clip(-0.9, 0.9))),
        uses("1 of 17 sounds: clipped, and is learned as it is (low/x.wav)"),
    ),
    "an offset": Case(
        beside("low/x.wav", encoded(0.5 * TONE + 0.3)),
        uses("1 of 17 sounds: has an offset (DC), which is taken away (low/x.wav)"),
    ),
    "floats above full scale": Case(
        beside("low/x.wav", encoded(TONE * 4, subtype="FLOAT")),
        uses("louder than full scale, and is made quieter to fit (low/x.wav)"),
    ),
    "8 bits": Case(beside("low/x.wav", encoded(TONE, subtype="PCM_U8")), uses()),
    "24 bits": Case(beside("low/x.wav", encoded(TONE, subtype="PCM_24")), uses()),
    "64-bit floats": Case(beside("low/x.wav", encoded(TONE, subtype="DOUBLE")), uses()),
    "mu-law": Case(beside("low/x.wav", encoded(TONE, subtype="ULAW")), uses()),
    "ADPCM": Case(beside("low/x.wav", encoded(TONE, subtype="IMA_ADPCM")), uses()),
    "5.1": Case(beside("low/x.wav", encoded(surround)), uses("1 of 17 sounds: mixed to one channel (low/x.wav)")),
    "another rate": Case(
        beside("low/x.wav", encoded(np.tile(TONE, 10), 44100)), uses("resampled to 4,000 Hz (low/x.wav)")
    ),
    "a WAV named .mp3": Case(beside("low/x.mp3", encoded(TONE)), uses()),
    "a FLAC named .wav": Case(beside("low/x.wav", encoded(TONE, kind="FLAC")), uses()),
    "a sound without a suffix": Case(beside("low/x", encoded(TONE)), uses()),
    "a name in Chinese with spaces": Case(beside("low/\u58f0\u97f3 \u4e00.wav", encoded(TONE)), uses()),
    "capitals": Case(write({name.upper(): data for name, data in GOOD.items()}), uses("2 classes", count=16)),
    "a WAV of a pipe, without a length": Case(beside("low/x.wav", wav(TONE, declared=0xFFFFFFFF)), uses()),
    "a copy of a sound": Case(beside("low/x.wav", GOOD["low/0.wav"]), uses("Duplicates of other sounds: 1.")),
    "another length": Case(
        write({**GOOD, **{f"low/long{n}.wav": encoded(np.tile(NOISE, 20)) for n in range(8)}}),
        lambda source: uses("Recordings last up to 6 s", count=source.count() + source.count("test"))(source),
    ),
    "a folder of nothing but silence": Case(
        write({f"{number}.wav": encoded(np.zeros(1200)) for number in range(4)}),
        refused=("None of the 4 files is a usable sound", "0.wav", "silent"),
    ),
    "two equal sounds alone": Case(
        write({"a.wav": encoded(TONE), "b.wav": encoded(TONE)}), refused=("fewer than two different usable items",)
    ),
    "a zip that was cut": Case(
        lambda folder: _cut(archive(GOOD)(folder)), refused=("is not a whole archive", "pack it again")
    ),
    "a table of files that are not there": Case(
        beside("labels.csv", b"file,label\na.wav,x\nb.wav,y\n"), refused=("labels.csv lists none of the files",)
    ),
    "a path that leads up": Case(archive({f"../{name}": data for name, data in GOOD.items()}), uses(count=16)),
}


def _cut(path):
    path.write_bytes(path.read_bytes()[:-200])
    return path


@pytest.mark.parametrize("name", CASES)
def test_hostile_sounds(name, tmp_path):
    run_case(CASES[name], lambda path: open_data(path, None, OpenContext(modalities=("audio",))), tmp_path)


def test_one_of_each_is_named_in_one_folder(tmp_path):
    """The folder that people have: what can be learned from is, and everything else is named."""
    bad = {
        "zero.wav": b"",
        "cut.wav": encoded(TONE)[:700],
        "silent.wav": encoded(np.zeros(1200)),
        "short.wav": encoded(TONE[:3]),
        "text.wav": b"hello",
        "cover.jpg": b"\xff\xd8\xff",
    }
    odd = {
        "clipped.wav": encoded((4 * TONE).clip(-0.9, 0.9)),
        "eight.wav": encoded(TONE, subtype="PCM_U8"),
        "deep.wav": encoded(TONE, subtype="PCM_24"),
        "float.wav": encoded(TONE, subtype="FLOAT"),
        "surround.wav": encoded(surround),
        "wrong.mp3": encoded(TONE, kind="FLAC"),
    }
    source = open_data(write({**GOOD, **{f"low/{name}": data for name, data in {**bad, **odd}.items()}})(tmp_path))
    assert {name for name, _ in source.report.skipped} == {f"low/{name}" for name in bad}
    assert source.count() + source.count("test") == len(GOOD) + len(odd) and source.bits == 24
    told = " ".join(source.notes)
    assert "low/clipped.wav" in told and "low/surround.wav" in told
    run = api.train(source, None, tmp_path / "run", settings=smoke_settings("sound"), device="cpu", console=Callback())
    sounds = sparring.load(run.path).generate(3)
    assert all(0 < len(sound) <= source.shape[1] for sound in sounds)
