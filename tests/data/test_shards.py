"""Shards: what is packed opens as what it was; WebDataset's layout is read; missing and damaged shards are named."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.data import readers, shards
from sparring.errors import UserError
from sparring.modalities.opening import open_data


def picture(value: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.full((8, 8), value, np.uint8)).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def photos(tmp_path):
    """40 pictures of two classes, with splits."""
    for number in range(40):
        folder = tmp_path / "photos" / ("test" if number % 4 == 0 else "train") / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02d}.png").write_bytes(picture(6 * number))
    return tmp_path / "photos"


def tar(path: Path, files: dict[str, bytes]) -> None:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))


def test_shards_open_as_the_folder_that_was_packed(photos, tmp_path):
    written = shards.write(readers.files_of(photos), tmp_path / "shards", shard_bytes=10_000)
    assert len(written) > 2
    folder, packed = open_data(photos), open_data(tmp_path / "shards")
    assert packed.content_hash == folder.content_hash
    assert packed.classes == folder.classes == ("cat", "dog")
    for split in ("train", "test"):
        assert packed.count(split) == folder.count(split)
        every = np.arange(folder.count(split))
        assert np.array_equal(packed.values(every, split), folder.values(every, split))
        assert np.array_equal(packed.labels(every, split), folder.labels(every, split))


def test_a_table_of_labels_is_packed_too(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(20):
        (tmp_path / "photos" / f"{number}.png").write_bytes(picture(9 * number))
    rows = "".join(f"{number}.png,{'odd' if number % 2 else 'even'}\n" for number in range(20))
    (tmp_path / "photos" / "labels.csv").write_text("file,label\n" + rows)
    shards.write(readers.files_of(tmp_path / "photos"), tmp_path / "shards", shard_bytes=5_000)
    assert open_data(tmp_path / "shards").classes == ("even", "odd")
    assert open_data(tmp_path / "shards").content_hash == open_data(tmp_path / "photos").content_hash


def test_rows_of_parquet_keep_their_classes(tmp_path):
    pandas = pytest.importorskip("pandas")
    rows = [{"image": {"bytes": picture(8 * number)}, "label": ("a", "b")[number % 2]} for number in range(20)]
    pandas.DataFrame(rows).to_parquet(tmp_path / "rows.parquet")
    shards.write(readers.files_of(tmp_path / "rows.parquet"), tmp_path / "shards")
    opened = open_data(tmp_path / "shards")
    assert opened.classes == ("a", "b")
    assert opened.content_hash == open_data(tmp_path / "rows.parquet").content_hash


def test_the_same_files_make_the_same_bytes(photos, tmp_path):
    for name in ("one", "other"):
        shards.write(readers.files_of(photos), tmp_path / name)
    assert [path.read_bytes() for path in sorted((tmp_path / "one").iterdir())] == [
        path.read_bytes() for path in sorted((tmp_path / "other").iterdir())
    ]


def test_the_layout_of_webdataset_is_read(tmp_path):
    for number, split in enumerate(("train", "train", "val")):
        files = {}
        for item in range(10):
            key = f"{number}{item:03d}"
            files |= {f"{key}.png": picture(20 * item + number), f"{key}.cls": str(item % 3).encode() + b"\n"}
            files |= {f"{key}.json": b"{}", f"{key}.txt": b"a caption"}
        tar(tmp_path / "set" / f"{split}-{number:05d}.tar", files)
    opened = open_data(tmp_path / "set")
    assert opened.classes == ("0", "1", "2")
    assert opened.count("train") == 20  # those of the shards named val are held out
    assert not opened.report.skipped
    assert any("60 files beside the items, such as train-00000.tar/0000.json" in note for note in opened.notes)
    assert open_data(tmp_path / "set", {"labels": "none"}).classes == ()


def test_a_stray_file_of_another_program_names_no_class(photos, tmp_path):
    """The class of a LaTeX document, and a .cls beside one picture among many."""
    for name in ("train/article.cls", "train/cat/02.cls"):
        (photos / name).write_text("\\ProvidesClass{article}")
        opened = open_data(photos)
        assert opened.classes == ("cat", "dog")
        assert any(shown.endswith(".cls") for shown, _ in opened.report.skipped)
        (photos / name).unlink()


def test_one_archive_in_this_layout_is_read_too(tmp_path):
    files = {f"{n:03d}.{kind}": data for n in range(12) for kind, data in (("png", picture(n)), ("cls", b"x y"))}
    files |= {f"{n:03d}.{kind}": data for n in range(12, 24) for kind, data in (("png", picture(n)), ("cls", b"z"))}
    tar(tmp_path / "set.tar", files)
    assert open_data(tmp_path / "set.tar").classes == ("x y", "z")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.unlink(), "lacks data-000001.tar, which its manifest.json lists"),
        (lambda path: path.write_bytes(path.read_bytes()[:-512]), "bytes and not the"),
    ],
)
def test_a_missing_or_cut_shard_is_named_before_anything_is_read(photos, tmp_path, harm, words):
    shards.write(readers.files_of(photos), tmp_path / "shards", shard_bytes=20_000)
    harm(tmp_path / "shards" / "data-000001.tar")
    with pytest.raises(UserError, match=words):
        open_data(tmp_path / "shards")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"shards": [{"name": 1}]}', '{"shards": 3}'])
def test_a_manifest_of_something_else_is_not_obeyed(photos, tmp_path, text):
    shards.write(readers.files_of(photos), tmp_path / "shards", shard_bytes=20_000)
    (tmp_path / "shards" / "manifest.json").write_text(text)
    assert open_data(tmp_path / "shards").content_hash == open_data(photos).content_hash


def test_a_class_that_is_no_text_is_named(tmp_path):
    tar(tmp_path / "set" / "a-0.tar", {"0.png": picture(1), "0.cls": b"\xff\xfe\xff"})
    tar(tmp_path / "set" / "a-1.tar", {"1.png": picture(2), "1.cls": b"x"})
    with pytest.raises(UserError, match="a-0.tar/0.cls should name a class"):
        open_data(tmp_path / "set")


def test_nothing_is_replaced_and_nothing_is_left_behind(photos, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    with pytest.raises(UserError, match="is not empty"):
        shards.write(readers.files_of(photos), tmp_path / "full")
    found = readers.files_of(photos)
    (photos / "train" / "dog" / "01.png").unlink()
    with pytest.raises(UserError, match="01.png cannot be read"):
        shards.write(found, tmp_path / "broken")
    assert not list((tmp_path / "broken").iterdir())
    with pytest.raises(UserError, match="neither a folder nor an archive nor Parquet"):
        readers.files_of(photos / "train" / "cat" / "02.png")


def test_the_manifest_says_what_there_is(photos, tmp_path):
    written = shards.write(readers.files_of(photos), tmp_path / "shards", shard_bytes=20_000)
    about = json.loads((tmp_path / "shards" / "manifest.json").read_text())
    assert about["files"] == 40 == sum(each["files"] for each in about["shards"])
    assert [each["name"] for each in about["shards"]] == [path.name for path in written]
    assert [each["bytes"] for each in about["shards"]] == [path.stat().st_size for path in written]
