import numpy as np
import pandas as pd
import pytest

import table_samples
from sparring import UserError
from sparring.modalities.table.source import TableSource
from sparring.modalities.table.where import parse

CODEC = table_samples.source().codec
FRAME = table_samples.frame()
CELLS = CODEC.cells(FRAME)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age > 40", FRAME.age > 40),
        ("age>=40 and kind = 'low'", (FRAME.age >= 40) & (FRAME.kind == "low")),
        ("kind in ('low', high)", FRAME.kind.isin(["low", "high"])),
        ("kind != low", FRAME.kind != "low"),
        ("children is null", FRAME.children.isna()),
        ("children is not null AND age between 30 and 45", FRAME.children.notna() & FRAME.age.between(30, 45)),
        ("size >= 'M'", FRAME["size"] >= "M"),
        ("member = true", FRAME.member),
        ("maybe = False", FRAME.maybe.eq(False) & FRAME.maybe.notna()),
        ("since < '2020-06-01T00:00:00+02:00'", FRAME.since < "2020-06-01T00:00:00+02:00"),
        ("day >= 2021-04-01", FRAME.day >= "2021-04-01"),
        ("income < 1e3", FRAME.income < 1000),
        ("`age` <> -3", FRAME.age > -4),
        # An empty cell is unlike no value, as in SQL.
        ("children != 1", FRAME.children.ne(1).fillna(False)),
        ("children <> 1 and children < 9", FRAME.children.ne(1).fillna(False)),
        ("maybe != true", FRAME.maybe.eq(False) & FRAME.maybe.notna()),
        # Both ends belong to a range.
        ("age between 44 and 44", FRAME.age == 44),
        ("age <= 44", FRAME.age <= 44),
        ("age == 44", FRAME.age == 44),
        ("size between S and 'M'", FRAME["size"] <= "M"),
        ("age in (44)", FRAME.age == 44),
        ("age in (44, 45.0 , 1e2) and size in (L)", FRAME.age.isin([44, 45]) & (FRAME["size"] == "L")),
        ('kind = "low"', FRAME.kind == "low"),
        ("kind IN ('high') AND age IS NOT NULL", FRAME.kind == "high"),
        ("age BETWEEN 30 AND 45 AND kind = low", FRAME.age.between(30, 45) & (FRAME.kind == "low")),
        ("age > -1e3 and age < +60", FRAME.age < 60),
    ],
)
def test_conditions_hold_where_pandas_says(text, expected):
    np.testing.assert_array_equal(parse(text, CODEC)(CELLS), expected.to_numpy(bool))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("agee > 3", "no column 'agee'; did you mean 'age'"),
        ("id = 'C-00001'", "invented"),
        ("kind > 'low'", "no order"),
        ("kind = 'lower'", "no value 'lower'"),
        ("age > many", "'many' is not of type integer"),
        ("age > ", "missing at the end"),
        ("age > 3 or age < 2", "joined by `and`"),
        ("age 3", "no column|a column is followed by"),
        ("age in 3", "followed by a list"),
        ("age is 3", "null or not null"),
        ("__import__('os')", "is|followed|column"),
        ("age ; drop", "no column"),
        ("kind between 'high' and 'low'", "no order"),
        ("age between 3 or 5", "joined by and"),
        ("age between 3", "missing at the end"),
        ("age in (3, 4", "missing at the end"),
        ("age in (3 4)", "separated by commas"),
        ("age in [3]", "followed by a list"),
        ("age is not 3", "null or not null"),
        ("= 3", "begins with the name"),
        ("age > 3 and", "begins with the name"),
        ("age > 'a", "''a' cannot be read"),
        ("age > '", "cannot be read; for example"),
        ("   ", "empty"),
        ("age and kind = low", "not by 'and'"),
    ],
)
def test_what_cannot_be_read_is_named(text, complaint):
    with pytest.raises(UserError, match=complaint) as refusal:
        parse(text, CODEC)
    assert str(refusal.value).startswith(f"--where {text}: " if text.strip() else "--where is empty")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zip >= 20", [20, 100]),
        ("zip > 20", [100]),
        ("zip < 20", [3, 7]),
        ("zip <= 7.5", [3, 7]),
        ("zip between 5 and 50", [7, 20]),
        ("zip between 7 and 7", [7]),
        ("zip != 20", [3, 7, 100]),
        ("zip = 100", [100]),
        ("zip in (3, 100)", [3, 100]),
    ],
)
def test_categories_that_are_numbers_are_compared_as_numbers(text, expected):
    """100 is more than 20, whatever the positions of the categories and the order of their digits; nothing is not."""
    zips = pd.Series([20, 3, 100, 7, None] * 8, dtype="Int64").astype("category")
    frame = pd.DataFrame({"zip": zips, "x": np.linspace(0, 1, 40)})
    codec = TableSource(frame, "letters").codec
    np.testing.assert_array_equal(parse(text, codec)(codec.cells(frame)), zips.isin(expected).to_numpy())


def test_a_category_that_is_a_number_is_not_compared_with_a_word():
    frame = pd.DataFrame({"zip": pd.Categorical([20, 3, 100, 7] * 8), "x": np.linspace(0, 1, 32)})
    with pytest.raises(UserError, match="'many' is no number, and column 'zip' holds numbers"):
        parse("zip between 3 and many", TableSource(frame, "letters").codec)


def test_conditions_know_their_column_and_the_cells_that_they_name():
    """So values that a condition names are tried where none of the drawn ones fits."""
    where = parse("age between 3 and 5 and children is null and kind in (high, low) and income > 2.5", CODEC)
    assert [each.column.name for each in where.conditions] == ["age", "children", "kind", "income"]
    kinds = [where.conditions[2].column.categories.index(kind) for kind in ("high", "low")]
    assert [each.asked for each in where.conditions] == [(3, 5), (), tuple(kinds), (2.5,)]
    assert all(CODEC.learned[each.place] is each.column for each in where.conditions)


NAMES = pd.DataFrame(
    {
        name: np.random.default_rng(at).permutation(np.arange(40) / 10)
        for at, name in enumerate(["annual income", "income 2020", "it's", "2nd try", "a,b", "7"])
    }
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("annual income > 2", "annual income"),
        ("income 2020 > 2", "income 2020"),
        ("'it''s' > 2", "it's"),
        ('"it\'s" > 2', "it's"),
        ("2nd try > 2", "2nd try"),
        ("`a,b` > 2", "a,b"),
        ("'a,b' > 2", "a,b"),
        ("7 > 2", "7"),
    ],
)
def test_names_of_several_words_numbers_and_in_quotes(text, name):
    codec = TableSource(NAMES, "names").codec
    where = parse(text, codec)
    assert where.text == text
    np.testing.assert_array_equal(where(codec.cells(NAMES)), NAMES[name] > 2)


def test_values_with_quotes():
    frame = pd.DataFrame({"who": ["it's", "plain"] * 20, "x": np.linspace(0, 1, 40)})
    codec = TableSource(frame, "quotes").codec
    np.testing.assert_array_equal(parse("who = 'it''s'", codec)(codec.cells(frame)), frame.who == "it's")


@pytest.mark.parametrize("value", ["05/03/2021", "2021-03-05", "2021-03-05T00:00"])
def test_a_time_is_asked_for_as_the_column_writes_it_or_in_iso(value):
    days = pd.date_range("2021-01-01", periods=90)
    frame = pd.DataFrame({"day": days.strftime("%d/%m/%Y"), "x": np.linspace(0, 1, 90)})
    codec = TableSource(frame, "days").codec
    np.testing.assert_array_equal(parse(f"day >= '{value}'", codec)(codec.cells(frame)), days >= "2021-03-05")
    with pytest.raises(UserError, match="'soon' is not of type time, which column 'day' is"):
        parse("day >= soon", codec)


def test_what_follows_a_column_is_listed():
    with pytest.raises(UserError, match="one of =, ==, !=, <>, <, <=, >, >=, in, between, is; not by '\\('"):
        parse("age ( 3", CODEC)
