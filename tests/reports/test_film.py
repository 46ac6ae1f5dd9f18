from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from report_samples import digits_grid
from sparring.errors import UserError
from sparring.reports.film import write_film, write_frames


def frames_of(path: Path) -> list[np.ndarray]:
    if path.suffix == ".gif":
        with Image.open(path) as film:
            found = []
            for index in range(film.n_frames):
                film.seek(index)
                found.append(np.asarray(film.convert("RGB")))
            return found
    av = pytest.importorskip("av")
    with av.open(str(path)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert film.streams.video[0].codec_context.pix_fmt == "yuv420p"
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


@pytest.fixture
def no_av(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)


def test_samples_become_an_mp4_where_av_is_installed(run):
    pytest.importorskip("av")
    film = write_film(run)
    assert film == run / "samples.mp4"
    frames = frames_of(film)
    assert len(frames) == 10
    assert frames[-1].shape == (256, 256, 3)  # 64 x 64 enlarged by a whole factor
    wanted = np.asarray(digits_grid(10).convert("RGB").resize((256, 256), Image.Resampling.NEAREST)).astype(float)
    assert np.abs(frames[-1] - wanted).mean() < 12


def test_samples_become_a_gif_where_it_is_not(run, no_av):
    film = write_film(run, seconds=2)
    assert film == run / "samples.gif"
    assert len(frames_of(film)) == 10
    with Image.open(film) as opened:
        assert opened.info["duration"] == 200
        assert opened.info["loop"] == 0


def test_an_mp4_without_av_names_the_extra_and_the_gif(tmp_path, no_av):
    with pytest.raises(UserError, match=r'pip install "sparring\[video\]", or name it walk.gif'):
        write_frames([digits_grid(1)], tmp_path / "walk.mp4", fps=5)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
@pytest.mark.parametrize("size", [(33, 47), (300, 201), (1, 1)])
def test_odd_sizes_and_a_stream_of_frames(tmp_path, suffix, size):
    shades = (Image.new("L", size, 40 * shade) for shade in range(5))
    out = tmp_path / f"walk{suffix}"
    assert write_frames(shades, out, fps=12.5, smallest=16) == out
    frames = frames_of(out)
    assert len(frames) == 5
    assert [round(float(frame.mean()) / 40) for frame in frames] == [0, 1, 2, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name]


def test_frames_take_the_size_of_the_first_one(tmp_path):
    write_frames([Image.new("RGB", (300, 200), "red"), Image.new("RGBA", (10, 10), "blue")], tmp_path / "a.gif", fps=2)
    assert [frame.shape for frame in frames_of(tmp_path / "a.gif")] == [(200, 300, 3)] * 2


def test_broken_samples_are_left_out_and_a_run_without_samples_is_refused(run, empty_run):
    sorted((run / "samples").glob("*.png"))[3].write_bytes(b"half")
    assert len(frames_of(write_film(run))) == 9
    with pytest.raises(UserError, match="no sample pictures"):
        write_film(empty_run)
    with pytest.raises(UserError, match="no frame"):
        write_frames([], empty_run / "a.gif", fps=2)


def test_a_long_run_keeps_to_its_seconds(run):
    assert len(frames_of(write_film(run, seconds=0.2))) == 6


@pytest.mark.parametrize("name", ["walk.avi", "walk"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(UserError, match="name it .mp4 or .gif"):
        write_frames([digits_grid(1)], tmp_path / name, fps=5)


def test_speeds_that_cannot_be_played_are_refused(run, tmp_path):
    with pytest.raises(UserError, match="above 0"):
        write_frames([digits_grid(1)], tmp_path / "a.gif", fps=0)
    with pytest.raises(UserError, match="above 0"):
        write_film(run, seconds=0)


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("size", [(32_800, 3), (3, 20_000), (5000, 5000)])
def test_frames_beyond_what_a_film_holds_are_made_smaller(tmp_path, suffix, size):
    """A sheet of eight samples of 1 x 4096 is 32,768 pixels wide."""
    frames = [Image.new("RGB", size, colour) for colour in ("red", "blue")]
    made = frames_of(write_frames(iter(frames), tmp_path / f"film{suffix}", 2))
    assert len(made) == 2 and max(made[0].shape) == 4096
