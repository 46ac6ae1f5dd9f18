import numpy as np
import pytest
from scipy import stats

from sparring.modalities.table.codes import MAX_ONE_HOT, QUANTILES, code_from, fit_code, spreads
from sparring.modalities.table.columns import decimals_of


def coded(cells, numeric=True, decimals=None):
    code = fit_code(cells, numeric, decimals)
    return code, code.encode(cells, spreads(cells[:, None])[:, 0])


def test_a_number_becomes_a_normal_score_whatever_its_distribution():
    rng = np.random.default_rng(0)
    for cells in (rng.lognormal(3, 2, 5000), rng.integers(17, 90, 5000).astype(float), rng.standard_cauchy(5000)):
        code, rows = coded(cells)
        assert rows.shape == (5000, 1)
        assert stats.kstest(rows[:, 0], "norm").statistic < 0.02


def test_what_is_decoded_is_what_was_encoded():
    rng = np.random.default_rng(0)
    few = rng.integers(0, 5, 400).astype(float)
    few[::7] = np.nan
    spiked = np.where(rng.random(1000) < 0.5, 0.0, rng.normal(50, 9, 1000).round(1))
    many = rng.integers(0, 5000, 20_000).astype(float)
    for cells, numeric, decimals in (
        (few, True, 0),
        (few, False, None),
        (rng.integers(17, 90, 2000).astype(float), True, 0),
        (many, False, None),
    ):
        code, rows = coded(cells, numeric, decimals)
        np.testing.assert_array_equal(code.decode(rows), cells)
        again = code_from(code.describe())
        np.testing.assert_array_equal(again.decode(rows), cells)
    code, rows = coded(spiked, True, 1)
    back = code.decode(rows)
    np.testing.assert_array_equal(back == 0, spiked == 0)
    assert np.abs(back - spiked).max() < 1  # interpolated between quantiles, but for the tails
    assert spiked[spiked > 0].min() <= back[back > 0].min() and back.max() <= spiked.max()


def test_many_categories_are_two_digits_by_frequency():
    cells = np.repeat(np.arange(5000.0), np.arange(5000, 0, -1) % 7 + 1)
    code, rows = coded(cells, numeric=False)
    assert code.one_hot == (71, 71)
    assert code.width == 142 < MAX_ONE_HOT * 2
    assert rows.sum(axis=1).tolist() == [2.0] * len(rows)
    beyond = np.zeros((1, 142), np.float32)
    beyond[0, [70, 141]] = 1  # place 5040 of 5000
    assert code.decode(beyond)[0] in cells


def test_a_code_has_no_width_where_there_is_nothing_to_learn():
    for cells in (np.full(50, np.nan), np.full(50, 3.0)):
        code, rows = coded(cells)
        assert code.width == 0
        np.testing.assert_array_equal(code.decode(rows), cells)


def test_new_numbers_lie_between_those_seen_and_inside_their_range():
    cells = np.random.default_rng(0).normal(0, 1, 300)
    code = fit_code(cells, True, None)
    made = code.decode(np.random.default_rng(1).standard_normal((4000, 1)).astype(np.float32))
    assert cells.min() <= made.min() and made.max() <= cells.max()
    assert stats.ks_2samp(made, cells).statistic < 0.05
    assert len(np.intersect1d(made, cells)) < 40  # not copies
    assert len(code.values) == QUANTILES


def test_cells_never_seen_become_something():
    code = fit_code(np.array([1.0, 1, 2] * 20), False, None)
    assert code.decode(code.encode(np.array([9.0, np.nan]), np.full(2, 0.5))).tolist() == [1, 1]


def test_where_a_row_stands_does_not_matter():
    cells = np.random.default_rng(0).normal(0, 1, (50, 3))
    spread = spreads(cells)
    np.testing.assert_array_equal(spreads(cells[::-1])[::-1], spread)
    assert spread.min() > 0 and spread.max() < 1
    assert stats.kstest(spreads(np.arange(4000.0)[:, None])[:, 0], "uniform").pvalue > 0.001


@pytest.mark.parametrize("missing", ["choices", "values", "some_number"])
def test_a_damaged_description_is_refused(missing):
    about = fit_code(np.arange(50.0), True, 0).describe()
    del about[missing]
    with pytest.raises(KeyError):
        code_from(about)


@pytest.mark.parametrize(
    ("step", "first", "decimals"), [(7, 3, 0), (15, 0, 0), (86_400, 0, 0), (0.5, 0.5, 1), (1, 0.99, 2)]
)
def test_new_numbers_lie_on_the_grid_of_the_old_ones(step, first, decimals):
    rng = np.random.default_rng(0)
    cells = np.round(first + step * rng.integers(0, 4000, 300), decimals)
    code = code_from(fit_code(cells, True, decimals).describe())
    made = code.decode(rng.normal(size=(500, code.width)))
    away = (made - cells.min()) / step
    assert np.abs(away - away.round()).max() < 1e-6 and len(set(made) - set(cells)) > 50


def test_measurements_keep_their_significant_digits():
    rng = np.random.default_rng(0)
    cells = np.array([float(f"{value:.3g}") for value in rng.lognormal(0, 1.5, 400)])
    decimals = decimals_of(cells, "float64")
    code = code_from(fit_code(cells, True, decimals).describe())
    made = code.decode(rng.normal(size=(500, code.width)))
    assert all(float(f"{value:.3g}") == pytest.approx(value, rel=1e-12) for value in made)
    plain = fit_code(np.round(rng.normal(50, 9, 400), 2), True, 2)
    assert plain.digits is None or plain.digits == 4  # 47.12 has four digits, and two decimals
