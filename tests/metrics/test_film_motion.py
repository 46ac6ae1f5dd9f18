"""How films move, by hand."""

import numpy as np
import pytest

from sparring.metrics.film_motion import amounts, kept, places, speeds, variation


def moving(columns):
    """A film, T x 1 x 9 x 9: a bright pixel in row 4 at these columns; none where a column is None."""
    film = np.zeros((len(columns), 1, 9, 9), np.uint8)
    for frame, column in zip(film, columns, strict=True):
        if column is not None:
            frame[0, 4, column] = 255
    return film


def test_places_and_speeds():
    films = np.stack([moving([0, 1, 3, 3]), moving([8, 6, None, 4])])
    np.testing.assert_allclose(places(films)[0], [[4, 0], [4, 1], [4, 3], [4, 3]])
    np.testing.assert_allclose(speeds(films), [[1, 2, 0], [2, np.nan, np.nan]])
    assert variation(speeds(films)) == pytest.approx(np.std([1, 2, 0, 2]) / 1.25)


def test_a_ground_that_stays_does_not_count():
    films = np.stack([moving([0, 1, 3, 3]), moving([8, 6, 5, 4])])
    films[:, :, 0, 0, 0] = 0
    ground = films.copy()
    ground[:, :, 0, 8, :] = 200
    np.testing.assert_allclose(places(ground), places(films))


def test_amounts():
    found = amounts(np.stack([moving([0, 1, 1])]))
    np.testing.assert_allclose(found, [[np.sqrt(2 / 81), 0]])
    assert variation(np.zeros((2, 3))) == 0


def test_identity_is_kept_where_frames_show_the_same():
    assert kept(np.array([[1, 1, 1, 1], [2, 2, 3, 2]])) == pytest.approx((1 + 0.75) / 2)
