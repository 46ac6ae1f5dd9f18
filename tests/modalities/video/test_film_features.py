"""The two networks that score films: what each sees, and what it does not."""

import numpy as np
import pytest

import video_samples
from sparring import modalities
from sparring.metrics.frechet import frechet_distance
from sparring.modalities.video.features import CHANGED, changed, differences
from sparring.modalities.video.score import VideoScore

VIDEO = modalities.get("video")


@pytest.fixture(scope="module")
def source():
    return video_samples.source(400, frames=8)


@pytest.fixture(scope="module")
def net(source):
    return VIDEO.fit_features(source, seed=0)


def test_shuffled_frames_leave_the_first_distance_and_worsen_the_second(source, net):
    """Of both distances between halves of the films, one stays and the other grows at least five times."""
    films = source.values(np.arange(source.count()))
    half = len(films) // 2
    rng = np.random.default_rng(0)
    first, second = films[:half], films[half:]
    shuffled = np.stack([film[rng.permutation(len(film))] for film in first])
    frames = [frechet_distance(net.of_frames(each)[0], net.of_frames(second)[0]) for each in (first, shuffled)]
    motion = [frechet_distance(net.of_motion(each), net.of_motion(second)) for each in (first, shuffled)]
    assert frames[1] == pytest.approx(frames[0], rel=1e-3)
    assert motion[1] > 5 * motion[0]


def test_other_things_are_seen_in_frames_and_still_films_in_motion(source, net):
    films = source.values(np.arange(200))
    real = source.values(np.arange(200, source.count()))
    plain = frechet_distance(net.of_frames(films)[0], net.of_frames(real)[0])
    assert frechet_distance(net.of_frames(255 - films)[0], net.of_frames(real)[0]) > 5 * plain
    still = films[:, :1].repeat(films.shape[1], axis=1)
    moving = frechet_distance(net.of_motion(films), net.of_motion(real))
    assert frechet_distance(net.of_motion(still), net.of_motion(real)) > 5 * moving


def test_it_tells_classes_that_only_motion_tells(source, net):
    """A block moves across or down: no frame says which."""
    films, labels = (
        source.values(np.arange(source.count("test")), "test"),
        source.labels(np.arange(source.count("test")), "test"),
    )
    assert (net(films)[1] == labels).mean() > 0.9
    assert net.of_frames(films)[1].shape == films.shape[:2]


def test_features_come_back_from_their_file(source, net):
    films = source.values(np.arange(12))
    again = VIDEO.features_from(net.about, net.tensors())
    np.testing.assert_array_equal(again(films)[0], net(films)[0])
    np.testing.assert_array_equal(again.of_frames(films)[0], net.of_frames(films)[0])
    np.testing.assert_array_equal(again.of_motion(films), net.of_motion(films))
    assert again.identity() == net.identity()


def test_the_online_score_names_frames_and_motion_apart(source, net):
    score = VideoScore(net, source, 60, seed=0)
    films = source.values(np.arange(60))
    scores = score(films, source.labels(np.arange(60)))[1]
    still = score(films[:, :1].repeat(films.shape[1], axis=1), source.labels(np.arange(60)))[1]
    assert (
        scores["speed"]["value"] == pytest.approx(scores["speed_real"]["value"], rel=0.2)
        and still["speed"]["value"] == 0
    )
    assert still["motion_amount"]["value"] == 0 < scores["motion_amount"]["value"]
    assert still["motion_distance"]["value"] > 5 * scores["motion_distance"]["value"]


def test_changed_films_by_hand():
    film = np.arange(0, 60, 10, dtype=np.uint8)[:, None, None, None]
    rng = np.random.default_rng(1)

    def numbers(way):
        return changed(film, way, rng).ravel().tolist()

    assert numbers(0) == [0, 10, 20, 30, 40, 50]
    assert sorted(numbers(1 + CHANGED.index("shuffled"))) == numbers(0)
    exchanged = numbers(1 + CHANGED.index("exchanged"))
    assert sum(a != b for a, b in zip(exchanged, numbers(0), strict=True)) == 2
    assert numbers(1 + CHANGED.index("faster")) == [0, 20, 40, 50, 30, 10]
    assert numbers(1 + CHANGED.index("slower")) == [0, 5, 10, 15, 20, 25]
    assert changed(film[:2], 3, rng).ravel().tolist() == [0, 10]
    np.testing.assert_array_equal(differences(film[None])[0, :, 0, 0], [132.5] * 5)
