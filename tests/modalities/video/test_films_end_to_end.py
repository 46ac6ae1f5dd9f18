"""A run of films from the command line's verbs: what is written, shown and refused."""

import csv
import io
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import sparring
import video_samples
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.evaluation.run import evaluate
from sparring.inference.explore import explore_files
from sparring.inference.generate import generate_files
from sparring.inference.interpolate import interpolate_file
from sparring.inference.invert import invert_file
from sparring.modalities.opening import open_data
from sparring.reports.html import write_report
from video_samples import FRAMES, HEIGHT, RATE, WIDTH


@pytest.fixture(scope="module", params=[1, 3], ids=["grey", "colour"])
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("films") / "run"
    source = video_samples.source(60, channels=request.param)
    return api.train(source, None, folder, settings=smoke_settings("video"), device="cpu", console=Callback()).path


def animation(path):
    """The frames of an animated picture and how long each is shown."""
    frames, shown = [], []
    with Image.open(path) as picture:
        for number in range(picture.n_frames):
            picture.seek(number)
            picture.load()
            frames.append(np.asarray(picture.convert("RGB")))
            shown.append(picture.info["duration"])
    return np.stack(frames), shown


def test_video_is_the_recipe_of_films(run):
    assert "name: video" in (run / "recipe.yaml").read_text()


def test_a_folder_holds_a_film_each_without_loss_at_the_rate_of_the_data(run, tmp_path):
    paths = generate_files(run, tmp_path / "new", 3, seed=4)
    assert [path.name for path in paths] == ["000000.webp", "000001.webp", "000002.webp", "labels.csv"]
    films = sparring.load(run).generate(3, seed=4)
    for path, film in zip(paths, films, strict=False):
        frames, shown = animation(path)
        assert frames.shape == (FRAMES, HEIGHT, WIDTH, 3) and shown == [1000 / RATE] * FRAMES
        np.testing.assert_array_equal(frames, film if film.ndim == 4 else film[..., None].repeat(3, axis=3))
    rows = list(csv.reader(io.StringIO(paths[-1].read_text())))
    assert rows[0] == ["file", "label"] and {label for _, label in rows[1:]} <= {"down", "across"}


def test_any_length_begins_like_the_film_that_was_learned(run):
    gan = sparring.load(run)
    film, long = gan.values(3, seed=1), gan.values(3, seed=1, length=40)
    assert long.shape == (3, 40, *film.shape[2:])
    np.testing.assert_array_equal(long[:, :FRAMES], film)
    np.testing.assert_array_equal(gan.values(3, seed=1, length=4), film[:, :4])
    np.testing.assert_array_equal(gan.at([2], 1, length=40), long[2:])
    further = gan.values(1, seed=1, length=400)
    np.testing.assert_array_equal(further[:, :40], long[:1])


def test_any_rate_shows_the_same_moments(run):
    """At twice the rate every other frame is one of the film; at half, every other frame of the film is left out."""
    gan = sparring.load(run)
    film = gan.values(2, seed=3)
    fast, slow = gan.values(2, seed=3, fps=2 * RATE), gan.values(2, seed=3, fps=RATE / 2)
    assert (fast.shape[1], slow.shape[1]) == (2 * FRAMES, FRAMES // 2)
    np.testing.assert_allclose(fast[:, ::2].astype(int), film.astype(int), atol=1)
    np.testing.assert_allclose(slow.astype(int), film[:, ::2].astype(int), atol=1)
    both = gan.values(2, seed=3, fps=2 * RATE, length=5)
    np.testing.assert_array_equal(both, fast[:, :5])


def test_written_films_play_at_the_rate_asked(run, tmp_path):
    (path,) = generate_files(run, tmp_path / "fast.webp", 1, fps=12.5, length=20)
    frames, shown = animation(path)
    assert len(frames) == 20 and sum(shown) == 1600
    (path,) = generate_files(run, tmp_path / "fast.mp4", 1, fps=12.5, length=20)
    with av.open(str(path)) as film:
        assert film.streams.video[0].average_rate == 12.5 and sum(1 for _ in film.decode(video=0)) == 20
    (path,) = generate_files(run, tmp_path / "fast.gif", 1, fps=20, length=4)
    assert animation(path)[1] == [50] * 4


def test_several_films_in_one_file_play_side_by_side(run, tmp_path):
    told = []
    (path,) = generate_files(run, tmp_path / "all.webp", 4, note=told.append)
    assert len(animation(path)[0]) == FRAMES and "shows 4 films side by side" in told[0]
    (path,) = generate_files(run, tmp_path / "all.png", 4, note=told.append)
    assert Image.open(path).size[0] > 4 * WIDTH and "strips of frames" in told[1]


def test_what_is_written_can_be_learned_again(run, tmp_path):
    """PNG frames in a zip, and an .npz with its rate and labels: the films that were made."""
    films = sparring.load(run).values(12, seed=2)
    (packed,) = generate_files(run, tmp_path / "new.zip", 12, seed=2)
    names = zipfile.ZipFile(packed).namelist()
    assert len(names) == 12 * FRAMES and all(name.endswith(".png") for name in names)
    generate_files(run, tmp_path / "new.npz", 12, seed=2)
    for name in ("new.zip", "new.npz"):
        source = open_data(tmp_path / name, {"labels": "none"}, OpenContext(modalities=("video",)))
        again = np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])
        assert {film.tobytes() for film in again} == {film.tobytes() for film in films}
    assert source.fps == RATE


def test_what_cannot_be_written_or_asked_is_one_sentence(run, tmp_path):
    with pytest.raises(UserError, match=r"Films cannot be written as \.wav"):
        generate_files(run, tmp_path / "new.wav", 1)
    with pytest.raises(UserError, match="cannot be played"):
        generate_files(run, tmp_path / "new.webp", 1, fps=-3)
    with pytest.raises(UserError, match="1 to 100,000 frames"):
        generate_files(run, tmp_path / "new.webp", 1, length=10**6)
    with pytest.raises(UserError, match="neither with conditions, a length, a rate"):
        generate_files(run, tmp_path / "new.webp", 1, fps=12, truncation=0.5)
    with pytest.raises(UserError, match="is no usable film"):
        invert_file(run, Path(__file__), tmp_path / "x.png")


def test_previews_are_strips_and_films_and_the_report_plays_them(run):
    files = sorted(path.name for path in (run / "samples").iterdir())
    assert files == [f"0000000{seen}{suffix}" for seen in (32, 64, 96) for suffix in (".png", ".webp")]
    frames, shown = animation(run / "samples" / files[1])
    assert len(frames) == FRAMES and shown == [1000 / RATE] * FRAMES
    page = write_report(run).read_text()
    assert page.count('src="data:image/webp;base64,UklGR') == 1


def test_latents_are_walked_explored_and_found(run, tmp_path):
    assert interpolate_file(run, tmp_path / "walk.png", 2, 3).is_file()
    assert interpolate_file(run, tmp_path / "walk.gif", 2, 3).is_file()
    assert {path.suffix for path in explore_files(run, tmp_path / "explored")} >= {".png", ".webp"}
    generate_files(run, tmp_path / "one.webp", 1)
    assert invert_file(run, tmp_path / "one.webp", tmp_path / "found.png", steps=3)


def test_an_evaluation_knows_frames_and_motion_and_shows_both_sides(run):
    channels = sparring.load(run).codec.channels
    found = evaluate(run, video_samples.source(60, channels=channels), samples=24, console=Callback())
    wanted = {"frechet_distance", "label_agreement", "frame_distance", "motion_distance", "speed", "identity_kept"}
    assert wanted <= set(found.scores)
    assert found.scores["motion_amount"].real > 0
    assert (run / "generated_and_real.png").is_file()


@pytest.mark.parametrize("frames", [2, 5])
def test_few_films_of_few_frames_are_enough(frames, tmp_path):
    source = video_samples.source(3, labels="none", frames=frames)
    settings = smoke_settings("video")
    run = api.train(source, "video", tmp_path / "run", settings=settings, device="cpu", console=Callback())
    assert sparring.load(run.path).values(2, length=9).shape[1] == 9


def test_fine_tuning_opens_other_data_at_the_size_and_rate_of_the_run(run, tmp_path):
    films, labels = video_samples.films(24, seed=5, channels=sparring.load(run).codec.channels, frames=12)
    for number, (film, label) in enumerate(zip(films, labels, strict=True)):
        (tmp_path / "other" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / label / f"{number}.webp").write_bytes(video_samples.animated(film[:, 1:, 1:], "WEBP", 50))
    settings = {key: value for key, value in smoke_settings("video").items() if "options" not in key}
    tuned = sparring.train(
        tmp_path / "other", init_from=run, out=tmp_path / "tuned", settings=settings, device="cpu", callbacks=[]
    )
    codec = sparring.load(tuned.path).codec
    assert (codec.fps, codec.shape[0], codec.height, codec.width) == (RATE, FRAMES, HEIGHT, WIDTH)
