"""What a person says must hold between columns holds in every row that comes out."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import table_samples
from sparring import UserError
from sparring.modalities.table.codec import codec_from
from sparring.modalities.table.source import TableSource

RULES = (
    "opened <= closed < paid",
    "rent + food = costs",
    "`share a` + b + c = 100",
    "together(city, country, zip)",
    "low < high",
    "first <= last",
    "unique(code)",
)


def frame(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    opened = pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 900, rows), "D")
    closed = opened + pd.to_timedelta(draw.integers(0, 20, rows), "D")
    paid = closed + pd.to_timedelta(draw.integers(1, 5000, rows), "min")
    rent, food = draw.integers(0, 900, rows), draw.integers(0, 50, rows) * 10
    shares = np.round(draw.dirichlet([1, 2, 3], rows) * 100, 1)
    shares[:, 2] = np.round(100 - shares[:, 0] - shares[:, 1], 1)
    places = np.array(
        [("Bonn", "DE", 53111), ("Köln", "DE", 50667), ("Wien", "AT", 1010), ("Graz", None, 8010)], dtype=object
    )
    place = places[draw.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])]
    low = draw.normal(0, 100, rows)
    made = pd.DataFrame(
        {"opened": opened, "closed": closed, "paid": paid, "rent": rent, "food": food, "costs": rent + food}
    )
    made[["share a", "b", "c"]] = shares
    made[["city", "country"]], made["zip"] = place[:, :2], place[:, 2].astype(int)
    made["low"], made["high"] = low, low + draw.exponential(1, rows)
    made["first"] = pd.array(draw.integers(0, 50, rows), dtype="Int64")
    made["last"] = made["first"] + draw.integers(0, 9, rows)
    made.loc[draw.random(rows) < 0.1, "first"] = pd.NA
    made.loc[draw.random(rows) < 0.1, "last"] = pd.NA
    made.loc[draw.random(rows) < 0.1, "closed"] = pd.NaT
    made["code"] = draw.permutation(10 * rows)[:rows]
    made["plain"] = draw.integers(0, 4, rows)
    return made


def assert_kept(made: pd.DataFrame) -> None:
    assert (
        not (made.closed < made.opened).any()
        and not (made.paid <= made.closed).any()
        and not (made.paid < made.opened).any()
    )
    assert (made.rent + made.food == made.costs).all()
    assert (np.round(made[["share a", "b", "c"]].sum(axis=1), 6) == 100).all() and (
        made[["share a", "b", "c"]] >= 0
    ).all(axis=None)
    seen = set(map(tuple, frame()[["city", "country", "zip"]].astype(object).fillna("").to_numpy().tolist()))
    assert set(map(tuple, made[["city", "country", "zip"]].astype(object).fillna("").to_numpy().tolist())) <= seen
    assert (made.low < made.high).all()
    assert not (made["last"] < made["first"]).fillna(False).any()
    assert made.code.is_unique


@pytest.fixture(scope="module")
def source() -> TableSource:
    return TableSource(frame(), "shop", constraints=RULES)


@pytest.fixture(scope="module")
def gan(source):
    return table_samples.started(source)


def test_rows_come_back_as_they_were_through_tensors(source):
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    cells = source.values(np.arange(source.count()))
    np.testing.assert_allclose(codec.outer(codec.inner(cells)), cells, rtol=1e-12)
    back = codec.decode(codec.encode(cells))
    exact = [
        at
        for at, column in enumerate(codec.learned)
        if column.name in ("city", "country", "zip", "plain", "first", "last")
    ]
    np.testing.assert_array_equal(back[:, exact], cells[:, exact])
    assert_kept(codec.frame(back))


@pytest.mark.parametrize("strength", [0.3, 3.0, 100.0])
def test_nothing_a_network_can_say_breaks_a_constraint(source, strength):
    codec = source.codec
    noise = strength * torch.randn(5000, codec.shape[0], generator=torch.manual_seed(1))
    made = codec.frame(codec.decode(noise))
    assert_kept(made)
    assert made.dtypes.equals(frame().dtypes)
    for name in ("opened", "closed", "paid", "first"):  # ends stay where they were
        assert made[name].min() >= frame()[name].min() and made[name].max() <= frame()[name].max()


def test_times_of_other_grids_are_compared_in_a_common_one():
    days = pd.date_range("2021-01-01", periods=60, freq="D")
    table = pd.DataFrame(
        {"day": days, "noon": days + pd.to_timedelta(12 + 24 * (np.arange(60) % 3), "h"), "x": np.arange(60) % 7}
    )
    source = TableSource(table, "t", constraints=["day < noon"])
    codec, cells = source.codec, source.values(np.arange(source.count()))
    np.testing.assert_array_equal(codec.outer(codec.inner(cells)), cells)
    made = codec.frame(codec.decode(torch.randn(2000, codec.shape[0], generator=torch.manual_seed(0))))
    assert (made.day < made.noon).all() and (made.noon.dt.hour == 12).all()


def test_sums_may_have_terms_below_zero():
    draw = np.random.default_rng(3)
    table = pd.DataFrame({"a": draw.integers(-50, 50, 300), "b": draw.normal(0, 9, 300).round(2)})
    table["total"] = (table.a + table.b).round(2)
    source = TableSource(table, "t", constraints=["total = a + b"])
    codec, cells = source.codec, source.values(np.arange(source.count()))
    np.testing.assert_allclose(codec.outer(codec.inner(cells)), cells, atol=1e-9)
    made = codec.frame(codec.decode(3 * torch.randn(2000, codec.shape[0], generator=torch.manual_seed(0))))
    np.testing.assert_allclose(made.a + made.b, made.total, atol=1e-9)


def noisy(columns, seed=0, rows=3000):
    codec = TableSource(columns, "t", constraints=[columns.attrs["rule"]]).codec
    return codec.frame(codec.decode(2 * torch.randn(rows, codec.shape[0], generator=torch.manual_seed(seed))))


def ruled(rule, **columns):
    table = pd.DataFrame(columns)
    table.attrs["rule"] = rule
    return table


def test_sums_of_cents_whose_total_is_off_by_what_floats_are():
    draw = np.random.default_rng(0)
    a, b = draw.integers(0, 10_000, (2, 600)) / 100
    made = noisy(ruled("a + b = total", a=a, b=b, total=a + b))
    assert (np.round(made.a + made.b - made.total, 9) == 0).all()
    assert (made.total.round(2) == made.total).all()
    assert made.a.max() <= a.max() and made.b.max() <= b.max()  # the total may be new, its terms are not


@pytest.mark.parametrize("dtype", ["uint8", "int8", "Int8", "int16"])
def test_small_integers_are_widened_where_sums_do_not_fit(dtype):
    draw = np.random.default_rng(0)
    a, b = draw.integers(0, 60, (2, 600))
    made = noisy(
        ruled("a + b = c", a=a.astype(dtype.lower()), b=b.astype(dtype.lower()), c=pd.array(a + b, dtype=dtype))
    )
    assert (made.a.astype(int) + made.b.astype(int) == made.c.astype(int)).all()


def test_orders_of_small_integers_and_short_floats():
    draw = np.random.default_rng(0)
    low = draw.integers(-100, 120, 600)
    high = pd.array(np.minimum(127, low + draw.integers(0, 20, 600)), dtype="Int8")
    high[::3] = pd.NA
    made = noisy(ruled("low <= high", low=low.astype("int8"), high=high))
    assert made.dtypes.astype(str).tolist() == ["int8", "Int8"]
    assert not (made.high < made.low).fillna(False).any()
    short = draw.normal(0, 100, 600).astype("float32")
    made = noisy(ruled("a < b", a=short, b=short + draw.exponential(1e-4, 600).astype("float32") + np.float32(1e-3)))
    assert made.a.dtype == np.float32 and (made.a < made.b).all()


def test_constraints_are_of_the_data_that_a_run_knows_again():
    plain, ruled_ = TableSource(frame(), "shop"), TableSource(frame(), "shop", constraints=["rent + food = costs"])
    assert plain.content_hash != ruled_.content_hash


def test_a_total_rounder_than_its_terms_is_refused():
    halves = np.random.default_rng(0).integers(0, 99, 60) + 0.5
    table = pd.DataFrame({"a": halves, "b": halves[::-1], "c": (halves + halves[::-1]).astype(int)})
    with pytest.raises(UserError, match="'c' has fewer decimals than"):
        TableSource(table, "t", constraints=["a + b = c"])


def test_commas_in_quoted_names():
    table = pd.DataFrame({"a, z": list("xyz") * 20, "x": [1, 2, 3] * 20, "y": np.arange(60) % 7})
    (part,) = TableSource(table, "t", constraints=["together(`a, z`, x)"]).codec.constrained
    assert part.places == (0, 1)


def test_greater_is_smaller_turned_round():
    table = pd.DataFrame({"a": np.arange(50) % 9, "b": np.arange(50) % 9 + 10})
    parts = [TableSource(table, "t", constraints=[rule]).codec.constrained for rule in ("a < b", "b > a")]
    assert parts[0] == parts[1]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("rent <= food", r"does not hold in \d+ of 600 rows of shop, such as row \d+ \(rent \d+, food \d+\)"),
        ("rent + food = 100", "does not hold"),
        ("unique(plain)", "more than once"),
        ("unique(low)", "identifiers are integers or text"),
        ("unique(cod)", "no column 'cod'; did you mean 'code'"),
        ("unique(code, plain)", "name one"),
        ("together(city)", "two columns or more"),
        ("city < rent", "type category and cannot be compared"),
        ("rent < opened", "type time and cannot be compared"),
        ("rent <= agee", "no learned column 'agee'"),
        ("rent", "cannot be read"),
        ("rent <= food >= costs", "cannot be read"),
        ("rent = food", "cannot be read"),
        ("rent <= ", "cannot be read"),
        ("first + last = costs", "has empty cells"),
        ("city + rent = 5", "only numbers add up"),
    ],
)
def test_what_cannot_be_kept_is_named(rule, complaint):
    with pytest.raises(UserError, match=complaint):
        TableSource(frame(), "shop", constraints=[rule])


def test_a_column_is_in_one_constraint():
    with pytest.raises(UserError, match="'food' is in another one"):
        TableSource(frame(), "shop", constraints=["rent + food = costs", "food <= costs"])


def test_other_rows_are_read_as_the_model_s_even_where_they_break_it(source):
    other = frame(seed=9)
    other.loc[0, "closed"] = pd.Timestamp("2019-01-01")
    read = TableSource(other, "other", like=source.codec)
    assert read.codec.constrained == source.codec.constrained
    assert np.isfinite(read.codec.encode(read.values(np.arange(read.count()))).numpy()).all()


@pytest.mark.parametrize(
    ("where", "column", "holds"),
    [
        ("closed = 2020-03-03", "closed", lambda it: it == pd.Timestamp("2020-03-03")),
        ("opened >= 2021-01-05 and paid < '2021-02-01'", "paid", lambda it: it < pd.Timestamp("2021-02-01")),
        ("opened = 2021-01-05 and closed = 2021-01-09", "closed", lambda it: it == pd.Timestamp("2021-01-09")),
        ("city = Graz", "city", lambda it: it == "Graz"),
        ("zip > 50000 and country = 'DE'", "country", lambda it: it == "DE"),
        ("food = 370", "food", lambda it: it == 370),
        ("costs = 900 and rent > 850", "costs", lambda it: it == 900),
        ("`share a` between 70.1 and 70.2", "share a", lambda it: it.between(70.1, 70.2)),
        ("low > 150 and high < 155", "high", lambda it: it < 155),
        ("last = 3 and first is null", "last", lambda it: it == 3),
        ("last is null", "last", pd.Series.isna),
    ],
)
def test_conditions_on_columns_of_constraints(gan, where, column, holds):
    rows = gan.generate(30, seed=4, where=where)
    assert holds(rows[column]).all()
    assert_kept(rows)


def test_conditions_leave_the_rest_as_it_was_seen():
    """Neither at the edge of what is asked nor beyond what was seen."""
    draw = np.random.default_rng(1)
    low = draw.normal(0, 100, 1500)
    gan = table_samples.started(
        TableSource(
            pd.DataFrame({"low": low, "high": low + draw.exponential(5, 1500)}), "t", constraints=["low < high"]
        )
    )
    rows = gan.generate(200, where="low > 190")
    assert (rows.low < 195).mean() < 0.4 and rows.low.max() <= low.max()
    a, b = draw.integers(0, 1000, (2, 600))
    gan = table_samples.started(
        TableSource(pd.DataFrame({"a": a, "b": b, "total": a + b}), "t", constraints=["a + b = total"])
    )
    assert gan.generate(200, where="a > 850").a.value_counts().max() < 60
    with pytest.raises(UserError, match=r"they lay between \d+ and \d+"):
        gan.generate(3, where="total < 0")
    with pytest.raises(UserError, match="fit"):
        gan.generate(3, where="total > 1000000")
    assert set(gan.generate(100, where="a in (10, 20, 30, 40, 950) and total > 100").a) <= {10, 20, 30, 40, 950}


def test_conditions_between_what_a_column_can_hold(gan):
    with pytest.raises(UserError):
        gan.generate(3, where="first = 4 and last >= 4.2 and last < 4.9")


def test_every_cent_can_be_asked_for():
    a = np.round(np.random.default_rng(0).uniform(0, 100, 600), 2)
    gan = table_samples.started(
        TableSource(pd.DataFrame({"a": a, "b": np.round(100 - a, 2)}), "t", constraints=["a + b = 100"])
    )
    rows = gan.generate(20, where="a = 21.84")
    assert (rows.a == 21.84).all() and (rows.b == 78.16).all()


def test_parquet_of_combinations_with_holes(tmp_path):
    table = pd.DataFrame({"city": ["Wien", "Bonn"] * 50, "country": [None, "DE"] * 50, "x": np.arange(100) % 7})
    gan = table_samples.started(TableSource(table, "t", constraints=["together(city, country)"]))
    from sparring.modalities.table.export import write_stream

    (path,) = write_stream([gan.values(50)], tmp_path / "made.parquet", gan.codec)
    assert pd.read_parquet(path).country.dropna().unique().tolist() == ["DE"]


def test_conditions_that_no_constraint_allows(gan):
    with pytest.raises(UserError, match="no values of opened, closed that can occur together fit"):
        gan.generate(3, where="opened > 2021-06-01 and closed < 2021-01-01")
    with pytest.raises(UserError, match="no values of city, country"):
        gan.generate(3, where="city = Wien and country = DE")


def test_options_of_columns_are_refused_for_pictures():
    from sparring.modalities.opening import open_data

    for options in ({"constraints": ("a <= b",)}, {"types": {"a": "category"}}):
        with pytest.raises(UserError, match="rows of a table.*, and digits holds pictures"):
            open_data("digits", options)
