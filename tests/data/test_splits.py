"""Which items are trained on, which are held out, and what the classes are."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from data_samples import classes, picture, png, put
from sparring.data.splits import hold_out, natural, split_of
from sparring.errors import UserError
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")


def counts(source) -> tuple[int, int, int]:
    return source.count("train"), source.count("validation"), source.count("test")


def said(source, text: str) -> bool:
    return any(text in note for note in source.notes)


def test_the_only_item_of_a_class_is_learned_from():
    for seed in range(20):
        hashes = [bytes([seed, index]) for index in range(12)]
        assert 11 not in hold_out(hashes, [0] * 11 + [1])
    assert len(hold_out([bytes([index]) for index in range(6)], list(range(6)))) == 3  # there is nothing else


def test_first_folder_level_is_the_class(tmp_path):
    source = open_data(put(tmp_path, classes()))
    assert source.classes == ("cat", "dog")
    assert counts(source) == (36, 0, 4) or counts(source) == (32, 0, 8)
    assert said(source, "held out") and said(source, "2 classes from the first folder level")
    labels = source.labels(np.arange(source.count("test")), "test")
    assert (labels == 0).sum() == (labels == 1).sum()  # held out in proportion


def test_a_class_of_one_item_is_named(tmp_path):
    source = open_data(put(tmp_path, classes() | classes(names=("fox",), each=1, start=5000)))
    assert said(source, "Of fox there is a single item each")
    assert source.labels(np.arange(source.count())).tolist().count(2) == 1


def test_leaf_level(tmp_path):
    root = put(tmp_path, classes("pets/", ("cat", "dog")) | classes("wild/", ("fox", "owl"), start=5000))
    assert open_data(root).classes == ("pets", "wild")
    assert open_data(root, {"label_level": "leaf"}).classes == ("cat", "dog", "fox", "owl")


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [("train", "val", "test"), ("Training", "VALID", "Testing"), ("train", "validation", "test")],
)
@pytest.mark.parametrize("wrapper", ["", "set/"])
def test_split_folders_are_no_classes(tmp_path, train, validation, test, wrapper):
    files = (
        classes(f"{wrapper}{train}/")
        | classes(f"{wrapper}{validation}/", each=5, start=100)
        | classes(f"{wrapper}{test}/", each=3, start=200)
    )
    source = open_data(put(tmp_path, files | {"README.txt": b"about"}))
    assert source.classes == ("cat", "dog")
    assert counts(source) == (40, 10, 6)


def test_validation_stands_in_for_test(tmp_path):
    source = open_data(put(tmp_path, classes("train/") | classes("val/", each=3, start=200)))
    assert counts(source) == (40, 0, 6)
    assert said(source, "validation split take its place")


def test_a_class_named_train_stays_a_class(tmp_path):
    assert open_data(put(tmp_path, classes(names=("bus", "car", "train")))).classes == ("bus", "car", "train")


def test_only_a_test_folder_is_taken_as_all_data(tmp_path):
    source = open_data(put(tmp_path, classes("test/")))
    assert counts(source) == (32, 0, 8)


def test_unlabelled_test_items_are_left_out(tmp_path):
    files = classes("train/") | {f"test/{index}.png": png(picture(900 + index)) for index in range(5)}
    source = open_data(put(tmp_path, files))
    assert source.classes == ("cat", "dog")
    assert counts(source) == (32, 0, 8)
    assert ("test/0.png", "no label") in source.report.skipped
    assert counts(open_data(tmp_path, {"labels": "none"})) == (40, 0, 5)


def test_one_class_is_no_class(tmp_path):
    source = open_data(put(tmp_path, {f"photos/{index}.png": png(picture(index)) for index in range(20)}))
    assert source.classes == ()
    assert counts(source) == (12, 0, 8)


def test_loose_files_beside_folders_are_no_classes(tmp_path):
    files = {f"{index}.png": png(picture(index)) for index in range(20)} | {
        f"raw/{index}.png": png(picture(100 + index)) for index in range(5)
    }
    source = open_data(put(tmp_path, files))
    assert source.classes == ()
    assert counts(source)[0] + counts(source)[2] == 25


def test_a_folder_for_each_item_is_no_class(tmp_path):
    source = open_data(put(tmp_path, {f"{index}/scan.png": png(picture(index)) for index in range(20)}))
    assert source.classes == ()
    assert said(source, "nearly every item")


def test_numbers_are_sorted_as_numbers(tmp_path):
    assert open_data(put(tmp_path, classes(names=("10", "9", "1"), each=10))).classes == ("1", "9", "10")
    many = "9" * 5000
    assert sorted(["a10", "a9", f"a{many}", "a010b2", "a010b1", "10"], key=natural) == [
        *("10", "a9", "a10", "a010b1", "a010b2", f"a{many}")
    ]


def test_sibling_archives_are_splits(tmp_path):
    for name, files in (("train.zip", classes("train/")), ("test.zip", classes(each=3, start=300))):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, content in files.items():
                archive.writestr(member, content)
    source = open_data(tmp_path)
    assert source.classes == ("cat", "dog")
    assert counts(source) == (40, 0, 6)


def test_labels_csv(tmp_path):
    files = {f"{index}.png": png(picture(index)) for index in range(20)}
    rows = [
        f"{index}.png,{'ab'[index % 2]},{'xyz'[index % 3]},{'test' if index < 4 else 'train'}" for index in range(19)
    ]
    table = "file,label,kind,split\n" + "\n".join([*rows, "gone.png,a,x,train"])
    root = put(tmp_path, files | {"labels.csv": table.encode()})
    source = open_data(root)
    assert source.classes == ("a", "b")
    assert counts(source) == (15, 0, 4)
    assert dict(source.report.skipped).keys() == {"19.png", "gone.png"}
    assert open_data(root, {"labels": "kind"}).classes == ("x", "y", "z")
    assert open_data(root, {"labels": "none"}).classes == ()
    with pytest.raises(UserError, match="no column 'colour'.*kind, label"):
        open_data(root, {"labels": "colour"})


def test_a_column_without_a_table_is_refused(tmp_path):
    with pytest.raises(UserError, match="no column 'kind'"):
        open_data(put(tmp_path, classes()), {"labels": "kind"})


def test_held_out_by_content_not_by_name(tmp_path):
    contents = [png(picture(index)) for index in range(100)]
    first = open_data(put(tmp_path / "a", {f"{index}.png": content for index, content in enumerate(contents)}))
    second = open_data(put(tmp_path / "b", {f"x{999 - index}.png": content for index, content in enumerate(contents)}))

    def held(source):
        return {item.tobytes() for item in source.values(np.arange(source.count("test")), "test")}

    assert len(held(first)) == 10
    assert held(first) == held(second)
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(("count", "expected"), [(2, 1), (5, 2), (15, 7), (16, 8), (50, 8), (100, 10), (1000, 100)])
def test_how_many_are_held_out(count, expected):
    assert len(hold_out([bytes([index % 256, index // 256]) for index in range(count)], [None] * count)) == expected


def test_duplicates_stay_together(tmp_path):
    hashes = [bytes([index // 4]) for index in range(200)]  # each content four times
    held = set(hold_out(hashes, [None] * 200))
    assert {hashes[index] for index in held}.isdisjoint({hashes[index] for index in range(200) if index not in held})
    files = {f"{index}.png": png(picture(index // 2)) for index in range(40)}
    source = open_data(put(tmp_path, files))
    assert source.report.duplicates == 20
    train, test = (
        {item.tobytes() for item in source.values(np.arange(source.count(split)), split)} for split in ("train", "test")
    )
    assert train.isdisjoint(test)


def test_all_equal_contents_are_refused(tmp_path):
    with pytest.raises(UserError, match="two different"):
        open_data(put(tmp_path, {f"{index}.png": png(picture(1)) for index in range(20)}))


def test_test_items_seen_in_training_are_told(tmp_path):
    source = open_data(put(tmp_path, classes("train/") | classes("test/", each=3)))
    assert said(source, "6 of the 6 test items are in the training split too")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"), ("Training Set", "train"), ("seg_train", "train"), ("train2017", "train"),
        ("images_val", "validation"), ("test-set", "test"), ("test_cat", None), ("set", None), ("train_test", None),
        ("latest", None), ("trainA", None),
    ],
)  # fmt: skip
def test_names_of_splits(name, split):
    assert split_of(name) == split
