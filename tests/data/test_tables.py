"""Parquet files and Hugging Face folders."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from data_samples import holds, picture, png
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")


def huggingface(names: list[str]) -> dict[bytes, bytes]:
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def rows(count: int, start: int = 0):
    pa = pytest.importorskip("pyarrow")
    image = pa.array([{"bytes": png(picture(start + index)), "path": f"{index}.png"} for index in range(count)])
    table = pa.table(
        {
            "image": image,
            "label": pa.array([index % 2 for index in range(count)]),
            "kind": [f"k{index % 3}" for index in range(count)],
        }
    )
    return table.replace_schema_metadata(huggingface(["cat", "dog"]))


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "hub" / "data").mkdir(parents=True)
    parquet.write_table(rows(40), tmp_path / "hub" / "data" / "train-00000-of-00001.parquet", row_group_size=7)
    parquet.write_table(rows(6, 500), tmp_path / "hub" / "data" / "test-00000-of-00001.parquet")
    source = open_data(tmp_path / "hub")
    assert (source.count("train"), source.count("test"), source.classes) == (40, 6, ("cat", "dog"))
    assert holds(source, [np.asarray(picture(index)).transpose(2, 0, 1) for index in range(40)], np.arange(40) % 2)
    assert open_data(tmp_path / "hub", {"labels": "kind"}).classes == ("k0", "k1", "k2")
    assert open_data(tmp_path / "hub", {"labels": "none"}).classes == ()
    with pytest.raises(UserError, match="no column 'colour'"):
        open_data(tmp_path / "hub", {"labels": "colour"})
    lone = open_data(tmp_path / "hub" / "data" / "train-00000-of-00001.parquet")
    assert lone.count("train") + lone.count("test") == 40


def test_parquet_of_plain_bytes_with_bad_rows(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = [png(picture(index)) for index in range(20)] + [None, b"", b"nonsense"]
    parquet.write_table(pa.table({"img": pa.array(cells, pa.binary())}), tmp_path / "x.parquet")
    source = open_data(tmp_path / "x.parquet")
    assert source.count("train") + source.count("test") == 20
    assert [name for name, _ in source.report.skipped] == ["x.parquet row 20", "x.parquet row 21", "x.parquet row 22"]
    parquet.write_table(pa.table({"a": [1, 2]}), tmp_path / "numbers.parquet")
    with pytest.raises(UserError, match="no column with encoded items"):
        open_data(tmp_path / "numbers.parquet", None, OpenContext(modalities=("image",)))
    (tmp_path / "broken.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:-20])
    with pytest.raises(UserError, match="not a whole table"):
        open_data(tmp_path / "broken.parquet")


def test_huggingface_saved_to_disk(tmp_path):
    pa = pytest.importorskip("pyarrow")
    for split, table in (("train", rows(40)), ("test", rows(6, 500))):
        folder = tmp_path / "saved" / split
        folder.mkdir(parents=True)
        with (
            pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
            pa.ipc.new_stream(file, table.schema) as stream,
        ):
            stream.write_table(table, max_chunksize=9)
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    (tmp_path / "saved" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    source = open_data(tmp_path / "saved")
    assert (source.count("train"), source.count("test"), source.classes) == (40, 6, ("cat", "dog"))
    assert holds(source, [np.asarray(picture(index)).transpose(2, 0, 1) for index in range(40)], np.arange(40) % 2)
    assert open_data(tmp_path / "saved" / "train").classes == ("cat", "dog")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install \"sparring\[table\]\""):
        open_data(tmp_path / "x.parquet")
