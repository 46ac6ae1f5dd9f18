import numpy as np
import pytest
from scipy import stats

from sparring.metrics.detection import detection
from sparring.metrics.neighbours import coverage, variety
from sparring.metrics.tabular import column_shapes, correlation, pair_trends

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
