import json

import numpy as np
import pandas as pd
import pytest

import table_samples
from sparring import UserError
from sparring.modalities.table.columns import Column, column_from, find
from sparring.modalities.table.identifiers import free_text
from sparring.modalities.table.identifiers import identifier as identifiers
from sparring.modalities.table.source import TableSource

KINDS = {
    "id": "identifier",
    "kind": "category",
    "age": "integer",
    "income": "float",
    "children": "integer",
    "size": "category",
    "member": "boolean",
    "since": "time",
    "day": "time",
    "void": "float",
    "same": "integer",
    "maybe": "boolean",
    "note": "text",
}


def test_types_are_found():
    columns = find(table_samples.frame())
    assert {column.name: column.kind for column in columns} == KINDS
    assert all(column.name in column.about() and column.kind in column.about() for column in columns)


def test_cells_come_back_as_they_were():
    frame = table_samples.frame()
    for column in find(frame):
        column = column_from(column.describe())
        if column.learned:
            back = column.series(column.cells(frame[column.name]))
            pd.testing.assert_series_equal(back, frame[column.name], check_names=False, check_freq=False)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["2024-01-05 10:30:00", None, "2023-11-02 00:00:01"]),
        pd.Series(["2024-01-05T10:30:00+0000", "2023-11-02T00:00:01+0000"]),
        pd.Series(pd.to_datetime(["2024-01-05 10:30:00.123456", None])),
        pd.Series([1.5, np.nan, 2.25]),
        pd.Series([3, 4], dtype="uint8"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series([1, "a", 2.5], dtype=object).map(str),
        pd.Series([2**60, 5]),
    ],
)
def test_more_columns_come_back(values):
    column = find(pd.DataFrame({"a": values}))[0]
    pd.testing.assert_series_equal(column.series(column.cells(values)), values, check_names=False)


def test_types_can_be_asked_for():
    frame = table_samples.frame()
    assert {column.name: column.kind for column in find(frame, {"age": "category", "id": "category"})} == {
        **KINDS,
        "age": "category",
        "id": "category",
    }
    with pytest.raises(UserError, match="no column 'agee'; did you mean 'age'"):
        find(frame, {"agee": "integer"})
    with pytest.raises(UserError, match="not a type"):
        find(frame, {"age": "int"})
    with pytest.raises(UserError, match="cannot be read as integer"):
        find(frame, {"kind": "integer"})
    with pytest.raises(UserError, match="infinite"):
        find(pd.DataFrame({"a": [1.0, np.inf]}))


def test_identifiers_are_new_and_never_twice():
    for seen in (
        [f"C-{number:05d}" for number in range(500)],
        list(range(1000, 1500)),
        ["aB3-x", "zQ9-y"],
        ["550e8400-e29b-41d4-a716-446655440000"],
    ):
        pattern = identifiers.identifiers(seen)
        made = identifiers.new_identifiers(pattern, range(120_000), 3, "id")
        assert len(set(made)) == 120_000
        assert made[7:9] == identifiers.new_identifiers(pattern, range(7, 9), 3, "id")
        assert (
            made[:50] != identifiers.new_identifiers(pattern, range(50), 3, "other") or pattern["form"] != "templates"
        )
    made = identifiers.new_identifiers(
        identifiers.identifiers([f"C-{number:05d}" for number in range(0, 90_000, 181)]), range(100), 0, "id"
    )
    assert all(text.startswith("C-") and text[2:].isdigit() and len(text) == 7 for text in made)


def test_new_identifiers_are_hardly_ever_old_ones():
    old = [f"A{number:03d}" for number in range(1000)]
    made = identifiers.new_identifiers(identifiers.identifiers(old), range(1000), 0, "id")
    assert not set(made) & set(old)
    largest = [2**63 - 3 - number for number in range(100)]
    new = identifiers.new_identifiers(identifiers.identifiers(largest), range(50), 0, "id")
    assert len(set(new)) == 50 and not set(new) & set(largest) and max(new) < 2**63


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "Int8", "UInt8", "int32", "int64"])
def test_new_identifiers_do_not_wrap_around(dtype):
    seen = np.arange(60, 120)
    column = find(pd.DataFrame({"id": pd.Series(seen, dtype=dtype)}))[0]
    assert column.kind == "identifier"
    few, many = column.new(range(60), 0), column.new(range(400), 0)
    assert few.is_unique and not set(few) & set(seen) and str(few.dtype) == dtype
    assert many.is_unique and not set(many) & set(seen)


def test_strings_that_tell_who_somebody_is_are_not_copied():
    mails = [f"{number}@example.org" for number in range(999)] + ["0@example.org"]
    column = find(pd.DataFrame({"mail": mails}))[0]
    assert column.kind == "identifier"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["p", "q", "r"], "time"),
        (["yes", "no", "perhaps"], "boolean"),
        ([1.5, 2.0, 3.0], "integer"),
        ([None, None, "x"], "float"),
    ],
)
def test_a_type_that_would_lose_values_is_refused(values, kind):
    with pytest.raises(UserError, match=f"column 'a' cannot be read as {kind}"):
        find(pd.DataFrame({"a": pd.Series(values * 3)}), {"a": kind})


def test_lists_are_refused_and_an_empty_identifier_is_none():
    with pytest.raises(UserError, match="'a' holds lists"):
        find(pd.DataFrame({"a": [[1], [2, 3]]}))
    empty = find(pd.DataFrame({"a": pd.Series([None] * 5, dtype=object)}), {"a": "identifier"})[0]
    assert empty.new(range(4), 0).isna().all()


def test_texts_are_of_words_that_several_rows_share():
    known = free_text.words(
        ["the quick fox", "the slow fox", "a quick fox", "the red fox", "the fox", "quick quick Smith", "quick the"]
    )
    assert set(known["words"]) == {"the", "fox"} | ({"quick"} if known["words"].count("quick") else set())
    made = free_text.new_texts(known, range(50), 0, "note")
    assert {word for text in made for word in text.split()} <= set(known["words"])
    assert free_text.new_texts(free_text.words(["Ada Lovelace"]), range(3), 0, "name") != ["Ada Lovelace"] * 3


def test_sparse_columns_and_decimals_are_numbers():
    from decimal import Decimal

    from sparring.modalities.table.reading.dispatch import table_of

    frame = pd.DataFrame(
        {
            "price": [Decimal("1.25"), None, Decimal("3.5")] * 20,
            "rare": pd.arrays.SparseArray([0, 0, 7] * 20),
            "x": range(60),
        }
    )
    read = table_of(frame, "t").frame
    assert [column.kind for column in find(read)][:2] == ["float", "integer"] and read.price.dtype == np.float64


@pytest.mark.parametrize(
    "dtype", ["datetime64[ns]", "datetime64[ns, UTC]", "string", "category", "boolean", "Int64", "object"]
)
def test_columns_of_nothing_are_taken_as_they_are(dtype):
    frame = pd.DataFrame({"empty": pd.Series([None] * 40, dtype=dtype), "x": np.arange(40) % 5})
    codec = TableSource(frame, "t").codec
    made = codec.frame(codec.decode(codec.encode(codec.cells(frame))))
    assert made["empty"].isna().all() and made.dtypes.astype(str).equals(frame.dtypes.astype(str))


def test_floats_that_are_sums_of_cents_have_two_decimals():
    values = np.random.default_rng(0).integers(0, 999, 200) / 100
    assert find(pd.DataFrame({"a": values * 3}))[0].decimals == 2
    assert find(pd.DataFrame({"a": values.astype(np.float32)}))[0].decimals == 2
    assert find(pd.DataFrame({"a": values * 1e-17}))[0].decimals is None


@pytest.mark.parametrize(
    "texts",
    [
        [f"{at + 3} {('Oak', 'Main', 'Elm', 'Lake', 'Hill')[at % 5]} Gardens {at}" for at in range(60)],
        [f"{10_000 + 7 * at}{'X' if at % 7 == 0 else ''}" for at in range(60)],
        [f"A/{at % 5} {20_000 + 31 * at}" if at % 3 else str(113_000 + 17 * at) for at in range(60)],
        [f"{at * 2_654_435_761 % 2**32:08x}" for at in range(60)],
        [f"{at}-{at + 10}" for at in range(60)],
        [f"978-3-16-{148_000 + at}-{at % 10}" for at in range(60)],
    ],
)
def test_texts_with_numbers_in_them_are_neither_read_as_numbers_nor_refused(texts):
    assert find(pd.DataFrame({"a": texts}))[0].kind in ("identifier", "text")


def test_cells_with_spaces_around_them_are_named_and_very_long_digits_are_identifiers():
    dates = [f"{at % 28 + 1:02d}/03/{1950 + at}" for at in range(40)]
    with pytest.raises(UserError, match=r"' 31/02/2020 ' \(row 41\)|'31/02/2020' \(row 41\)"):
        find(pd.DataFrame({"a": [*dates, " 31/02/2020 "]}))
    assert find(pd.DataFrame({"a": [f"{'9' * 400}{at}" for at in range(40)]}))[0].kind == "identifier"


@pytest.mark.parametrize("decimals", [None, 0, 1])
def test_a_described_column_comes_back_with_its_decimals(decimals):
    column = Column("age", "integer", "int64", decimals=decimals)
    assert column_from(json.loads(json.dumps(column.describe()))) == column
    assert set(column.describe()) == {"name", "kind", "dtype"} | ({"decimals"} if decimals is not None else set())
