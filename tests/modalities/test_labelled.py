"""Labelled data of pictures and tables: numbering, parts for a training, and writing."""

import numpy as np
import pandas as pd
import pytest

import table_samples
from smoke import ArraySource
from sparring import modalities
from sparring.data.divided import Divided, Pool
from sparring.data.options import OpenContext
from sparring.data.source import SPLITS
from sparring.modalities.image.labelled import LabelledPictures, class_folders
from sparring.modalities.opening import open_data


def rows(frame, target=None, **asked):
    source = open_data(frame, asked, OpenContext(keep_rows=True))
    return modalities.get("table").labelled(source, target)


def test_a_pool_numbers_all_examples_of_a_source(bars, rng):
    pool = Pool(bars)
    assert [(pool.splits == split).sum() for split in SPLITS] == [120, 0, 30]
    places = rng.permutation(150)
    values, labels = pool.values(places), pool.labels()[places]
    for value, label, place in zip(values, labels, places, strict=True):
        split, index = ("train", place) if place < 120 else ("test", place - 120)
        assert np.array_equal(value, bars.values(np.array([index]), split)[0])
        assert label == bars.labels(np.array([index]), split)[0]
    assert pool.values(places[:0]).shape == (0, 1, 8, 8)


def test_divided_sources_have_their_own_hash(bars):
    pool = Pool(bars)
    one, other = Divided(pool, np.arange(50), np.arange(50, 60)), Divided(pool, np.arange(51), np.arange(51, 60))
    assert one.content_hash != other.content_hash
    assert (one.count(), one.count("test"), one.count("validation")) == (50, 10, 0)
    assert sum(one.report.labels.values()) == 50
    assert np.array_equal(one.values(np.array([3]), "test"), pool.values(np.array([53])))
    assert one.origin is bars


def test_equal_pictures_have_one_number(bars):
    bars._values["test"][0] = bars._values["train"][7]
    labelled = LabelledPictures(bars)
    assert labelled.groups[120] == labelled.groups[7]
    assert len(set(labelled.groups)) == 149


def test_classclass_folders_differ_whatever_the_letter_case():
    assert class_folders(("a/b", "A-b", "cat", "Cat")) == ["a-b", "A-b-2", "cat", "Cat-2"]


def test_pictures_are_written_with_their_marks(bars, tmp_path):
    labelled = LabelledPictures(bars)
    made, labels = bars.values(np.arange(5)), bars.labels(np.arange(5))
    out = labelled.write(tmp_path, np.arange(120, 150), made, labels, 0)
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert sum("/real-" in name for name in names) == 150
    assert sum(name.startswith("train/") and "/synthetic-" in name for name in names) == 5
    source = open_data(out)
    assert source.count("test") == 30
    assert source.report.labels == {"class 0": 42, "class 1": 42, "class 2": 41}
    again = LabelledPictures(source)
    assert sorted(again.values(np.arange(125))[:, 0, 0].tobytes()) == sorted(
        np.concatenate([bars.values(np.arange(120)), made])[:, 0, 0].tobytes()
    )


def test_the_target_is_guessed_or_named():
    frame = table_samples.frame(120).drop(columns=["maybe", "note", "member"])
    assert rows(frame).target == "size"
    named = rows(frame, "kind")
    assert named.classes == ("high", "low", "middle")
    assert [named.classes[label] for label in named.labels] == frame["kind"].tolist()
    assert named.place not in named.inputs
    assert np.isnan(named.blind(np.arange(3))[:, named.place]).all()
    assert not np.isnan(named.values(np.arange(3))[:, named.place]).any()


def test_rows_without_a_target_are_left_out_and_kept_in_what_is_written(tmp_path):
    frame = table_samples.frame(80)
    frame.loc[:9, "kind"] = None
    labelled = rows(frame, "kind")
    assert len(labelled.labels) == 70
    assert any("10 rows without a value of kind" in note for note in labelled.notes)
    made = labelled.values(np.arange(4))
    path = labelled.write(tmp_path, np.arange(5), made, labelled.labels[:4], 0)
    written = pd.read_csv(path)
    assert written["kind"].isna().sum() == 10
    assert written["synthetic"].tolist() == ["no"] * 80 + ["yes"] * 4
    assert written["note"][:80].tolist() == frame["note"].tolist()  # texts are invented for new rows alone


@pytest.mark.parametrize("suffix", [".csv.gz", ".tsv", ".parquet", ".jsonl", ".xlsx"])
def test_tables_come_back_in_their_own_form(tmp_path, suffix):
    from sparring.modalities.table.export import write_frame

    frame = table_samples.frame(40)[["id", "kind", "age", "income", "size"]].assign(
        size=lambda each: each["size"].astype(str)
    )
    came = tmp_path / f"people{suffix}"
    write_frame(frame, came)
    source = open_data(came, None, OpenContext(keep_rows=True))
    labelled = modalities.get("table").labelled(source, "kind")
    path = labelled.write(tmp_path, np.arange(3), labelled.values(np.arange(6)), labelled.labels[:6], 0)
    assert path.name == f"data{suffix}"
    back = open_data(path, None, OpenContext(keep_rows=True))
    assert [column.name for column in back.fields] == ["id", "kind", "age", "income", "size", "synthetic"]
    assert len(back.table.frame) == 46
    assert back.table.frame["id"][:40].tolist() == frame["id"].tolist()
    assert np.allclose(back.table.frame["income"][:40].astype(float), frame["income"])


def test_a_column_of_that_name_is_kept(tmp_path):
    frame = table_samples.frame(40)[["kind", "age"]].assign(synthetic=["x", "y"] * 20)
    labelled = rows(frame, "kind")
    path = labelled.write(tmp_path, np.arange(3), labelled.values(np.arange(2)), labelled.labels[:2], 0)
    assert list(pd.read_csv(path).columns) == ["kind", "age", "synthetic", "synthetic_2"]


def test_a_part_of_a_table_knows_nothing_of_other_rows():
    frame = table_samples.frame(200)[["kind", "age", "income"]]
    train, held = np.arange(0, 120), np.arange(120, 150)
    changed = frame.copy()
    changed.loc[150:, "income"] = changed.loc[150:, "income"] * 50 + 1e6
    one, other = (rows(each, "kind").part(train, held) for each in (frame, changed))
    assert (one.count(), one.count("test")) == (120, 30)
    assert [code.describe() for code in one.codec.codes] == [code.describe() for code in other.codec.codes]
    assert one.codec.columns[:2] == other.codec.columns[:2]


def test_generated_rows_have_their_class(tmp_path):
    frame = table_samples.frame(200)[["kind", "age", "income"]].rename(columns={"kind": "what's it"})
    labelled = rows(frame, "what's it")
    gan = table_samples.started(labelled.part(np.arange(150), np.arange(150, 200)))
    labelled.check(gan)
    for number in range(3):
        made = labelled.draw(gan, number, range(10), 0)
        assert made.shape == (10, 3)
        assert (made[:, labelled.place] == number).all()
        assert np.array_equal(made[4:7], labelled.draw(gan, number, range(4, 7), 0))


def test_pictures_without_classes_have_nothing_to_tell():
    with pytest.raises(Exception, match="no classes to tell apart"):
        LabelledPictures(ArraySource(classes=0))
