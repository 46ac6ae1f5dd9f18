"""Hostile folders of films: each is read as its owner means it, or refused in one sentence that names the fault."""

import io

import numpy as np
import pytest
from PIL import Image

from hostile_zoo import Case, run_case
from sparring.data.options import OpenContext
from sparring.modalities.opening import open_data
from video_samples import FRAMES, HEIGHT, RATE, WIDTH, animated, encoded, films

FILMS, NAMES = films(16, channels=3)
GOOD = {f"{name}/{number}.webp": animated(film) for number, (film, name) in enumerate(zip(FILMS, NAMES, strict=True))}
FILM = films(1, seed=9, channels=3)[0][0]
SLOWLY_BRIGHTER = films(1, channels=3, frames=96)[0][0] + (np.arange(96, dtype=np.uint8) // 24)[:, None, None, None]
LONG = np.concatenate([FILM] * 4)


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
        assert source.count("train") + source.count("test") == len(GOOD) and source.classes == ("across", "down")
        assert any("Files skipped: 1 (" in note for note in source.notes)

    return check


def uses(count, *sentences, shape=(FRAMES, 3, HEIGHT, WIDTH)):
    """So many values of this shape, and notes that hold these words."""

    def check(source):
        assert source.count("train") + source.count("test") == count, source.report.skipped
        assert source.shape == shape
        for words in sentences:
            assert any(words in note for note in source.notes), (words, source.notes)

    return check


def odd(film):
    """A film whose sides are odd numbers of pixels."""
    return film[:, 1:, 1:]


def png(frame):
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def deep():
    buffer = io.BytesIO()
    Image.fromarray(np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 300).save(buffer, "PNG")
    return buffer.getvalue()


MP4 = encoded(LONG)
TRANSPARENT = np.concatenate([FILM, np.full((*FILM.shape[:3], 1), 255, np.uint8)], axis=3)
TRANSPARENT[:, 0, :, 3] = 0

CASES = {
    "a film of one frame": Case(
        beside("across/one.webp", animated(FILM[:1])), skips("across/one.webp", "a single picture")
    ),
    "an mp4 of one frame": Case(beside("across/one.mp4", encoded(FILM[:1])), skips("across/one.mp4", "a single frame")),
    "a film of two frames": Case(beside("down/two.webp", animated(FILM[:2])), skips("down/two.webp", "too short")),
    "films of two frames": Case(
        write({f"{number}.webp": animated(film[:2]) for number, film in enumerate(FILMS)}),
        uses(16, "2 frames each", shape=(2, 3, HEIGHT, WIDTH)),
    ),
    "films of an odd size": Case(
        write({f"{number}.mkv": encoded(odd(film), "matroska", "ffv1") for number, film in enumerate(FILMS)}),
        uses(16, shape=(FRAMES, 3, HEIGHT - 1, WIDTH - 1)),
    ),
    "films of two sizes": Case(write({**GOOD, "across/odd.webp": animated(odd(FILM))}), uses(17, "crop fit")),
    "a truncated mp4": Case(
        beside("down/cut.mp4", MP4[: len(MP4) // 2]), skips("down/cut.mp4", "truncated or no film")
    ),
    "a truncated webp": Case(
        beside("down/cut.webp", animated(LONG)[:-300]), skips("down/cut.webp", "truncated or damaged")
    ),
    "an empty mp4": Case(beside("down/empty.mp4", b""), skips("down/empty.mp4", "empty")),
    "a text named mp4": Case(beside("down/text.mp4", b"no film" * 99), skips("down/text.mp4", "truncated or no film")),
    "a still picture": Case(beside("down/poster.jpg", png(FILM[0])), skips("down/poster.jpg", "a single picture")),
    "notes among films": Case(
        beside("down/notes.doc", b"hello"), skips("down/notes.doc", "neither a film nor a picture")
    ),
    "deep frames": Case(
        write({**GOOD, **{f"deep/{number}.png": deep() for number in range(FRAMES)}}),
        skips("deep", "films are learned with 8 bits"),
    ),
    "a damaged frame among others": Case(
        write(
            {
                **GOOD,
                **{
                    f"down/x/{number}.png": png(frame)[: None if number != 3 else 60]
                    for number, frame in enumerate(FILM)
                },
            }
        ),
        skips("down/x", "its frame 3.png"),
    ),
    "transparent frames": Case(
        write({**GOOD, "down/clear.webp": animated(TRANSPARENT)}),
        uses(17, "Transparent parts of frames are learned as white"),
    ),
    "grey films": Case(
        write({f"{number}.webp": animated(film[..., :1].repeat(3, axis=3)) for number, film in enumerate(FILMS)}),
        uses(16, "grey", shape=(FRAMES, 1, HEIGHT, WIDTH)),
    ),
    "a film with a cut": Case(
        write({**GOOD, "down/cut.webp": animated(np.concatenate([FILM, 255 - FILM]))}),
        uses(18, "1 cuts were found"),
    ),
    "one long film": Case(
        write({"film.mp4": encoded(SLOWLY_BRIGHTER)}),
        uses(6, "parts of one are held out too", shape=(16, 3, HEIGHT, WIDTH)),
    ),
    "no film at all": Case(write({"a.txt": b"x"}), None, ("None of the 1 files is a usable film", "a.txt")),
    "single frames only": Case(
        write({"a.webp": animated(FILM[:1])}), None, ("None of the 1 files is a usable film", "a single picture")
    ),
}


def open_films(path):
    frames = {"frames": 6} if path.name.endswith("cuts") else None
    return open_data(path, frames, OpenContext(modalities=("video",)))


@pytest.mark.parametrize("name", CASES)
def test_hostile_films(name, tmp_path):
    run_case(CASES[name], open_films, tmp_path)


def test_patches_of_films_are_refused(tmp_path):
    with pytest.raises(Exception, match="films are not cut into patches"):
        open_data(write(GOOD)(tmp_path), {"fit": "patches"}, OpenContext(modalities=("video",)))


def test_without_pyav_films_are_named_with_what_is_missing(tmp_path, monkeypatch):
    from sparring.modalities.video import decode

    monkeypatch.setattr(decode, "find_spec", lambda name: None)
    source = open_data(beside("down/film.mp4", MP4)(tmp_path), None, OpenContext(modalities=("video",)))
    assert ("down/film.mp4", 'is a film: pip install "sparring[video]" reads it') in source.report.skipped
    assert source.fps == RATE
