"""Series are read as what they are, and come back as they were."""

import json

import numpy as np
import pandas as pd
import pytest

import series_samples
import sparring
from sparring import modalities
from sparring.data.options import OpenContext
from sparring.modalities.opening import open_data
from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.export import write
from sparring.modalities.series.frames import of_frame
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
    low, high = (
        np.array([getattr(channel, name) for channel in codec.channels]) for name in ("low", "high")
    )  # of training series
    np.testing.assert_allclose(back[:, :, :2], values[:, :, :2].clip(low, high), atol=1e-9)
    there = ~np.isnan(values[:, 0, 2])
    np.testing.assert_array_equal(back[there][:, :, 2], values[there][:, :, 2])


def test_rows_come_back_with_their_columns_types_and_order():
    original, source = series_samples.frame(60), series_samples.source(60)
    values, labels = (
        all_of(source),
        np.concatenate([source.labels(np.arange(source.count(split)), split) for split in ("train", "test")]),
    )
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
    one, other = (SeriesSource(of_frame(each, "x"), "x") for each in (frame, frame.sample(frac=1, random_state=3)))
    np.testing.assert_array_equal(all_of(one), all_of(other))


def test_one_long_series_is_learned_in_parts_and_its_end_is_held_out(tmp_path):
    frame = series_samples.lone(400)
    frame.to_csv(tmp_path / "walk.csv", index=False)
    source = open_data(tmp_path / "walk.csv", None, OpenContext(modalities=SERIES))
    assert (source.codec.windows, source.codec.steps, source.codec.order.name, source.codec.step) == (
        True,
        50,
        "time",
        0.5,
    )
    np.testing.assert_array_equal(source.values(np.array([3]))[0], frame[["x", "y"]].to_numpy()[3:53])
    held = 100
    assert source.count() == 400 - held - 50 + 1
    np.testing.assert_array_equal(source.values(np.array([0]), "test")[0], frame[["x", "y"]].to_numpy()[-held:][:50])


@pytest.mark.parametrize(("shape", "steps", "channels"), [((30, 20), 20, 1), ((30, 20, 3), 20, 3), ((500,), 62, 1)])
def test_arrays(tmp_path, shape, steps, channels):
    values = np.random.default_rng(0).normal(size=shape)
    np.save(tmp_path / "a.npy", values)
    source = open_data(tmp_path / "a.npy", None, OpenContext(modalities=SERIES))
    assert source.shape == (steps, channels)
    made = modalities.get("series").items(source.values(np.arange(2)), source.codec)
    assert [each.shape for each in made] == [(steps, channels)] * 2


def test_what_a_person_says_of_columns_holds():
    frame = series_samples.frame(40).rename(columns={"machine_id": "which", "day": "when", "age": "worth"})
    asked = {"which": "series", "when": "order", "worth": "channel"}
    source = SeriesSource(of_frame(frame, "x", asked, "town"), "x")
    assert (source.codec.key.name, source.codec.order.name, source.codec.label) == ("which", "when", "town")
    assert [channel.name for channel in source.codec.channels] == ["temperature", "load", "worth"]
    assert [column.name for column in source.codec.whole] == ["class"]


def test_other_series_are_read_as_those_that_a_model_learned():
    """Columns keep the roles of the model, whatever they would be taken for: here are fewer towns, one age, other
    classes.
    """
    source = series_samples.source(60)
    other = series_samples.frame(30)
    other = other[other.town != "Bonn"].assign(age=5)[list(reversed(other.columns))]
    like = SeriesSource(of_frame(other, "other", like=source.codec), "other", source.codec)
    assert (like.shape, like.channels, like.classes) == (source.shape, source.channels, source.classes)
    frame = source.codec.frame(all_of(like), labels=["fast"] * len(all_of(like)))
    assert set(frame.town) == {"Ulm", "Kiel"}
    assert set(frame.age) == {5}
    assert sorted(frame.temperature) == sorted(other.temperature)
    with pytest.raises(sparring.UserError, match="no column 'load'"):
        of_frame(other.drop(columns="load"), "other", like=source.codec)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda frame: frame.assign(temperature=np.where(np.arange(len(frame)) % 2, "up", "3")),
            {"types": {"temperature": "channel"}},
            "'temperature' changes along a series and holds no numbers",
        ),
        (lambda frame: frame.assign(temperature=np.inf), {"types": {"temperature": "channel"}}, "infinite"),
        (lambda frame: frame[["machine_id", "town"]], {}, "no column of numbers or categories"),
        (lambda frame: frame, {"labels": "temperature"}, "changes along a series"),
        (lambda frame: frame, {"labels": "cless"}, "no such column"),
        (lambda frame: frame, {"types": {"dya": "order"}}, "no column 'dya'"),
        (lambda frame: frame.iloc[:3], {}, "too little"),
        (
            lambda frame: frame.assign(load=np.nan).astype({"load": float}),
            {"types": {"load": "channel"}},
            "'load' is empty",
        ),
        (
            lambda frame: frame.assign(machine_id=frame.machine_id.where(frame.index > 3)),
            {"types": {"machine_id": "series"}},
            "empty in some rows",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(change, options, message):
    with pytest.raises(sparring.UserError, match=message) as error:
        SeriesSource(of_frame(change(series_samples.frame(40)), "x", **options), "x")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00garbage", b"not an array"])
def test_broken_arrays(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(sparring.UserError):
        open_data(tmp_path / "a.npy", None, OpenContext(modalities=SERIES))


def switching(count=60, seed=0, **options):
    return SeriesSource(of_frame(series_samples.switching(count, seed), "machines", **options), "machines")


def test_categories_uneven_times_and_long_tails_are_learned():
    source = switching()
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    assert codec.describe() == source.codec.describe()
    assert [channel.name for channel in codec.channels] == ["temperature", "volume", "time (since the step before)"]
    assert [channel.log is not None for channel in codec.channels] == [False, True, True]
    assert ([column.name for column in codec.choices], codec.paced) == (["state", "alarm"], True)
    assert codec.layout[4] == (3, 2)
    assert any("remark (text)" in note for note in source.notes)
    assert codec.numbers_named[3:] == tuple(f"state is {each}" for each in _by_frequency(source)) + ("alarm is empty",)
    values = all_of(source)
    numbers = codec.numbers(values)
    assert numbers.shape == (60, codec.steps, 7)
    ended = np.isnan(values).all(axis=2)
    np.testing.assert_array_equal(np.isnan(numbers).all(axis=2), ended)
    np.testing.assert_array_equal(np.nansum(numbers[:, :, 3:6], axis=2), ~ended)
    coded = codec.encode(values)
    assert coded.shape[1:] == codec.shape
    np.testing.assert_array_equal(coded[:, :, 3:6].sum(dim=2), ~ended)
    back = codec.decode(coded)
    low, high = (np.array([getattr(channel, name) for channel in codec.channels]) for name in ("low", "high"))
    np.testing.assert_allclose(back[:, :, :3], values[:, :, :3].clip(low, high), atol=1e-6)
    np.testing.assert_array_equal(back[:, :, 3:], values[:, :, 3:])


def _by_frequency(source):
    codes = source.codec.choice_codes[0].choices
    return [source.codec.choices[0].categories[int(code)] for code in codes]


def test_rows_with_categories_and_uneven_times_come_back():
    original, source = series_samples.switching(60), switching()
    made = source.codec.frame(all_of(source))
    assert list(made.columns) == [name for name in original.columns if name != "remark"]
    assert len(made) == len(original)
    for name in ("state", "alarm", "temperature"):
        assert sorted(made[name].dropna()) == sorted(original[name].dropna())
    assert (
        made.dtypes.drop(["machine_id", "time"]).to_dict()
        == original.dtypes.drop(["machine_id", "time", "remark"]).to_dict()
    )
    passed = [
        frame.groupby("machine_id").time.agg(lambda times: (times.max() - times.min()).total_seconds())
        for frame in (made, original)
    ]
    np.testing.assert_allclose(sorted(passed[0]), sorted(passed[1]), rtol=0.02)


def test_other_categories_are_read_as_those_that_a_model_learned():
    source = switching()
    other = series_samples.switching(30, 1).query("state != 'faulty'")
    like = SeriesSource(of_frame(other, "other", like=source.codec), "other", source.codec)
    assert (like.shape, like.channels) == (source.shape, source.channels)
    frame = source.codec.frame(all_of(like))
    assert sorted(frame.state) == sorted(other.state)


def test_what_a_person_says_of_what_changes_holds():
    frame = series_samples.switching(40)
    frame["gear"] = np.arange(len(frame)) % 4
    codec = SeriesSource(of_frame(frame, "x", {"gear": "category"}), "x").codec
    assert [column.name for column in codec.choices] == ["state", "alarm", "gear"]
    made = codec.frame(codec.decode(codec.encode(np.zeros((1, codec.steps, codec.changing)))))
    assert made.gear.dtype == frame.gear.dtype


def test_a_category_that_never_changes_and_numbers_that_do(tmp_path):
    frame = pd.DataFrame({"x": np.arange(400) % 7 + 1.5, "town": "Ulm"})
    source = SeriesSource(of_frame(frame, "x"), "x")
    values = source.values(np.arange(5))
    np.testing.assert_allclose(source.codec.decode(source.codec.encode(values)), values)
    assert set(source.codec.frame(values).town) == {"Ulm"}
    with pytest.raises(sparring.UserError, match="nothing changes along"):
        SeriesSource(of_frame(frame[["town"]], "x"), "x")


def test_descriptions_from_before_there_were_categories_are_the_same_now():
    """So that a run from then is still of the same data, and its features load."""
    described = series_samples.source(60).codec.describe()
    assert not {"choices", "choice_codes", "paced"} & described.keys()
    assert all("log" not in channel for channel in described["channels"])
    assert codec_from(described).describe() == described


def test_the_least_of_numbers_with_a_long_tail_gives_nobody_away():
    counts = np.random.default_rng(0).geometric(0.5, 4000).astype(float) ** 3
    source = SeriesSource(of_frame(pd.DataFrame({"count": counts}), "x"), "x")
    (channel,) = source.codec.channels
    assert channel.log is not None
    coded = source.codec.encode(source.values(np.array([0, 100, 900]))).numpy().ravel()
    assert len(np.unique(coded)) > 0.99 * len(coded)


def test_times_of_what_lacks_values():
    """Empty steps at the beginning are no part of a series; within one they keep its time."""
    frame = series_samples.switching(60)
    first, inner = frame.groupby("machine_id").cumcount() < 2, frame.groupby("machine_id").cumcount() == 9
    frame.loc[first | inner, ["state", "temperature", "alarm", "volume"]] = None
    source = SeriesSource(of_frame(frame, "x"), "x")
    values, pace = all_of(source), 2
    np.testing.assert_array_equal(values[:, 0, pace], source.codec.step)
    made = source.codec.decode(source.codec.encode(values) * 1.1)
    np.testing.assert_array_equal(
        made[:, 0, pace], source.codec.step
    )  # nothing comes before it, so nothing gives it away
    other = series_samples.switching(30, 1)
    later = SeriesSource(of_frame(other, "other", like=source.codec), "other", source.codec)
    np.testing.assert_array_equal(all_of(later)[:, 0, pace], source.codec.step)
    assert not np.isnan(values[:, 7, pace]).any()


def test_series_of_categories_alone():
    frame = series_samples.switching(60)[["machine_id", "state"]]
    frame["time"] = np.arange(len(frame))
    source = SeriesSource(of_frame(frame, "x"), "x")
    assert (source.codec.channels, source.channels) == ((), tuple(f"state is {each}" for each in _by_frequency(source)))
    values = all_of(source)
    np.testing.assert_array_equal(source.codec.decode(source.codec.encode(values)), values)


def test_a_table_is_a_table_unless_a_recipe_for_series_asks(tmp_path):
    series_samples.frame(40).to_csv(tmp_path / "m.csv", index=False)
    assert open_data(tmp_path / "m.csv").modality == "table"
    assert open_data(tmp_path / "m.csv", None, OpenContext(modalities=SERIES)).modality == "series"


@pytest.mark.parametrize("damage", [{"modality": "table"}, {"channels": [{}]}, {"channels": []}, {"codes": []}])
def test_damaged_descriptions(damage):
    with pytest.raises(sparring.UserError):
        codec_from({**series_samples.source(40).codec.describe(), **damage})


def visits(spread, rows_each=6):
    """A table of series that begin at different times. spread: days between the first and the last beginning."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(60):
        day = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(rng.integers(0, spread + 1)))
        for _ in range(rows_each + number % 3):
            day += pd.Timedelta(days=int(rng.integers(1, 30)) if spread > 400 else 1)
            rows.append((f"P{number:03d}", day, rng.normal()))
    return pd.DataFrame(rows, columns=["patient", "day", "x"])


@pytest.mark.parametrize("spread", [500, 300])
def test_new_series_begin_when_those_of_the_data_do(spread):
    frame = visits(spread)
    codec = SeriesSource(of_frame(frame, "t"), "t").codec
    assert codec.paced == (spread > 400)
    values = np.repeat(np.zeros((1, codec.steps, codec.changing)), 80, axis=0)
    made = codec_from(json.loads(json.dumps(codec.describe()))).frame(values).groupby("patient").day.first()
    real = frame.groupby("patient").day.first()
    assert made.nunique() > 40 and made.between(real.min(), real.max()).all()
    assert abs((made.median() - real.median()).days) < spread / 5


def test_series_that_begin_alike_go_on_doing_so():
    codec = SeriesSource(of_frame(visits(0), "t"), "t").codec
    assert codec.frame(np.zeros((9, codec.steps, codec.changing))).groupby("patient").day.first().nunique() == 1


def test_files_of_series_have_the_separator_of_those_that_were_learned_from(tmp_path):
    frame = visits(0)
    frame.to_csv(tmp_path / "v.csv", sep=";", decimal=",", index=False)
    source = open_data(str(tmp_path / "v.csv"), {}, OpenContext(modalities=SERIES))
    (path,) = write(source.values(np.arange(3)), None, tmp_path / "new.csv", False, source.codec)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "patient;day;x" and "," in lines[1].split(";")[2]
