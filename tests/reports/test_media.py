"""Sounds and moving pictures in a page: embedded where they are what they seem, and small enough."""

import base64

from audio_samples import encoded, tones
from sparring.reports import media
from sparring.reports.html import render
from sparring.runs.folder import Run


def test_a_wav_is_embedded_whole(tmp_path):
    data = encoded(tones(1)[0][0])
    (tmp_path / "a.wav").write_bytes(data)
    uri = media.sound_uri(tmp_path / "a.wav")
    assert uri.startswith("data:audio/wav;base64,") and base64.b64decode(uri.partition(",")[2]) == data


def test_what_is_missing_large_or_no_sound_is_not(tmp_path, monkeypatch):
    (tmp_path / "text.wav").write_bytes(b"RIFF but no sound")
    (tmp_path / "large.wav").write_bytes(encoded(tones(1)[0][0]))
    assert media.sound_uri(tmp_path / "gone.wav") is None and media.sound_uri(tmp_path / "text.wav") is None
    monkeypatch.setattr(media, "MAX_BYTES", 100)
    assert media.sound_uri(tmp_path / "large.wav") is None


def test_the_page_plays_what_lies_beside_the_kept_sheet(run):
    parts = Run(run).parts()
    assert "<audio" not in render(parts)
    for _, path in parts.samples:
        path.with_suffix(".wav").write_bytes(encoded(tones(1)[0][0]))
    page = render(Run(run).parts())
    assert page.count("<audio controls") == 1 and "media-src data:" in page
