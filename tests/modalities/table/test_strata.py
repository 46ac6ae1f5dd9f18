"""Rows with a rare value have the distribution of their own few rows, also where that is far from all others."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

import table_samples
from sparring.modalities.table.codec import codec_from
from sparring.modalities.table.source import TableSource


@pytest.fixture(scope="module")
def frame():
    rng, rows = np.random.default_rng(0), 1500
    kind = np.array(["ok"] * rows, dtype=object)
    bad = rng.choice(rows, 20, replace=False)
    kind[bad] = "fraud"
    amount = rng.lognormal(4, 0.6, rows).clip(1, 300).round(2)
    hour = rng.integers(0, 24, rows)
    tries = rng.integers(1, 4, rows)
    amount[bad], hour[bad], tries[bad] = (
        rng.uniform(820, 987, 20).round(2),
        rng.integers(1, 5, 20),
        rng.integers(7, 10, 20),
    )
    shop = rng.choice(list("abcde"), rows)
    return pd.DataFrame({"amount": amount, "hour": hour, "tries": tries, "shop": shop, "kind": kind})


@pytest.fixture(scope="module")
def source(frame):
    return TableSource(frame, "shop", ignored_relations=["all"])


def test_rows_come_back_through_tensors_and_files(source):
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    assert sum(bool(code.strata) for code in codec.codes) >= 2
    cells = source.values(np.arange(source.count()))
    back = codec.decode(codec.encode(cells))
    at = [column.name for column in codec.learned].index("amount")
    fraud = cells[:, at] > 500
    assert fraud.any() and np.abs(back[:, at] - cells[:, at]).max() < 2
    assert ((back[:, at] > 500) == fraud).all()


@pytest.mark.parametrize("where", ["kind = 'fraud'", "amount > 600", "kind = 'fraud' and hour <= 2"])
def test_a_rare_class_is_drawn_in_its_own_distribution(frame, source, where):
    real = frame[frame.kind == "fraud"]
    made = table_samples.started(source).generate(300, seed=0, where=where)
    assert (made.kind == "fraud").all()
    for name in ("amount", "hour", "tries"):
        assert made[name].between(real[name].min(), real[name].max()).all(), name
    if where == "kind = 'fraud'":
        assert ks_2samp(made.amount, real.amount).statistic < 0.3


def test_all_other_rows_keep_theirs(frame, source):
    made = table_samples.started(source).generate(1500, seed=0)
    usual = made[made.kind == "ok"]
    assert usual.amount.max() <= 300
    assert ks_2samp(usual.amount, frame[frame.kind == "ok"].amount).statistic < 0.08


def test_values_whose_rows_are_like_others_have_no_strata():
    rng = np.random.default_rng(2)
    kind = np.where(rng.random(800) < 0.03, "rare", "usual")
    frame = pd.DataFrame({"x": rng.normal(size=800), "kind": kind})
    assert not any(code.strata for code in TableSource(frame, "t").codec.codes)


@pytest.mark.parametrize("by", ["shop", "tries"])
def test_rare_rows_whose_class_follows_from_another_column_keep_their_distribution(frame, by):
    rng = np.random.default_rng(1)
    shops = np.where(frame.kind == "fraud", rng.choice(["x", "y"], len(frame)), frame.shop)
    frame = frame.assign(shop=shops).drop(columns=["tries"] if by == "shop" else [])
    source = TableSource(frame, "shop")
    assert any(f"{by} -> kind" in note for note in source.notes)
    made = table_samples.started(source).generate(300, seed=0, where="kind = 'fraud'")
    assert made.amount.between(820, 987).all() and (by == "tries" or made.shop.isin(["x", "y"]).all())


@pytest.mark.parametrize("where", ["amount > 900", "kind = 'fraud' and amount > 900"])
def test_numbers_of_few_rows_do_not_pile_up_beside_what_was_asked_for(source, where):
    made = table_samples.started(source).generate(300, seed=0, where=where).amount
    assert (made > 900).all() and made.value_counts(normalize=True).max() < 0.25 and made.std() > 10
