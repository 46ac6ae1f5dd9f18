"""How many frames are learned at once, where films are cut, and what is said about it."""

import numpy as np
import pytest

from sparring.modalities.video.windows import Cut, choose, scenes, starts


def test_films_of_one_length_are_learned_whole():
    how = choose([16] * 30, None)
    assert (how.frames, how.whole, how.notes) == (16, True, ())
    assert choose([8] * 30, None).frames == 8
    assert starts(16, how) == [0]


def test_a_few_short_films_do_not_shorten_all():
    how = choose([3, *[40] * 30], None)
    assert (how.frames, how.whole) == (16, False)
    assert "1 of 31 films have fewer than 16 frames and are left out (--frames 3 takes all)" in how.notes[0]
    assert "up to 40 frames: 16 are learned at once (--frames 40 takes more)" in how.notes[1]


def test_many_short_films_are_not_left_out():
    how = choose([*[6] * 10, *[40] * 20], None)
    assert how.frames == 6


@pytest.mark.parametrize(("count", "begins"), [(15, []), (16, [0]), (23, [0]), (24, [0, 8]), (40, [0, 16, 24])])
def test_windows_cover_a_film_but_for_a_short_rest(count, begins):
    assert starts(count, Cut(16, False)) == begins


def test_beginnings_alone_where_films_are_whole():
    how = choose([16, 16, 18], None)
    assert how.whole and starts(18, how) == [0] and "beginnings" in how.notes[0]


def test_a_cut_is_found_and_motion_is_none():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 80, (1, 1, 8, 8)), rng.integers(170, 255, (1, 1, 8, 8))
    film = np.concatenate([first.repeat(5, 0), second.repeat(7, 0)]).astype(np.uint8)
    assert [len(part) for part in scenes(film)] == [5, 7]
    moving = np.stack([np.roll(rng.integers(0, 255, (1, 8, 8)), step, 2) for step in range(6)]).astype(np.uint8)
    assert len(scenes(moving)) == 1 and len(scenes(film[:1])) == 1
