"""SMOTENC and ADASYN on rows with categories and empty cells."""

import sys

import numpy as np
import pytest

from sparring.downstream.examples import Examples, Unavailable
from sparring.downstream.resampling import METHODS, resampled

NUMERIC, INPUTS = (True, False, False, True), (0, 1, 3)  # the column at 2 is the class


@pytest.fixture
def examples(rng):
    labels = np.repeat([0, 1], [60, 12])
    values = np.column_stack(
        [rng.normal(size=72) + labels, rng.integers(0, 3, 72), labels, rng.integers(0, 90, 72)]
    ).astype(float)
    values[::7, 0] = np.nan
    values[::5, 1] = np.nan
    return Examples(values, labels)


@pytest.mark.parametrize("method", METHODS)
def test_new_rows_are_of_the_rarer_class_and_have_its_categories(examples, method):
    made = resampled(method, examples, NUMERIC, INPUTS, 0)
    assert set(made.labels) == {1}
    assert len(made.labels) == pytest.approx(48, abs=6)
    assert set(made.values[~np.isnan(made.values[:, 1]), 1]) <= {0.0, 1.0, 2.0}
    assert np.isnan(made.values[:, 2]).all()
    low, high = np.nanmin(examples.values[:, 3]), np.nanmax(examples.values[:, 3])
    assert ((made.values[:, 3] >= low - 1e-9) & (made.values[:, 3] <= high + 1e-9)).all()
    again = resampled(method, examples, NUMERIC, INPUTS, 0)
    assert np.array_equal(made.values, again.values, equal_nan=True)


@pytest.mark.parametrize("kinds", [(True, True, False, True), (False, False, False, False)])
def test_tables_of_numbers_alone_and_of_categories_alone(examples, kinds):
    values = np.nan_to_num(examples.values)
    made = resampled("SMOTENC", Examples(values, examples.labels), kinds, INPUTS, 0)
    assert len(made.labels) == 48


def test_what_it_cannot_do_is_said(examples, monkeypatch):
    lone = Examples(examples.values[:61], examples.labels[:61])
    with pytest.raises(Unavailable, match="single row"):
        resampled("SMOTENC", lone, NUMERIC, INPUTS, 0)
    apart = examples.values.copy()
    apart[60:, 3] += 1e6
    with pytest.raises(Unavailable):
        resampled("ADASYN", Examples(apart, examples.labels), (False, False, False, True), (3,), 0)
    monkeypatch.setitem(sys.modules, "imblearn.over_sampling", None)
    with pytest.raises(Unavailable, match="pip install"):
        resampled("SMOTENC", examples, NUMERIC, INPUTS, 0)


def test_many_categories_do_not_fill_the_memory(rng):
    """imbalanced-learn's issues 768 and 990: SMOTENC makes all categories one-hot."""
    rows = 30_000
    values = np.column_stack([np.arange(rows) % 9000, rng.normal(size=rows)]).astype(float)
    with pytest.raises(Unavailable, match="too many"):
        resampled("SMOTENC", Examples(values, (np.arange(rows) % 30 == 0).astype(int)), (False, True), (0, 1), 0)
