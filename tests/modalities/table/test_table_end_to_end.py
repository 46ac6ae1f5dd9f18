"""Tables from end to end: files, training, rows, conditions, pages."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

import sparring
import sparring.config
import table_samples
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.inference.generate import generate_files
from sparring.inference.interpolate import interpolate_file
from sparring.modalities import table
from sparring.modalities.opening import open_data
from sparring.modalities.table import export
from sparring.modalities.table.reading import dispatch as reading
from sparring.modalities.table.source import TableSource
from sparring.runs.folder import Run
from sparring.util.files import without_password


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    table_samples.frame(300).to_csv(folder / "people.csv", index=False)
    settings = {**smoke_settings("table-small", examples=640, tick=320), "players.generator.options.components": 4}
    return api.train(folder / "people.csv", None, folder / "run", settings=settings, device="cpu", console=Callback())


def test_the_recipe_suits_the_number_of_rows(run):
    assert run.recipe()[0].name == "table-small"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet", ".feather", ".xlsx"])
def test_files_are_opened_as_what_they_hold(tmp_path, suffix):
    frame, path = table_samples.frame(60).drop(columns=["since", "void"]), tmp_path / f"people{suffix}"
    write = {
        ".csv": frame.to_csv,
        ".csv.gz": frame.to_csv,
        ".tsv": lambda where, index: frame.to_csv(where, index=index, sep="\t"),
        ".parquet": frame.to_parquet,
        ".feather": lambda where, index: frame.to_feather(where),
        ".xlsx": frame.to_excel,
    }[suffix]
    write(path, index=False)
    source = open_data(path)
    assert (source.modality, source.name, source.count() + source.count("test")) == ("table", "people", 60)
    assert source.numeric == tuple(column.numeric for column in source.fields if column.learned)
    assert any("age: integer" in note for note in source.notes)


def test_every_suffix_has_its_reader():
    assert set(reading.READERS) == set(table.SUFFIXES)


def test_two_columns_of_one_name_are_refused_in_tsv_too(tmp_path):
    (tmp_path / "a.tsv").write_text("a, b\ta, b\tc, d, e\n1\t2\t3\n4\t5\t6\n")
    with pytest.raises(sparring.UserError, match="two columns named 'a, b'"):
        open_data(tmp_path / "a.tsv")


def test_order_does_not_matter_and_held_out_rows_are_not_trained_on():
    frame = table_samples.frame(200)
    one, other = TableSource(frame, "a"), TableSource(frame.sample(frac=1, random_state=1), "b")
    assert one.content_hash == other.content_hash
    assert frame.drop(columns=["id", "note"]).duplicated().sum() == 0
    rows = {
        split: {row.tobytes() for row in one.values(np.arange(one.count(split)), split)} for split in ("train", "test")
    }
    assert not rows["train"] & rows["test"]
    assert one.count("test") == 20


def test_equal_rows_may_part():
    """Held out together, the most frequent row would never be learned."""
    frame = pd.DataFrame({"a": [0, 1, 0, 1] * 250, "b": [0, 0, 1, 0] * 250})
    source = TableSource(frame, "few")
    counts = [
        np.unique(source.values(np.arange(source.count(split)), split), axis=0, return_counts=True)[1]
        for split in ("train", "test")
    ]
    assert counts[0].tolist() == pytest.approx([225, 225, 450], abs=25)
    assert sum(counts[1]) == 100


def test_a_lone_null_may_be_held_out():
    for place in range(0, 400, 40):
        frame = table_samples.frame(400)[["age", "income"]].astype(float)
        frame.loc[place, "income"] = np.nan
        source = TableSource(frame, "lone")
        codes = np.concatenate(
            [source.codec.encode(source.values(np.arange(source.count(s)), s)).numpy() for s in ("train", "test")]
        )
        assert np.isfinite(codes).all()


def test_a_database_is_a_table(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        table_samples.frame(50)[["kind", "age"]].to_sql("people", connection, index=False)
    url = f"sqlite:///{tmp_path}/shop.db"
    people = open_data(f"{url}#people")
    assert people.count() + people.count("test") == 50
    assert open_data(f"{url}#select age from people where age > 20").shape == (1,)
    for what, complaint in (
        ("#peple", "did you mean 'people'"),
        ("#select nothing from people", "cannot be read"),
    ):
        with pytest.raises(sparring.UserError, match=complaint):
            open_data(url + what)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a,b\n1,2\n1,2,3\n", "not a whole table"),
        (b"a,a\n1,2\n3,4\n", "two columns named 'a'"),
        (b"a,b\n", "0 rows"),
        (b"a\n1\n", "1 rows"),
        (b"a\n5\n5\n5\n", "one value only"),
        (b"id\n" + b"\n".join(b"x%d" % number for number in range(50)), "no column to learn from"),
        (b"\x00\x01\x02\xff" * 50, "not"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path, content, complaint):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(sparring.UserError, match=complaint):
        open_data(tmp_path / "bad.csv")


def test_integers_stay_integers_where_some_are_missing(tmp_path):
    (tmp_path / "rooms.csv").write_text(
        "rooms,metres,none\n"
        + "".join(f"{at % 5 if at % 7 else ''},{at % 9 if at % 4 else ''}.0,\n" for at in range(90))
    )
    codec = open_data(tmp_path / "rooms.csv").codec
    made = codec.frame(codec.decode(codec.encode(codec.cells(reading.read_file(tmp_path / "rooms.csv").frame))))
    assert made.dtypes.astype(str).tolist() == ["Int64", "float64", "float64"]
    made.to_csv(tmp_path / "again.csv", index=False)
    assert (tmp_path / "again.csv").read_text().splitlines()[2].startswith("1,1.0,")


def test_tables_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {"a": [1, None, 3] * 20, "b": ["x", "y", None] * 20, "c": [True, None, False] * 20, "d": [0.5, None, 2.25] * 20}
    )
    table = reading.table_of(frame, "t")
    source = TableSource(table.frame, "t", table=table)
    assert [column.kind for column in source.fields] == ["integer", "category", "boolean", "float"]
    back = source.codec.original.restored(source.codec.frame(source.codec.cells(table.frame)))
    assert back.equals(frame)
    assert reading.table_of(frame.to_arrow(), "t").frame.columns.tolist() == [
        "a",
        "b",
        "c",
        "d",
    ]  # pyarrow's tables too


def test_commas_at_the_ends_of_lines_shift_nothing(tmp_path):
    (tmp_path / "ends.csv").write_text(
        "a,b,c\n" + "".join(f"{number},{number % 3},x{number % 2},\n" for number in range(40))
    )
    assert [column.kind for column in open_data(tmp_path / "ends.csv").fields] == ["identifier", "integer", "category"]


def test_options_of_pictures_are_refused(tmp_path):
    table_samples.frame(50).to_csv(tmp_path / "people.csv")
    for options, complaint in (({"size": (8, 8)}, "--size is for films, pictures"), ({"labels": "kind"}, "--where")):
        with pytest.raises(sparring.UserError, match=complaint):
            open_data(tmp_path / "people.csv", options)


def test_conditions_hold_in_every_row_however_rare(run):
    gan = sparring.load(run.path)
    for where in (
        "age > 65 and kind = 'low'",
        "member = true",
        "income > 4000 and children is null",
        "maybe is null and same = 7",
    ):
        rows = gan.values(40, seed=2, where=where)
        frame = gan.codec.frame(rows)
        if "age" in where:
            assert (frame.age > 65).all()
            assert (frame.kind == "low").all()
        np.testing.assert_array_equal(rows[5:7], gan.at([5, 6], seed=2, where=where))
    incomes = np.sort(table_samples.frame(300).income[table_samples.frame(300).income > 0])
    low, high = incomes[100:102] + [0.01, -0.01]
    assert gan.codec.frame(gan.values(5, where=f"income between {low} and {high}")).income.between(low, high).all()
    largest = gan.codec.frame(gan.values(40, where=f"income > {incomes[-3]}")).income
    assert largest.nunique() > 5
    with pytest.raises(sparring.UserError, match="no value of column 'age'"):
        gan.values(3, where="age > 500")


def test_parts_of_a_table_are_its_rows(run, tmp_path):
    (whole,) = generate_files(run.path, tmp_path / "whole.csv", 300, seed=4)
    header, *rows = whole.read_text().splitlines()
    found = []
    for number, first in enumerate((0, 70, 250)):
        count = (70, 180, 50)[number]
        (path,) = generate_files(run.path, tmp_path / f"{number}.csv", count, seed=4, first=first)
        part = path.read_text().splitlines()
        assert part[0] == header
        found += part[1:]
    assert found == rows
    with pytest.raises(sparring.UserError, match="--first is for parts of a table"):
        generate_files(run.path, tmp_path / "sheet.png", 10, first=5, grid=True)


def test_constraints_from_the_file_to_the_file(tmp_path):
    rng = np.random.default_rng(0)
    low = rng.integers(0, 50, 200)
    frame = pd.DataFrame(
        {
            "low": low,
            "high": low + rng.integers(0, 9, 200),
            "kind": np.where(low > 25, "a", "b"),
            "code": rng.permutation(200) + 7,
        }
    )
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    settings = {**smoke_settings("table-small"), "players.generator.options.components": 4}

    def train(*constraints):
        return api.train(
            tmp_path / "pairs.csv",
            None,
            tmp_path / "run",
            constraints=constraints,
            settings=settings,
            device="cpu",
            console=Callback(),
        )

    train("low <= high", "unique(code)")
    run = train("low <= high", "unique(code)")  # goes on, which is nothing
    with pytest.raises(sparring.UserError, match="constraints"):
        train("low < high")
    (path,) = generate_files(run.path, tmp_path / "new.csv", 300, where="high = 30")
    rows = pd.read_csv(path)
    assert (rows.low <= rows.high).all() and (rows.high == 30).all() and rows.code.is_unique
    assert sparring.evaluate(run.path, metrics=["columns"], console=Callback()).scores["column_shapes"].value > 0
    other = frame.assign(code=1, low=99)  # of which neither is true
    assert sparring.TableGAN.load(run.path).evaluate(other)["column_shapes"] < 1


def test_what_goes_with_a_condition_comes_with_it():
    """y is x and a little noise: also where no row was drawn that fits by itself."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, 3000)
    source = TableSource(
        pd.DataFrame({"x": x, "y": x + rng.normal(0, 0.05, 3000), "c": np.where(x > 2, "high", "low")}), "pairs"
    )
    rows = table_samples.started(source).generate(60, where="x between 2.9 and 2.95")
    assert (rows.y - rows.x).abs().mean() < 0.3
    assert (rows.c == "high").mean() > 0.9


def test_tables_have_no_latent_walk(run, tmp_path):
    with pytest.raises(sparring.UserError, match="walk"):
        interpolate_file(run.path, tmp_path / "walk.mp4")
    assert not (run.path / "interpolation.png").exists()


def test_passwords_are_not_kept():
    kept = without_password("sparring train postgresql://bob:hunter2@host/shop#orders")
    assert kept == "sparring train postgresql://bob:***@host/shop#orders"
    with pytest.raises(sparring.UserError, match=r"bob:\*\*\*@"):
        open_data("postgresql://bob:hunter2@host/shop#orders")


def test_rows_are_the_same_whatever_the_parts_they_are_written_in(run, tmp_path):
    gan = sparring.load(run.path)
    values = gan.values(50, seed=4)
    whole = export.write_stream([values], tmp_path / "a.csv", gan.codec, 4)[0].read_text()
    parts = export.write_stream([values[:7], values[7:20], values[20:]], tmp_path / "b.csv", gan.codec, 4)[
        0
    ].read_text()
    assert whole == parts
    assert len(pd.read_csv(tmp_path / "a.csv").id.unique()) == 50


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".jsonl", ".xlsx"])
def test_what_is_written_can_be_read(run, tmp_path, suffix):
    gan = sparring.load(run.path)
    values = gan.values(30, seed=1)
    path = export.write_stream([values[:1], values[1:]], tmp_path / f"rows{suffix}", gan.codec)[0]
    read = {
        ".parquet": pd.read_parquet,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
        ".xlsx": pd.read_excel,
    }.get(suffix, pd.read_csv)(path)
    assert list(read.columns) == list(table_samples.frame(2).columns)
    np.testing.assert_array_equal(read.age, gan.codec.frame(values).age)
    assert not list(tmp_path.glob("*.tmp"))


def test_formulas_are_defused_for_spreadsheets_alone(tmp_path):
    frame = pd.DataFrame({"a": ["=1+1", "@x", "fine", "-5"] * 10, "b": [-1.5, 2, 3, 4] * 10})
    source = TableSource(frame, "formulas")
    values = source.codec.cells(frame)
    for suffix, read in ((".csv", pd.read_csv), (".xlsx", pd.read_excel)):
        back = read(export.write_stream([values], tmp_path / f"a{suffix}", source.codec)[0])
        assert set(back.a) == {"'=1+1", "'@x", "fine", "-5"}
        assert back.b.min() == -1.5
    assert set(pd.read_parquet(export.write_stream([values], tmp_path / "a.parquet", source.codec)[0]).a) == {
        "=1+1",
        "@x",
        "fine",
        "-5",
    }


def test_an_evaluation_says_what_a_data_scientist_asks(run):
    found = sparring.evaluate(run.path, console=Callback())
    for name in (
        "column_shapes",
        "pair_trends",
        "detection",
        "efficacy",
        "exact_rows",
        "category_coverage",
        "range_coverage",
        "kernel_distance",
    ):
        assert np.isfinite(found.scores[name].value), name
    assert (run.path / "generated_and_real.png").stat().st_size > 5000
    assert "Generated and real data" in (run.path / "report.html").read_text()
    assert json.loads((run.path / "evaluation.json").read_text())["scores"]["detection"]["real"] is not None


def test_samples_in_files_are_evaluated_too(run, tmp_path):
    sparring.load(run.path).generate(80, seed=3).to_csv(tmp_path / "rows.csv", index=False)
    found = sparring.evaluate(
        tmp_path / "rows.csv", run.path.parent / "people.csv", metrics=["columns"], console=Callback()
    )
    assert 0 < found.scores["column_shapes"].value < 1


def test_the_python_face(tmp_path):
    settings = {**smoke_settings("table-small"), "players.generator.options.components": 4}
    frame = table_samples.frame(150)
    model = sparring.TableGAN(run=tmp_path / "run", settings=settings, device="cpu")
    with pytest.raises(sparring.UserError, match="call fit first"):
        model.sample(3)
    rows = model.fit(frame).sample(40, where="kind = 'low'")
    assert rows.dtypes.to_dict() == frame.dtypes.to_dict()
    assert (rows.kind == "low").all()
    pd.testing.assert_frame_equal(sparring.TableGAN.load(tmp_path / "run").sample(5), model.sample(5))
    model.to_sql(f"sqlite:///{tmp_path}/out.db", "rows", 25)
    with sqlite3.connect(tmp_path / "out.db") as connection:
        assert connection.execute("select count(*) from rows").fetchone() == (25,)
    assert model.write(tmp_path / "rows.parquet", 12)[0].is_file()
    assert model.evaluate()["column_shapes"] > 0
    assert Run(tmp_path / "run").exists
