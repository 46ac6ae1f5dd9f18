"""The models that judge tables see numbers as numbers, categories as categories and empty cells as such."""

import numpy as np
import pytest

from sparring.metrics.detection import detection
from sparring.metrics.learners import MAX_CATEGORIES, boosted_trees, informative_columns, linear

NAN = float("nan")


def test_columns_with_one_value_or_none_tell_nothing():
    cells = np.array([[1.0, 2, NAN, NAN, 5], [1, 3, NAN, 4, 5], [1, 2, NAN, 4, NAN]])
    assert informative_columns(cells) == [1, 3, 4]  # an empty cell beside a value is another value


def test_boosted_trees_take_categories_up_to_their_limit():
    few, many, empty = np.array([0.0, 3.0]), np.array([0.0, MAX_CATEGORIES]), np.array([NAN, NAN])
    most = np.array([0.0, MAX_CATEGORIES - 1.0])
    model = boosted_trees([True, False, False, False, False], np.stack([few, few, many, most, empty], axis=1), True)
    assert model.categorical_features == [False, True, False, True, True]
    assert (model.max_iter, model.random_state, model.early_stopping) == (100, 0, False)
    assert boosted_trees([True], few[:, None], False, trees=7).max_iter == 7


def test_boosted_trees_classify_or_predict():
    cells = np.repeat(np.arange(4.0), 50)[:, None]
    target = np.array([1.0, -1, 1, -1])[cells[:, 0].astype(int)]  # no order of the categories helps
    assert boosted_trees([False], cells, True).fit(cells, target).predict(cells).tolist() == target.tolist()
    assert boosted_trees([False], cells, False).fit(cells, target).score(cells, target) > 0.99


def test_a_linear_model_sees_that_a_number_is_missing_and_each_category():
    rng = np.random.default_rng(0)
    number, kind = rng.normal(size=300), rng.integers(0, 3, 300).astype(float)
    gone = rng.random(300) < 0.3
    cells = np.stack([np.where(gone, NAN, number), kind], axis=1)
    for target in (gone * 5.0, np.array([0.0, 7, -3])[kind.astype(int)], np.where(gone, 0, number)):
        assert linear([True, False], False).fit(cells, target).score(cells, target) > 0.9
    assert linear([True, False], True).fit(cells, gone).score(cells, gone) > 0.99


def test_the_error_of_detection_is_that_of_hanley_and_mcneil():
    """Eq. 2: A (1 - A) + (n - 1) (Q1 - A^2) + (n - 1) (Q2 - A^2) over n^2, Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A)."""
    rng = np.random.default_rng(0)
    found = detection(rng.normal(1.5, 1, (40, 1)), rng.normal(0, 1, (40, 1)), (True,))
    area = found.value
    assert 0.55 < area < 0.95
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    variance = (area * (1 - area) + 39 * (first - area**2) + 39 * (second - area**2)) / 40**2
    assert found.error == pytest.approx(variance**0.5, rel=1e-9)


def test_detection_needs_two_rows_of_each_kind_for_each_fold():
    rows = np.arange(12.0)[:, None]
    assert 0 <= detection(rows[:6], rows[6:], (True,)).value <= 1
    with pytest.raises(ValueError, match="detection needs some rows of both kinds"):
        detection(rows[:5], rows[6:], (True,))
