"""Tables that are read part by part: the same cells and columns as read as a whole, whatever the sample has missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import sparring
import table_samples
from smoke import smoke_settings
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.modalities.opening import open_data
from sparring.modalities.table.large import parquet_parts, sample
from sparring.modalities.table.large import source as large

ROWS = 3000


@pytest.fixture
def small_limits(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parquet_parts, "BATCH_CELLS", 3000)
    monkeypatch.setattr(large, "MAX_CELLS", 100)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 300)


def table(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    price, amount = rng.integers(1, 50, rows), rng.integers(1, 9, rows)
    return pd.DataFrame(
        {
            "price": price,
            "amount": amount,
            "total": price * amount,
            "city": rng.choice(["Ulm", "Bonn", "Kiel"], rows),
            "weight": rng.normal(70, 9, rows).round(1),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"),
            "born": [date(1950 + int(year), 5, 17) for year in rng.integers(0, 60, rows)],
        }
    )


def opened(frame: pd.DataFrame, path, parts: int = 1, **asked):
    if parts == 1:
        frame.to_parquet(path.with_suffix(".parquet"))
        return open_data(path.with_suffix(".parquet"), asked)
    path.mkdir()
    for number, each in enumerate(np.array_split(np.arange(len(frame)), parts)):
        frame.iloc[each].to_parquet(path / f"part-{number}.parquet")
    return open_data(path, asked)


def every_row(source) -> np.ndarray:
    parts = [source.values(np.arange(source.count(split)), split) for split in ("train", "test")]
    return np.concatenate(parts)


def in_order(cells: np.ndarray) -> np.ndarray:
    return cells[np.lexsort(cells.T)]


@pytest.mark.parametrize("parts", [1, 3])
def test_all_rows_are_there_as_read_as_a_whole(small_limits, monkeypatch, tmp_path, parts):
    frame = table()
    found = opened(frame, tmp_path / "t", parts)
    assert isinstance(found, large.LargeTable)
    monkeypatch.setattr(large, "MAX_CELLS", 10**9)
    whole = opened(frame, tmp_path / "w", parts)
    assert not isinstance(whole, large.LargeTable)
    alike = [[replace(column, dtype="") for column in each.fields] for each in (found, whole)]
    assert alike[0] == alike[1]  # Parquet has no seconds
    assert found.codec.original == whole.codec.original
    assert [each.text for each in found.codec.relations] == [each.text for each in whole.codec.relations]
    np.testing.assert_array_equal(in_order(every_row(found)), in_order(every_row(whole)))
    assert found.count("train") + found.count("test") == ROWS
    assert 0.07 * ROWS < found.count("test") < 0.13 * ROWS
    assert any(f"{found.count('train') + found.count('test'):,} rows of 7 columns" in note for note in found.notes)


def test_any_rows_are_read_in_the_given_order(small_limits, tmp_path):
    found = opened(table(), tmp_path / "t")
    every = found.values(np.arange(found.count()))
    some = np.array([5, 4, 4, 900, 6, 0])
    np.testing.assert_array_equal(found.values(some), every[some])
    with pytest.raises(IndexError):
        found.values(np.array([found.count()]))


def odd_rows(frame: pd.DataFrame, where: int) -> dict[str, pd.DataFrame]:
    found = {}
    for name, (column, value) in {
        "unknown city": ("city", "Graz"),
        "empty city": ("city", None),
        "a relation that does not hold": ("total", 77_777),
        "an empty number": ("weight", np.nan),
        "a late day": ("day", pd.Timestamp("2031-05-05")),
    }.items():
        changed = frame.copy()
        changed.loc[where, column] = value
        found[name] = changed
    return found


@pytest.mark.parametrize("first_seen", [0, 1000])
@pytest.mark.parametrize("name", list(odd_rows(table(10), 3)))
def test_what_one_row_of_all_has_is_known(small_limits, monkeypatch, tmp_path, name, first_seen):
    """Without the rows that come for the first time, the second pass must find it."""
    monkeypatch.setattr(sample, "MAX_FIRST_SEEN", first_seen)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 60)
    frame = odd_rows(table(), 2222)[name]
    assert not sample.is_held(np.array([2222]), ROWS)[0]
    found = opened(frame, tmp_path / "t")
    cells = found.codec.cells(frame.iloc[[2222]])
    back = found.codec.outer(found.codec.inner(cells))
    np.testing.assert_array_equal(back, cells)
    encoded = found.codec.decode(found.codec.encode(cells))
    np.testing.assert_array_equal(encoded[:, 3], cells[:, 3])
    assert pd.isna(frame.city[2222]) == np.isnan(cells[0, 3])
    assert ("total = price * amount" in " ".join(each.text for each in found.codec.relations)) == (
        name != "a relation that does not hold"
    )


def test_the_cells_are_made_once(small_limits, monkeypatch, tmp_path):
    frame = table()
    first = opened(frame, tmp_path / "t")
    monkeypatch.setattr(large, "_build", None)
    again = open_data(tmp_path / "t.parquet")
    assert again.content_hash == first.content_hash
    assert again.codec.describe() == first.codec.describe()
    np.testing.assert_array_equal(every_row(again), every_row(first))
    monkeypatch.undo()


def test_a_changed_file_is_other_data(small_limits, tmp_path):
    frame = table()
    first = opened(frame, tmp_path / "t")
    frame.loc[7, "price"] += 1
    assert opened(frame, tmp_path / "t").content_hash != first.content_hash


def test_a_cell_file_that_is_cut_is_named(small_limits, tmp_path):
    opened(table(), tmp_path / "t")
    (cells,) = tmp_path.glob("cache/tables/*/train")
    cells.write_bytes(cells.read_bytes()[:-8])
    with pytest.raises(UserError, match="is not whole"):
        open_data(tmp_path / "t.parquet")


def test_parts_with_other_columns_are_refused(tmp_path):
    frame = table(20)
    (tmp_path / "t").mkdir()
    frame.to_parquet(tmp_path / "t" / "a.parquet")
    frame.rename(columns={"city": "town"}).to_parquet(tmp_path / "t" / "b.parquet")
    with pytest.raises(UserError, match="other columns than a.parquet"):
        open_data(tmp_path / "t")
    frame.rename(columns={"city": parquet_parts.POSITION}).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(UserError, match="rename it"):
        open_data(tmp_path / "p.parquet")
    (tmp_path / "t" / "b.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(UserError, match="not a whole Parquet file"):
        open_data(tmp_path / "t")


def test_a_full_disk_is_said_before_anything_is_read(small_limits, monkeypatch, tmp_path):
    monkeypatch.setattr(large.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 10})())
    with pytest.raises(UserError, match="set SPARRING_CACHE"):
        opened(table(), tmp_path / "t")
    assert not list(tmp_path.glob("cache/tables/*"))


def test_a_large_table_is_learned_and_goes_on(small_limits, tmp_path):
    frame = table_samples.frame(ROWS)
    frame.to_parquet(tmp_path / "t.parquet")
    settings = {key: value for key, value in smoke_settings("table").items() if key != "examples"}

    def train(examples: int):
        return sparring.train(
            tmp_path / "t.parquet",
            recipe="table",
            out=tmp_path / "run",
            examples=examples,
            settings=settings,
            console=Callback(),
        )

    train(64)
    run = train(96)
    rows = sparring.load(run.path).generate(50, seed=1)
    assert list(rows.columns) == list(frame.columns)
