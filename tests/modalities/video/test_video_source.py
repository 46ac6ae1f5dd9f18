"""Folders, archives, files and arrays of films as sources: every frame as it is in the file."""

import io
import zipfile

import av
import numpy as np
import pytest
from PIL import Image

import video_samples
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.opening import modality_of, open_data
from video_samples import FRAMES, HEIGHT, RATE, WIDTH, animated, encoded, films

ONLY_FILMS = OpenContext(modalities=("video",))
FILMS, LABELS = films(20, channels=3)


def folder(path, contents):
    for name, data in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def every(source):
    """The bytes of all values, with the channels at the end."""
    found = [source.values(np.arange(source.count(split)), split) for split in ("train", "test")]
    return {np.moveaxis(film, 1, 3).tobytes() for film in np.concatenate(found)}


def png(frame):
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def as_files(make, suffix):
    return {f"{label}/{number:02d}{suffix}": make(film) for number, (film, label) in enumerate(zip(FILMS, LABELS))}  # noqa: B905


WANTED = {film.tobytes() for film in FILMS}


@pytest.mark.parametrize(
    ("make", "suffix"),
    [
        (animated, ".webp"),
        (lambda film: animated(film, "PNG"), ".png"),
        (encoded, ".mp4"),
        (lambda film: encoded(film, "matroska", "ffv1"), ".mkv"),
        (lambda film: encoded(film, "avi", "ffv1"), ".avi"),
    ],
)
def test_frames_are_those_of_the_files(make, suffix, tmp_path):
    source = open_data(folder(tmp_path, as_files(make, suffix)), None, ONLY_FILMS)
    assert every(source) == WANTED and source.shape == (FRAMES, 3, HEIGHT, WIDTH) and source.fps == RATE
    assert source.classes == ("across", "down") and source.whole and not source.report.skipped


def test_folders_of_numbered_frames_are_films(tmp_path):
    contents = {
        f"{label}/{number:02d}/frame{index}.png": png(frame)
        for number, (film, label) in enumerate(zip(FILMS, LABELS, strict=True))
        for index, frame in enumerate(film, 8)  # 8, 9, 10: in the order of the numbers
    }
    source = open_data(folder(tmp_path, contents), {"fps": 10}, ONLY_FILMS)
    assert every(source) == WANTED and source.classes == ("across", "down")
    assumed = open_data(tmp_path, None, ONLY_FILMS)
    assert assumed.fps == 25 and any("25 are assumed a second (--fps says another)" in each for each in assumed.notes)


def test_a_number_left_out_ends_a_film(tmp_path):
    numbers = [1, 2, 3, 4, 5, 6, 21, 22, 23, 24, 25, 26]
    frames = np.concatenate(FILMS[:2])
    contents = {f"walk_{number:03d}.png": png(frame) for number, frame in zip(numbers, frames, strict=True)}
    source = open_data(folder(tmp_path, contents), None, ONLY_FILMS)
    assert every(source) == {FILMS[0].tobytes(), FILMS[1].tobytes()}


def test_an_archive_is_the_folder(tmp_path):
    contents = as_files(animated, ".webp")
    plain = open_data(folder(tmp_path / "plain", contents), None, ONLY_FILMS)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    assert open_data(tmp_path / "packed.zip", None, ONLY_FILMS).content_hash == plain.content_hash


def test_train_and_test_folders_are_splits(tmp_path):
    contents = {
        f"{'test' if number < 5 else 'train'}/{name}": data
        for number, (name, data) in enumerate(as_files(animated, ".webp").items())
    }
    source = open_data(folder(tmp_path, contents), None, ONLY_FILMS)
    assert (source.count("train"), source.count("test")) == (15, 5) and source.classes == ("across", "down")


def test_held_frames_take_their_time(tmp_path):
    """The third frame is held for three steps, in a WebP and in a Matroska film."""
    held = FILMS[:, [0, 1, 2, 2, 2, 3, 4, 5]]
    contents = {
        f"{number}.webp": animated(film, "WEBP", [100, 100, 300, 100, 100, 100]) for number, film in enumerate(FILMS)
    }
    assert every(open_data(folder(tmp_path / "webp", contents), None, ONLY_FILMS)) == {film.tobytes() for film in held}
    contents = {
        f"{number}.mkv": encoded(film, "matroska", "ffv1", [0, 1, 2, 5, 6, 7]) for number, film in enumerate(FILMS)
    }
    assert every(open_data(folder(tmp_path / "mkv", contents))) == {film.tobytes() for film in held}


def test_other_rates_hold_or_leave_out_frames_and_blend_none(tmp_path):
    fast = np.concatenate([FILMS[0], FILMS[2]])
    contents = as_files(animated, ".webp") | {"across/fast.webp": animated(fast, "WEBP", 50)}
    source = open_data(folder(tmp_path, contents), None, ONLY_FILMS)
    assert every(source) == WANTED | {fast[1::2].tobytes()} and source.fps == 10
    assert any("at 10 frames a second, the most frequent rate (films: 10 20, 20 1)" in note for note in source.notes)
    slow = open_data(tmp_path, {"fps": 5}, ONLY_FILMS)
    assert slow.shape[0] == 3 and every(slow) == {film[1::2].tobytes() for film in FILMS} | {fast[2::4].tobytes()}


def rotated(film):
    """A film as MP4 whose header says that it is shown turned by a quarter to the right."""
    coded, turned = encoded(film), io.BytesIO()
    with av.open(io.BytesIO(coded)) as source, av.open(turned, "w", format="mp4") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    data = turned.getvalue()
    matrix = data.index(b"tkhd") + 4 + 40  # after version and flags, times, ids, layer and volume: nine numbers
    numbers = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    return data[:matrix] + b"".join(each.to_bytes(4, "big", signed=True) for each in numbers) + data[matrix + 36 :]


def test_a_rotated_film_is_upright(tmp_path):
    large = FILMS.repeat(2, axis=2).repeat(2, axis=3)
    source = open_data(folder(tmp_path, {f"{number}.mp4": rotated(large[number]) for number in range(3)}))
    assert source.shape[2:] == (2 * WIDTH, 2 * HEIGHT)
    assert every(source) == {np.rot90(film, -1, (1, 2)).tobytes() for film in large[:3]}


def test_long_films_are_cut_and_stay_together(tmp_path):
    long = [np.concatenate([FILMS[(number + step) % 20] for step in range(7)]) for number in range(12)]
    contents = {f"{number}.webp": animated(film) for number, film in enumerate(long)}
    source = open_data(folder(tmp_path, contents), {"frames": 6}, ONLY_FILMS)
    assert source.count() + source.count("test") == 12 * 7 and not source.whole
    assert source.count("test") % 7 == 0


def test_arrays_of_any_layout(tmp_path):
    layouts = {"last": FILMS, "third": FILMS.transpose(0, 1, 4, 2, 3), "second": FILMS.transpose(0, 4, 1, 2, 3)}
    for name, array in layouts.items():
        np.save(tmp_path / f"{name}.npy", array)
        assert every(open_data(tmp_path / f"{name}.npy", None, ONLY_FILMS)) == WANTED
    assert every(open_data(FILMS / 255, None, ONLY_FILMS)) == WANTED
    grey = open_data(FILMS[..., 0], {"fps": 12}, ONLY_FILMS)
    assert grey.shape == (FRAMES, 1, HEIGHT, WIDTH) and grey.fps == 12


def test_an_npz_says_its_rate_and_labels(tmp_path):
    np.savez(tmp_path / "films.npz", films=FILMS, fps=12, labels=np.array(LABELS))
    source = open_data(tmp_path / "films.npz", None, ONLY_FILMS)
    assert (
        source.fps == 12
        and source.classes == ("across", "down")
        and not any("Not used" in note for note in source.notes)
    )


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 8, 8), np.uint8), "films are an array, N x frames x height x width"),
        (np.zeros((4, 5, 8, 8), np.int32) + 300, "holds int32 numbers up to 300"),
        (np.zeros((4, 6, 7, 9, 8), np.uint8), "no axis of it can be that of 1 to 4 channels"),
        (np.zeros((4, 1, 8, 8), np.uint8), "a film has two frames"),
    ],
)
def test_other_arrays_are_refused(array, words):
    with pytest.raises(UserError, match=words):
        open_data(array, None, ONLY_FILMS)


def test_what_a_path_holds_is_seen_from_names(tmp_path):
    (tmp_path / "films").mkdir()
    for number in range(3):
        (tmp_path / "films" / f"{number}.mp4").write_bytes(encoded(FILMS[number]))
    (tmp_path / "films" / "poster.png").write_bytes(png(FILMS[0][0]))
    assert modality_of(tmp_path / "films") == modality_of(tmp_path / "films" / "0.mp4") == "video"
    (tmp_path / "gifs").mkdir()
    for number in range(4):
        (tmp_path / "gifs" / f"{number}.gif").write_bytes(animated(FILMS[number], "GIF"))
    assert modality_of(tmp_path / "gifs") == "image"
    assert any("--recipe video learns films" in note for note in open_data(tmp_path / "gifs").notes)


def test_bouncing_is_always_the_same_and_moves_by_its_law():
    from sparring.metrics.film_motion import speeds, variation

    source = open_data("bouncing")
    assert (source.count(), source.count("test"), source.shape, source.fps) == (8000, 2000, (16, 1, 32, 32), 10)
    assert len(source.classes) == 10 and source.report.duplicates == 0
    moved = speeds(source.values(np.arange(500)))
    assert np.nanmean(moved) == pytest.approx(1.92, abs=0.05) and variation(moved) == pytest.approx(0.2, abs=0.03)
    assert np.nanmax(moved) < 2.75
    assert source.values(np.array([0]))[0].sum() == pytest.approx(251_163, rel=1e-3)


def test_other_films_are_opened_as_those_of_a_run():
    from sparring import modalities

    codec = modalities.get("video").fit_codec(video_samples.source())
    other = open_data(FILMS[:, :, :-1], None, OpenContext(modalities=("video",), like=codec))
    assert other.shape[2:] == (HEIGHT, WIDTH) and other.fps == RATE
