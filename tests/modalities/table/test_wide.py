"""Tables of many columns: what would grow with the square of their number does not."""

import numpy as np
import pandas as pd

import table_samples
from sparring.metrics.tabular import MAX_PAIRS, pair_trends
from sparring.modalities.table.source import TableSource

COLUMNS = 400


def wide():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {f"c{at}": rng.normal(size=120) if at % 3 else rng.integers(0, 5, 120) for at in range(COLUMNS)}
    )


def test_a_wide_table_keeps_no_covariances_and_encodes_each_row_once():
    source = TableSource(wide(), "wide")
    model = table_samples.started(source)
    scores = len(model.generator.layout.scores)
    assert model.generator.mixture.factors.shape == (8, scores)
    rows = source.values(np.arange(50))
    once = source.codec.encode(rows)
    assert len(source.codec._known) == source.count()
    np.testing.assert_array_equal(once.numpy(), source.codec._encoded(rows))
    made = model.generate(40, seed=0, where="c0 = 3 and c1 > 1")
    assert (made.c0 == 3).all() and (made.c1 > 1).all()


def test_pairs_of_columns_are_bounded():
    cells = np.random.default_rng(0).normal(size=(30, COLUMNS))
    trends = pair_trends(cells, cells, [True] * COLUMNS)
    assert MAX_PAIRS / 2 < len(trends) <= MAX_PAIRS and np.allclose(trends, 1)
