"""DataFrames come back with their types, names and index, or are refused by the name of the column."""

import datetime
import decimal
import json
import uuid

import numpy as np
import pandas as pd
import pytest

from sparring import UserError
from sparring.data.in_memory import InMemory
from sparring.modalities.opening import open_data
from sparring.modalities.table.codec import codec_from
from sparring.modalities.table.reading.dispatch import table_of
from sparring.modalities.table.source import TableSource

N = 60
HALF = np.arange(N) % 2


def round_trip(frame, **options):
    """The rows of a frame through the codec, as it is read from its file, and out again, in the order of the frame."""
    table = table_of(frame, "t")
    source = TableSource(table.frame, "t", table=table, **options)
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    return codec.original.restored(codec.frame(codec.cells(table.frame)))


def some(values):
    """60 of these values, a few of which are missing."""
    column = [values[at % len(values)] for at in range(N)]
    column[7] = None
    return column


def columns():
    pa = pytest.importorskip("pyarrow")
    day, moment = datetime.date(2020, 2, 29), datetime.datetime(2020, 5, 1, 12, 30)

    def arrow(kind, values):
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(some(values), kind)))

    return {
        "period": pd.Series(pd.period_range("2020-01", periods=N, freq="M")),
        "quarter": pd.Series(pd.PeriodIndex(some(["2020Q1", "2021Q3"]), freq="Q")),
        "timedelta": pd.Series(pd.to_timedelta(some([5, 86_400, 90]), unit="s")),
        "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 7] * (N // 3))),
        "int8": pd.Series(np.arange(N) % 9, dtype="int8"),
        "uint64": pd.Series(np.arange(N) % 9, dtype="uint64"),
        "Int16": pd.Series(some([1, 2, 5]), dtype="Int16"),
        "Float32": pd.Series(some([1.5, 2.25, 5]), dtype="Float32"),
        "float16": pd.Series(np.arange(N) % 9 / 4, dtype="float16"),
        "boolean": pd.Series(some([True, False]), dtype="boolean"),
        "string": pd.Series(some(["x", "y"]), dtype="string"),
        "ordered": pd.Series(pd.Categorical(some(["L", "S"]), ["S", "M", "L"], ordered=True)),
        "number categories": pd.Series(pd.Categorical(some([3, 1]), [1, 2, 3])),
        "seconds": pd.Series(pd.to_datetime(some(["2020-01-01 10:00", "2021-05-05"]), format="mixed")).astype("M8[s]"),
        "old": pd.Series(np.array(some(["0500-01-01", "1999-01-01"]), "datetime64[s]")),
        "zone": pd.Series(pd.to_datetime(some(["2020-01-01", "2021-07-05"]))).dt.tz_localize("America/New_York"),
        "decimals": pd.Series(some([decimal.Decimal("1.25"), decimal.Decimal("3.50")]), dtype=object),
        "dates": pd.Series(some([day, datetime.date(1999, 12, 31)]), dtype=object),
        "times": pd.Series(some([datetime.time(9, 30), datetime.time(23, 15)]), dtype=object),
        "moments": pd.Series(some([moment, moment + datetime.timedelta(hours=3)]), dtype=object),
        "uuids": pd.Series(some([uuid.UUID(int=5), uuid.UUID(int=9)]), dtype=object),
        "huge": pd.Series(some([10**30, 7]), dtype=object),
        "python integers": pd.Series(some([3, 8]), dtype=object),
        "mixed": pd.Series(some([1, "a", 2.5]), dtype=object),
        "arrow int": arrow(pa.int16(), [1, 5]),
        "arrow float": arrow(pa.float32(), [1.5, 2.5]),
        "arrow text": arrow(pa.string(), ["x", "y"]),
        "arrow truth": arrow(pa.bool_(), [True, False]),
        "arrow date": arrow(pa.date32(), [day, datetime.date(1999, 12, 31)]),
        "arrow moment": arrow(pa.timestamp("ms", "Europe/Berlin"), [moment, moment + datetime.timedelta(days=1)]),
        "arrow time": arrow(pa.time64("us"), [datetime.time(9, 30), datetime.time(23, 15)]),
        "arrow duration": arrow(pa.duration("s"), [datetime.timedelta(seconds=90), datetime.timedelta(days=1)]),
        "arrow decimal": arrow(pa.decimal128(7, 2), [decimal.Decimal("1.25"), decimal.Decimal("3.50")]),
        "arrow dictionary": arrow(pa.dictionary(pa.int8(), pa.string()), ["x", "y"]),
        "arrow dictionary of moments": pd.Series(
            pd.arrays.ArrowExtensionArray(pa.array(some([moment, moment.replace(year=1999)])).dictionary_encode())
        ),
        "groups": pd.cut(pd.Series(some([0.1, 5.5, 9.0])), 3),
        "groups of integers": pd.cut(pd.Series(some([1.0, 5.0, 9.0])), [0, 5, 10], right=False),
        "groups of times": pd.cut(pd.Series(pd.to_datetime(some(["2020-01-01", "2021-07-05"]))), 2),
        "open groups": pd.cut(pd.Series(some([1.0, 5.0, 9.0])), [-np.inf, 3, np.inf]),
    }


@pytest.mark.parametrize("name", list(columns()))
def test_a_column_comes_back_with_its_type(name):
    values = columns()[name]
    kinds = {name: "category"} if name == "uuids" else {}  # of which new ones are made otherwise
    back = round_trip(pd.DataFrame({name: values, "half": HALF}), types=kinds)[name]
    if values.dtype == object:
        assert [None if pd.isna(value) else (type(value), value) for value in back] == [
            None if pd.isna(value) else (type(value), value) for value in values
        ]
    else:
        pd.testing.assert_series_equal(back, values, check_names=False, check_freq=False)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1],
        [None, "a"],
        [2019, "total"],
        [("a", "x"), ("b", "y")],
        [("a", 1), ("b", 2)],
        [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-01")],
        [1.5, 2.5],
        [True, False],
    ],
)
def test_names_of_columns_come_back(labels):
    frame = pd.DataFrame({"a": np.arange(N) % 7, "b": HALF})
    frame.columns = (
        pd.MultiIndex.from_tuples(labels, names=["upper", None]) if isinstance(labels[0], tuple) else pd.Index(labels)
    )
    pd.testing.assert_frame_equal(round_trip(frame), frame, check_column_type=False)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([f"row {at % 5}" for at in range(N)], name="kind"),
        pd.date_range("2020-01-01", periods=N, freq="D"),
        pd.MultiIndex.from_arrays([np.arange(N) % 4, [f"k{at % 3}" for at in range(N)]], names=["n", "k"]),
        pd.MultiIndex.from_arrays([np.arange(N) % 4, pd.date_range("2020-01-01", periods=N)], names=[None, "day"]),
    ],
)
def test_an_index_that_says_something_is_learned_and_comes_back(index):
    frame = pd.DataFrame({"a": np.arange(N) % 7, "b": HALF}, index=index)
    pd.testing.assert_frame_equal(round_trip(frame), frame, check_freq=False)


def test_row_numbers_are_no_data():
    frame = pd.DataFrame({"a": np.arange(N) % 7, "b": HALF}).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(round_trip(frame), frame.reset_index(drop=True))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([b"a", b"b"], "holds bytes"),
        ([1 + 2j, 3j], "complex numbers"),
        ([[1], [2, 3]], "holds lists"),
        ([{"a": 1}, {"a": 2}], "holds lists"),
        ([pd.Interval(0, 1), pd.Interval(1, 2)], "intervals"),
        ([True, 1], "mixes truths with numbers"),
        ([object(), object()], "type object"),
    ],
)
def test_columns_that_cannot_be_learned_are_refused_by_name(values, words):
    frame = pd.DataFrame({"half": HALF, "odd": pd.Series(values * (N // 2), dtype=object)})
    with pytest.raises(UserError, match=f"column 'odd' .*{words}"):
        round_trip(frame)
    if words in ("complex numbers", "intervals"):
        with pytest.raises(UserError, match=f"column 'odd' .*{words}"):
            round_trip(frame.assign(odd=pd.Series(values * (N // 2))))


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame(np.ones((N, 2)), columns=["a", "a"])
    with pytest.raises(UserError, match="two columns named 'a'"):
        round_trip(frame)
    with pytest.raises(UserError, match="two columns named '1'"):
        round_trip(frame.set_axis([1, "1"], axis=1))


def test_polars_comes_back_as_polars():
    polars = pytest.importorskip("polars")
    day = datetime.date(2020, 2, 29)
    frame = polars.DataFrame(
        {
            "i8": polars.Series(some([1, 5]), dtype=polars.Int8),
            "u16": polars.Series(some([1, 5]), dtype=polars.UInt16),
            "f32": polars.Series(some([1.5, 2.5]), dtype=polars.Float32),
            "text": some(["x", "y"]),
            "truth": some([True, False]),
            "day": some([day, datetime.date(1999, 12, 31)]),
            "moment": polars.Series(some([datetime.datetime(2020, 1, 1, 5)]), dtype=polars.Datetime("ms", "UTC")),
            "clock": some([datetime.time(9, 30), datetime.time(23, 15)]),
            "wait": polars.Series(some([datetime.timedelta(seconds=5)]), dtype=polars.Duration("ms")),
            "price": polars.Series(some(["1.25", "3.50"])).cast(polars.Decimal(7, 2)),
            "size": polars.Series(some(["S", "L"]), dtype=polars.Enum(["S", "M", "L"])),
            "kind": polars.Series(some(["a", "b"]), dtype=polars.Categorical),
        }
    )
    back = round_trip(frame)
    assert back.schema == frame.schema
    assert back.equals(frame)
    assert round_trip(frame.lazy()).equals(frame)


def test_pyarrow_comes_back_as_pyarrow():
    pa = pytest.importorskip("pyarrow")
    day = datetime.date(2020, 2, 29)
    columns = {
        "i8": pa.array(some([1, 5]), pa.int8()),
        "text": pa.array(some(["x", "y"]), pa.large_string()),
        "truth": pa.array(some([True, False])),
        "day": pa.array(some([day, datetime.date(1999, 12, 31)])),
        "moment": pa.array(some([datetime.datetime(2020, 1, 1, 5)]), pa.timestamp("ms", "Europe/Berlin")),
        "wait": pa.array(some([datetime.timedelta(seconds=5)]), pa.duration("ms")),
        "price": pa.array(some([decimal.Decimal("1.25"), decimal.Decimal("3.50")]), pa.decimal128(7, 2)),
        "kind": pa.array(some(["a", "b"])).dictionary_encode(),
        "nothing": pa.nulls(N),
    }
    table = pa.table(columns)
    back = round_trip(table)
    assert back.schema == table.schema
    assert back.to_pylist() == table.to_pylist()


PLAIN = pd.DataFrame({"a": np.arange(N) % 7, "b": [f"k{at}" for at in HALF]})
TABLES = {
    "a list of dictionaries": PLAIN.to_dict("records"),
    "a dictionary of lists": PLAIN.to_dict("list"),
    "a dictionary of arrays": {name: PLAIN[name].to_numpy() for name in PLAIN},
    "a dictionary of series": {name: PLAIN[name] for name in PLAIN},
    "records of NumPy": PLAIN.astype({"b": "object"}).to_records(index=False),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_rows_and_columns_of_python_are_tables(name):
    assert InMemory(TABLES[name]).is_table
    source = open_data(TABLES[name])
    assert source.modality == "table" and sorted(field.name for field in source.fields) == ["a", "b"]
    pd.testing.assert_frame_equal(round_trip(TABLES[name]), PLAIN, check_dtype=False)


def test_a_series_is_a_table_of_one_column():
    pd.testing.assert_frame_equal(round_trip(PLAIN.a), PLAIN[["a"]])
    assert open_data(PLAIN.a.rename(None)).fields[0].name == "value"


@pytest.mark.parametrize(
    "data",
    [
        [{"image": "a.png", "label": 1}] * 3,
        [{"a": np.ones((3, 3)), "b": 1}] * 3,
        {"a": np.ones((3, 4, 4)), "b": [1, 2, 3]},
        {"a": 1, "b": 2},
        [np.ones((4, 4))] * 3,
        np.ones((3, 4, 4)),
    ],
)
def test_pictures_in_dictionaries_are_no_tables(data):
    assert not InMemory(data).is_table


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(UserError, match="different lengths: 'a' 3, 'b' 2"):
        open_data({"a": [1, 2, 3], "b": [1, 2]})


@pytest.mark.parametrize("label", [pd.Interval(0, 1), datetime.date(2020, 1, 1), pd.Timedelta("1h"), b"a"])
def test_names_that_could_not_be_given_back_are_refused_before_the_training(label):
    with pytest.raises(UserError, match="name it by a text or a number"):
        table_of(pd.DataFrame({"a": HALF}).set_axis(pd.Index([label], dtype=object), axis=1), "t")


@pytest.mark.parametrize("kind", ["string_view", "month_day_nano_interval"])
def test_types_that_pandas_cannot_read_are_refused_before_the_training(kind):
    pa = pytest.importorskip("pyarrow")
    if not hasattr(pa, kind):
        pytest.skip(f"this pyarrow has no {kind}")
    values = (
        pa.array(some(["x"]), pa.string_view())
        if kind == "string_view"
        else pa.array([(1, 2, 3)] * N, getattr(pa, kind)())
    )
    with pytest.raises(UserError, match="column 'odd' .* (write|leave)"):
        table_of(pa.table({"odd": values, "half": HALF}), "t")
