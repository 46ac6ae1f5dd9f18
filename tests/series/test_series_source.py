"""Series are read as what they are, and come back as they were."""

import json

import numpy as np
import pandas as pd
import pytest

import series_samples
import sparring
from sparring import data
from sparring.data import OpenOptions
from sparring.modalities import series
from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.reading import of_frame
from sparring.modalities.series.source import SeriesSource

SERIES = ("series",)


def all_of(source):
    return np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])


def test_a_table_of_many_series():
    source = series_samples.source(60)
    codec = source.codec
    assert (codec.key.name, codec.order.name, codec.label) == ("machine_id", "day", "class")
    assert ([channel.name for channel in codec.channels], [column.name for column in codec.whole]) == (
        ["temperature", "load"],
        ["town", "age"],
    )
    assert (codec.ends, codec.windows, codec.steps, source.classes) == (True, False, 20, ("fast", "slow"))
    assert [channel.gaps for channel in codec.channels] == [False, True]
    assert [channel.decimals for channel in codec.channels] == [1, 0]
    assert (source.count(), source.count("test")) == (52, 8)
    assert sum(source.report.labels.values()) == 52
    assert any("'machine_id': 60 series" in note for note in source.notes)


def test_what_is_coded_comes_back():
    source = series_samples.source(60)
    values = all_of(source)
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    assert codec.describe() == source.codec.describe()
    back = codec.decode(codec.encode(values))
    low, high = (np.array([getattr(channel, name) for channel in codec.channels]) for name in ("low", "high"))  # of training series
    np.testing.assert_allclose(back[:, :, :2], values[:, :, :2].clip(low, high), atol=1e-9)
    there = ~np.isnan(values[:, 0, 2])
    np.testing.assert_array_equal(back[there][:, :, 2], values[there][:, :, 2])


def test_rows_come_back_with_their_columns_types_and_order():
    original, source = series_samples.frame(60), series_samples.source(60)
    values, labels = all_of(source), np.concatenate([source.labels(np.arange(source.count(split)), split) for split in ("train", "test")])
    made = source.codec.frame(values, labels=[source.classes[label] for label in labels])
    assert list(made.columns) == list(original.columns)
    assert len(made) == len(original)
    assert made.dtypes.drop("machine_id").to_dict() == original.dtypes.drop("machine_id").to_dict()
    assert made.machine_id.nunique() == 60
    assert not set(made.machine_id) & set(original.machine_id)
    assert made.day.min() == pd.Timestamp("2024-05-01")
    for name in ("temperature", "load"):
        assert sorted(made[name].dropna()) == sorted(original[name].dropna())
    assert made.groupby("machine_id")["class"].nunique().eq(1).all()


def test_the_order_of_the_rows_does_not_matter():
    frame = series_samples.frame(40)
    one, other = (SeriesSource(of_frame(each, "x", OpenOptions()), "x") for each in (frame, frame.sample(frac=1, random_state=3)))
    np.testing.assert_array_equal(all_of(one), all_of(other))


def test_one_long_series_is_learned_in_parts_and_its_end_is_held_out(tmp_path):
    frame = series_samples.lone(400)
    frame.to_csv(tmp_path / "walk.csv", index=False)
    source = data.open(tmp_path / "walk.csv", OpenOptions(modalities=SERIES))
    assert (source.codec.windows, source.codec.steps, source.codec.order.name, source.codec.step) == (True, 50, "time", 0.5)
    np.testing.assert_array_equal(source.values(np.array([3]))[0], frame[["x", "y"]].to_numpy()[3:53])
    held = 100
    assert source.count() == 400 - held - 50 + 1
    np.testing.assert_array_equal(source.values(np.array([0]), "test")[0], frame[["x", "y"]].to_numpy()[-held:][:50])


@pytest.mark.parametrize(("shape", "steps", "channels"), [((30, 20), 20, 1), ((30, 20, 3), 20, 3), ((500,), 62, 1)])
def test_arrays(tmp_path, shape, steps, channels):
    values = np.random.default_rng(0).normal(size=shape)
    np.save(tmp_path / "a.npy", values)
    source = data.open(tmp_path / "a.npy", OpenOptions(modalities=SERIES))
    assert source.shape == (steps, channels)
    made = series.items(source.values(np.arange(2)), source.codec)
    assert [each.shape for each in made] == [(steps, channels)] * 2


def test_what_a_person_says_of_columns_holds():
    frame = series_samples.frame(40).rename(columns={"machine_id": "which", "day": "when", "age": "worth"})
    asked = {"which": "series", "when": "order", "worth": "channel"}
    source = SeriesSource(of_frame(frame, "x", OpenOptions(types=asked, labels="town")), "x")
    assert (source.codec.key.name, source.codec.order.name, source.codec.label) == ("which", "when", "town")
    assert [channel.name for channel in source.codec.channels] == ["temperature", "load", "worth"]
    assert [column.name for column in source.codec.whole] == ["class"]


def test_other_series_are_read_as_those_that_a_model_learned():
    """Whatever their columns are taken for by themselves: here fewer towns, one age for all, another order of columns."""
    source = series_samples.source(60)
    other = series_samples.frame(30)
    other = other[other.town != "Bonn"].assign(age=5)[list(reversed(other.columns))]
    like = SeriesSource(of_frame(other, "other", OpenOptions(like=source.codec)), "other", source.codec)
    assert (like.shape, like.channels, like.classes) == (source.shape, source.channels, source.classes)
    frame = source.codec.frame(all_of(like), labels=["fast"] * len(all_of(like)))
    assert set(frame.town) == {"Ulm", "Kiel"}
    assert set(frame.age) == {5}
    assert sorted(frame.temperature) == sorted(other.temperature)
    with pytest.raises(sparring.UserError, match="no column 'load'"):
        of_frame(other.drop(columns="load"), "other", OpenOptions(like=source.codec))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda frame: frame.assign(mood=np.where(np.arange(len(frame)) % 2, "up", "down")), {}, "'mood' changes along a series"),
        (lambda frame: frame.assign(temperature=np.inf), {"types": {"temperature": "channel"}}, "infinite"),
        (lambda frame: frame[["machine_id", "town"]], {}, "no column of numbers"),
        (lambda frame: frame, {"labels": "temperature"}, "changes along a series"),
        (lambda frame: frame, {"labels": "cless"}, "no such column"),
        (lambda frame: frame, {"types": {"dya": "order"}}, "no column 'dya'"),
        (lambda frame: frame.iloc[:3], {}, "too little"),
        (lambda frame: frame.assign(load=np.nan).astype({"load": float}), {"types": {"load": "channel"}}, "'load' is empty"),
        (
            lambda frame: frame.assign(machine_id=frame.machine_id.where(frame.index > 3)),
            {"types": {"machine_id": "series"}},
            "empty in some rows",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(change, options, message):
    with pytest.raises(sparring.UserError, match=message) as error:
        SeriesSource(of_frame(change(series_samples.frame(40)), "x", OpenOptions(**options)), "x")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00garbage", b"not an array"])
def test_broken_arrays(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(sparring.UserError):
        data.open(tmp_path / "a.npy", OpenOptions(modalities=SERIES))


def test_a_table_is_a_table_unless_a_recipe_for_series_asks(tmp_path):
    series_samples.frame(40).to_csv(tmp_path / "m.csv", index=False)
    assert data.open(tmp_path / "m.csv").modality == "table"
    assert data.open(tmp_path / "m.csv", OpenOptions(modalities=SERIES)).modality == "series"


@pytest.mark.parametrize("damage", [{"format": 2}, {"channels": [{}]}, {"channels": []}, {"codes": []}])
def test_damaged_descriptions(damage):
    with pytest.raises(sparring.UserError):
        codec_from({**series_samples.source(40).codec.describe(), **damage})
