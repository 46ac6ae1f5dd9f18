from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from sparring.metrics.detection import detection
from sparring.metrics.efficacy import efficacy, target_column
from sparring.metrics.neighbours import coverage, variety
from sparring.metrics.tabular import (
    MAX_PAIRS,
    category_coverage,
    column_shapes,
    correlation,
    exact_rows,
    pair_trends,
    range_coverage,
)

NAN = float("nan")


def test_column_shapes_by_hand():
    generated = np.array([[0.0, 1], [0, 2], [1, 3], [2, 4]])
    real = np.array([[0.0, 1], [1, 2], [1, 3], [1, 8]])
    # categories: shares (.5, .25, .25) and (.25, .75, 0); numbers: steps differ by 1/4 at 4
    assert column_shapes(generated, real, [False, True]).tolist() == [0.5, 0.75]


def test_missing_values_are_a_category_and_their_share_counts_for_numbers():
    generated, real = np.array([[NAN, NAN], [1, 1]]), np.array([[1.0, 1], [1, 1]])
    assert column_shapes(generated, real, [False, True]).tolist() == [0.5, 0.5]
    assert column_shapes(np.full((4, 1), NAN), real[:, :1], [True]).tolist() == [0]
    half = np.array([[NAN], [3.0]])
    assert column_shapes(np.full((4, 1), NAN), half, [True]).tolist() == [0]  # no number at all is like no numbers
    assert column_shapes(half, half, [True]).tolist() == [1]


def test_numbers_are_compared_by_kolmogorov_and_smirnov():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 500), rng.normal(0.3, 2, 300)
    assert column_shapes(a[:, None], b[:, None], [True])[0] == pytest.approx(1 - stats.ks_2samp(a, b).statistic)


def test_pair_trends_by_hand():
    real = np.array([[0.0, 0], [1, 1], [0, 0], [1, 1]])
    crossed = np.array([[0.0, 1], [1, 0], [0, 0], [1, 1]])
    assert pair_trends(crossed, real, [False, False]).tolist() == [0.5]
    assert pair_trends(crossed, real, [True, True]).tolist() == [0.5]  # correlations 0 and 1
    assert pair_trends(-real, real, [True, True]).tolist() == [1]
    assert pair_trends(real, real, [True, False]).tolist() == [1]


def test_correlation_is_pearsons_over_rows_without_missing_values():
    rng = np.random.default_rng(0)
    cells = rng.normal(0, 1, (200, 2))
    cells[:, 1] += cells[:, 0]
    holes = cells.copy()
    holes[:50, 1] = NAN
    assert correlation(cells, 0, 1) == pytest.approx(stats.pearsonr(*cells.T).statistic)
    assert correlation(holes, 0, 1) == pytest.approx(stats.pearsonr(*cells[50:].T).statistic)
    assert np.isnan(correlation(np.ones((9, 2)), 0, 1))


def test_detection_accepts_a_nearly_empty_column():
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(60, 2))
    cells[2:, 1] = np.nan
    assert 0 <= detection(cells[:30], cells[30:], (True, True)).value <= 1


def test_detection_and_neighbours_do_not_depend_on_the_order_of_rows():
    """Rows sorted by a number, and more of them than of the others: what is left out is chosen at random."""
    rng = np.random.default_rng(0)
    many, few = np.sort(rng.normal(size=(2400, 1)), axis=0), rng.normal(size=(600, 1))
    for one, other in ((many, few), (few, many)):
        assert abs(detection(one, other, (True,)).value - 0.5) < 0.06
        assert coverage(one, other) > 0.9
        assert 0.5 < variety(one, other) < 2


def test_numbers_beside_categories_are_compared_in_ten_bins_of_the_real_range():
    """Real numbers are 0.5 to 9.5, so bins are 0.9 wide; the first and the last one hold what lies outside too."""
    real = np.stack([np.arange(10) + 0.5, np.zeros(10)], axis=1)
    same_bins = real.copy()
    same_bins[0, 0], same_bins[9, 0] = -100.0, 100.0
    assert pair_trends(same_bins, real, [True, False]).tolist() == [1]
    moved = real.copy()
    moved[:2, 0] = moved[2, 0]  # two of ten leave their bins
    assert pair_trends(moved, real, [True, False])[0] == pytest.approx(0.8)
    empty = real.copy()
    empty[:3, 0] = NAN  # an empty cell has a bin of its own
    assert pair_trends(empty, real, [True, False])[0] == pytest.approx(0.7)
    assert pair_trends(empty, empty, [True, False])[0] == 1
    assert pair_trends(np.full((4, 2), NAN), np.full((4, 2), NAN), [True, False])[0] == 1


def test_coverage_of_categories_and_of_ranges_by_hand():
    real = np.array([[0.0, 0], [1, 10], [2, 4], [NAN, NAN]])
    generated = np.array([[0.0, 5], [0, 9], [2, -3], [NAN, NAN]])
    assert category_coverage(generated, real, [False, True]) == pytest.approx(2 / 3)
    assert range_coverage(generated, real, [False, True]) == pytest.approx(0.9)  # 0 to 9 of 0 to 10
    assert range_coverage(real[:, ::-1] + 20, real[:, ::-1], [True, False]) == 0
    assert range_coverage(np.full((2, 2), NAN), real, [True, True]) == 0
    assert np.isnan(category_coverage(generated, real, [True, True]))
    assert np.isnan(range_coverage(generated, real, [False, False]))
    assert np.isnan(range_coverage(generated, real * 0, [True, True]))  # a constant has no range


def test_exact_rows_by_hand():
    training = np.array([[1.0, NAN], [2, 3], [0.0, 5]])
    assert exact_rows(np.array([[1.0, NAN], [2, 4], [-0.0, 5], [2, 3]]), training) == 0.75


def test_the_target_is_the_last_column_of_few_categories_or_else_the_last_that_varies():
    rows = np.arange(30.0)
    many, few, same, empty = rows, rows % 20, rows * 0, np.where(rows < 1, 4.0, NAN)
    columns = np.stack([few, many, few, many, same, empty], axis=1)
    assert target_column(columns, [False] * 6) == 2
    assert target_column(columns, [False, False, True, False, False, False]) == 0
    assert target_column(columns, [True] * 6) == 3
    assert target_column(columns[:, 4:], [False, False]) is None
    assert target_column(np.stack([rows % 21, rows], axis=1), [False, True]) == 1  # 21 categories are too many


def test_models_predict_what_can_be_predicted():
    """A number that is twice another one, two classes that its sign decides, and a column that nothing decides."""
    rng = np.random.default_rng(0)
    number, noise = rng.normal(size=200), rng.normal(size=200)
    rows = np.stack([number, 2 * number, number > 0, noise, np.full(200, 3.0)], axis=1)
    train, test = rows[:150], rows[150:]
    numeric = [True, True, False, True, True]
    of_number = efficacy(train, test, numeric, 1)
    assert set(of_number.reached) == {"boosted trees", "forest", "linear"} and of_number.areas == {}
    assert of_number.mean > 0.9 and of_number.area is None and not of_number.classes and of_number.target == 1
    of_classes = efficacy(train, test, numeric, 2)
    assert of_classes.mean > 0.9 and of_classes.area > 0.95 and of_classes.classes
    assert efficacy(train, test, numeric, 3).mean < 0.3
    crossed = test.copy()
    crossed[:, 2] = 1 - crossed[:, 2]  # each prediction is wrong
    assert efficacy(train, crossed, numeric, 2).mean < 0.1 and efficacy(train, crossed, numeric, 2).area < 0.05


def test_too_few_rows_or_columns_predict_nothing():
    rows = np.stack([np.arange(20.0), np.arange(20) % 2], axis=1)
    assert efficacy(rows[:10], rows[10:], [True, False], 1) is not None
    assert efficacy(rows[:9], rows[9:], [True, False], 1) is None
    assert efficacy(rows[:11], rows[11:], [True, False], 1) is None
    assert efficacy(rows[:10], rows[::2], [True, False], 1).areas == {}  # one class alone has no curve
    assert efficacy(rows[:10] * [1, 0], rows[10:], [True, False], 1) is None
    assert efficacy(rows[:10] * [0, 1], rows[10:], [True, False], 1) is None
    with_holes = rows.copy()
    with_holes[0, 1] = NAN
    assert efficacy(with_holes[:10], rows[10:], [True, False], 1) is None


def test_joint_tables_with_more_places_than_rows_are_compared_by_what_occurs():
    """40 x 40 places, 50 and 30 rows: counted place by place."""
    rng = np.random.default_rng(0)
    mine, theirs = (rng.integers(0, 40, (count, 2)).astype(float) for count in (50, 30))
    theirs[:10] = mine[:10]
    shares = [
        {place: sum((side == place).all(axis=1)) / len(side) for place in map(tuple, side.tolist())}
        for side in (mine, theirs)
    ]
    apart = sum(abs(shares[0].get(place, 0) - shares[1].get(place, 0)) for place in {*shares[0], *shares[1]}) / 2
    assert 0.5 < apart < 0.9
    assert pair_trends(mine, theirs, [False, False])[0] == pytest.approx(1 - apart)


def test_of_very_many_pairs_some_are_compared_evenly_spread():
    cells = np.random.default_rng(0).normal(size=(5, 100))
    found = pair_trends(cells, -cells, [True] * 100)
    every = list(combinations(range(100), 2))
    kept = every[:: -(-len(every) // MAX_PAIRS)]
    assert len(found) == len(kept) == 1650
    assert pair_trends(cells[:, :64], cells[:, :64], [True] * 64).shape == (1008,)
    assert pair_trends(cells[:, :63], cells[:, :63], [True] * 63).shape == (1953,)  # 63 * 62 / 2: all of them
    changed = cells.copy()
    changed[0, 0] += 5  # pairs of the first column come first
    differ = np.flatnonzero(~np.isclose(pair_trends(changed, cells, [True] * 100), 1))
    assert differ.tolist() == [at for at, pair in enumerate(kept) if 0 in pair]
