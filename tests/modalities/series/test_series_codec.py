"""The codec of series against values worked out by hand: tensors, tables, and what codec.json says."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from sparring.errors import UserError
from sparring.modalities.series.calendar_parts import Part
from sparring.modalities.series.codec import Channel, SeriesCodec, codec_from
from sparring.modalities.series.cycles import Cycle
from sparring.modalities.series.grid import Grid
from sparring.modalities.series.headers import Steps
from sparring.modalities.table.codes import fit_code
from sparring.modalities.table.columns import Column, find

NAN = np.nan
X = Channel("x", "float64", mean=10.0, deviation=2.0, low=4.0, high=20.0, decimals=1)
Y = Channel("y", "int64", mean=0.0, deviation=1.0, low=-5.0, high=5.0, decimals=0, gaps=True)
TOWN = Column("town", "category", "str", categories=("Bonn", "Kiel", "Ulm"))
STATE = Column("state", "category", "str", categories=("off", "on"))
TOWN_CODE = fit_code(np.array([0.0, 0, 1, 2]), False, None)
STATE_CODE = fit_code(np.array([0.0, 0, 1]), False, None)
HOUR = Column("hour", "integer", "int64", decimals=0)
(KEY,) = find(pd.DataFrame({"name": [f"M-{number:04d}" for number in range(40)]}))
(DRAWN,) = find(
    pd.DataFrame({"name": [f"{number * 7919 % 99991:05x}{number * 104729 % 65521:04x}" for number in range(1, 41)]})
)
DAY = next(iter(find(pd.DataFrame({"day": pd.date_range("2024-05-01", periods=30)}))))
PLAIN = SeriesCodec(3, (X,))
WHOLE = SeriesCodec(3, (X, Y), ends=True, whole=(TOWN,), codes=(TOWN_CODE,), choices=(STATE,),
                    choice_codes=(STATE_CODE,))  # fmt: skip
VALUES = np.array(
    [
        [[12.0, 1, 0, 2], [8.0, NAN, 1, 2], [10.0, 3, 1, 2]],
        [[6.0, -2, 1, 0], [14.0, 0, 0, 0], [NAN, NAN, NAN, 0]],
    ]
)


def test_a_step_holds_channels_choices_switches_the_end_and_the_columns_of_the_whole():
    steps = WHOLE.encode(VALUES).numpy()
    assert steps.shape == (2, *WHOLE.shape) == (2, 3, 9)
    assert np.abs(steps[0, :, 0] - [1.0, -1.0, 0.0]).max() <= 0.025 + 1e-6  # spread over half of the last decimal
    assert np.abs(steps[0, [0, 2], 1] - [1, 3]).max() <= 0.5
    assert steps[0, 1, 1] == steps[1, 2, 0] == 0.0  # nothing is 0
    np.testing.assert_array_equal(steps[0, :, 2:4], [[1, 0], [0, 1], [0, 1]])
    np.testing.assert_array_equal(steps[1, :, 2:4], [[0, 1], [1, 0], [0, 0]])  # no choice after the end
    np.testing.assert_array_equal(steps[:, :, 4], [[1, -1, 1], [1, 1, -1]])
    np.testing.assert_array_equal(steps[:, :, 5], [[1, 1, 1], [1, 1, -1]])
    np.testing.assert_array_equal(steps[:, 1, 6:], [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(steps[:, 0, 6:], steps[:, 2, 6:])
    np.testing.assert_allclose(WHOLE.decode(torch.from_numpy(steps)), VALUES, atol=1e-9)


def test_steps_end_where_the_switch_falls_to_0_but_never_the_first():
    tensor = torch.zeros(3, 3, 9)
    tensor[:, :, 2], tensor[:, :, 4], tensor[:, :, 8] = 1, 1, 1
    tensor[0, :, 5] = torch.tensor([1.0, 0.0, 1.0])
    tensor[1, :, 5] = torch.tensor([-1.0, 1e-6, 1.0])
    tensor[2, :, 4] = torch.tensor([1e-6, 0.0, -1e-6])  # of missing values
    tensor[2, :, 5] = 1
    made = WHOLE.decode(tensor)
    np.testing.assert_array_equal(made[:, :, 0], [[10, NAN, NAN], [10, 10, 10], [10, 10, 10]])
    np.testing.assert_array_equal(made[2, :, 1], [0, NAN, NAN])
    np.testing.assert_array_equal(made[:, :, 3], np.full((3, 3), 2.0))
    np.testing.assert_array_equal(WHOLE.lengths(made), [1, 3, 3])
    assert WHOLE.decode(tensor.double().requires_grad_()).dtype == np.float64


def test_the_tensor_of_the_first_step_decides_what_belongs_to_the_whole():
    tensor = torch.zeros(1, 3, 9)
    tensor[:, :, [2, 4, 5]] = 1
    tensor[0, 0, 7], tensor[0, 1:, 6] = 1, 1
    np.testing.assert_array_equal(WHOLE.decode(tensor)[0, :, 3], [1, 1, 1])


def test_logarithms_and_numbers_that_are_not_rounded():
    channel = Channel("volume", "float64", 1.0, 0.5, low=0.0, high=99.0, log=1.0, decimals=0)
    spread, values = np.array([[0.5, 0.25, 0.75, 0.5]]), np.array([[9.0, 0.0, 99.0, NAN]])
    expected = [(np.log(10) - 1) / 0.5, (np.log(1.125) - 1) / 0.5, (np.log(100.25) - 1) / 0.5, 0.0]
    np.testing.assert_allclose(channel.encode(values, spread)[0], expected)
    np.testing.assert_array_equal(channel.decode(np.array([0.0, -50.0, 500.0])), [2.0, 0.0, 99.0])
    exact = replace(X, decimals=None)
    np.testing.assert_allclose(exact.encode(np.array([[11.0]]), np.array([[0.9]])), [[0.5]])
    np.testing.assert_allclose(exact.decode(np.array([0.12345, -9, 9])), [10.2469, 4, 20])
    np.testing.assert_allclose(X.encode(np.array([[11.0]]), np.array([[0.9]])), [[0.52]])
    assert not np.signbit(X.decode(np.array([-5.0]))).any()
    zero = replace(X, low=-1.0)
    assert not np.signbit(zero.decode(np.array([-5.01]))).any()  # no "-0.0" in files


def test_numbers_count_the_frequent_choices():
    assert WHOLE.numbers_named == ("x", "y", "state is off")
    np.testing.assert_array_equal(WHOLE.numbers(VALUES)[:, :, 2], [[1, 0, 0], [0, 1, NAN]])
    np.testing.assert_array_equal(WHOLE.numbers(VALUES)[:, :, :2], VALUES[:, :, :2])
    empty = fit_code(np.array([0.0] * 5 + [1.0] * 3 + [NAN] * 2), False, None)
    codec = replace(WHOLE, choice_codes=(empty,))
    assert codec.numbers_named == ("x", "y", "state is off", "state is on", "state is empty")
    values = VALUES.copy()
    values[0, 1, 2] = NAN
    np.testing.assert_array_equal(codec.numbers(values)[0, :, 2:], [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    many = fit_code(np.arange(30).repeat(4).astype(float), False, None)
    rare = fit_code(np.array([0.0] * 500 + [1.0, 2.0]), False, None)
    towns = replace(STATE, categories=tuple(f"c{number}" for number in range(30)))
    assert [len(replace(WHOLE, choices=(towns,), choice_codes=(code,)).numbers_named) for code in (many, rare)] == [
        10,
        3,
    ]


@pytest.mark.parametrize(
    ("dtype", "full", "with_gap"),
    [
        ("int8", "int8", "Int64"),
        ("uint16", "uint16", "Int64"),
        ("Int32", "Int32", "Int64"),
        ("bool", "bool", "Int64"),
        ("boolean", "boolean", "Int64"),
        ("float32", "float32", "float32"),
    ],
)
def test_columns_have_the_types_that_they_had(dtype, full, with_gap):
    codec = SeriesCodec(2, (replace(Y, dtype=dtype),), columns=("y",))
    assert str(codec.frame(np.array([[[1.0], [0.0]]])).y.dtype) == full
    made = codec.frame(np.array([[[1.0], [NAN]]]))
    assert (str(made.y.dtype), made.y.isna().tolist()) == (with_gap, [False, True])


def test_names_are_made_for_series_from_the_first_on():
    several = np.repeat(VALUES[:1, :, :1], 2, axis=0)
    assert list(PLAIN.frame(several[:1]).columns) == ["x"]
    made = PLAIN.frame(several, first=5)
    assert list(made.columns) == ["x", "series"]
    assert made.series.tolist() == [5, 5, 5, 6, 6, 6]
    keyed = replace(PLAIN, key=KEY, names_anew=(replace(KEY, name="other"),), columns=("name", "x", "other"))
    made = keyed.frame(several, first=5, seed=3)
    assert list(made.columns) == ["name", "x", "other"]
    assert made.name.tolist() == KEY.new(range(5, 7), 3).repeat(3).tolist()
    assert made.other.tolist() == keyed.names_anew[0].new(range(5, 7), 3).repeat(3).tolist()
    assert len(keyed.frame(several[:1])) == 3  # a key is written for one series too
    drawn = replace(KEY, made=DRAWN.made)  # names that a seed draws
    names = replace(PLAIN, key=drawn).frame(several, seed=3).name.tolist()
    assert names == drawn.new(range(2), 3).repeat(3).tolist() != drawn.new(range(2), 4).repeat(3).tolist()
    assert len(PLAIN.frame(several[:0])) == 0


def test_classes_are_written_where_there_are_some():
    codec = replace(PLAIN, label="kind", columns=("kind", "x"))
    several = np.repeat(VALUES[:1, :, :1], 2, axis=0)
    assert codec.frame(several, labels=["a", "b"]).kind.tolist() == list("aaabbb")
    assert "kind" not in codec.frame(several)
    assert "kind" not in replace(codec, label=None).frame(several, labels=["a", "b"])


def test_what_was_not_among_the_columns_stands_first():
    codec = replace(WHOLE, columns=("town", "x", "state", "y"))
    made = codec.frame(VALUES)
    assert list(made.columns) == ["series", "town", "x", "state", "y"]
    assert made.town.tolist() == ["Ulm"] * 3 + ["Bonn"] * 2
    assert made.state.tolist() == ["off", "on", "on", "on", "off"]
    assert made.y.isna().tolist() == [False, True, False, False, False]


def test_a_row_for_each_series():
    steps = (Steps("x", ("x0", "x1", "x2")), Steps("y", ("y0", "y1", "y2", "y3")))
    codec = SeriesCodec(3, (X, Y), ends=True, whole=(TOWN,), codes=(TOWN_CODE,), wide=steps,
                        label="kind", names_anew=(KEY,),
                        columns=("name", "town", "kind", *steps[1].columns, *steps[0].columns))  # fmt: skip
    made = codec.frame(np.delete(VALUES, 2, axis=2), first=5, seed=3, labels=["a", "b"])
    assert list(made.columns) == list(codec.columns)
    assert made.name.tolist() == KEY.new(range(5, 7), 3).tolist()
    assert (made.town.tolist(), made.kind.tolist()) == (["Ulm", "Bonn"], ["a", "b"])
    assert made[["x0", "x1"]].to_numpy().tolist() == [[12, 8], [6, 14]]
    assert made.x2.isna().tolist() == [False, True]
    assert made.y0.tolist() == [1, -2]
    assert made.y3.isna().all()
    assert [str(made[name].dtype) for name in ("y0", "y1", "x2")] == ["int64", "Int64", "float64"]
    assert "kind" not in codec.frame(np.delete(VALUES, 2, axis=2))
    assert "kind" not in replace(codec, label=None).frame(np.delete(VALUES, 2, axis=2), labels=["a", "b"])
    texts = replace(codec, text_channels=(replace(HOUR, name="y1", dtype="str"),))
    assert "y1" in texts.frame(np.delete(VALUES, 2, axis=2))


def test_the_order_goes_on_by_the_step():
    codec = replace(PLAIN, order=HOUR, begins=7.0, step=2.0, columns=("hour", "x"))
    several = np.repeat(VALUES[:1, :, :1], 2, axis=0)
    assert codec.frame(several).hour.tolist() == [7, 9, 11] * 2
    days = replace(PLAIN, order=DAY, begins=4.0, step=1.0, columns=("day", "x"))
    assert days.frame(several).day.dt.day.tolist() == [5, 6, 7] * 2
    weekday = Part("step", "steps", "int64", joins=False)
    assert replace(days, parts=(weekday,)).frame(several).step.tolist() == [0, 1, 2] * 2


def test_uneven_steps_are_learned_and_the_first_has_none_before_it():
    pace = Channel("pace", "float64", 2.0, 1.0, low=1.0, high=9.0, decimals=0)
    codec = SeriesCodec(3, (X, pace), order=HOUR, begins=7.0, step=2.0, paced=True, columns=("hour", "x"))
    made = codec.decode(torch.tensor([[[0.0, 3.0], [0.0, 1.0], [0.0, 5.0]]]))
    np.testing.assert_array_equal(made[0, :, 1], [2, 3, 7])
    np.testing.assert_array_equal(replace(codec, windows=True).decode(torch.zeros(1, 3, 2) + 3)[0, :, 1], [5, 5, 5])
    assert codec.frame(made).hour.tolist() == [7, 10, 17]
    assert list(codec.frame(made).columns) == ["hour", "x"]
    made[0, 1, 1] = NAN
    assert codec.frame(made).hour.tolist() == [7, 9, 16]


def test_series_begin_where_those_of_the_data_did_and_where_their_values_fit():
    codec = replace(PLAIN, order=HOUR, begins=0.0, step=1.0, starts=(0.0, 24.0, 48.0), columns=("hour", "x"))
    several = np.repeat(VALUES[:1, :, :1], 20, axis=0)
    firsts = codec.frame(several, first=3, seed=2).groupby("series").hour.first()
    assert 0 <= firsts.min() <= firsts.max() <= 48
    assert firsts.nunique() > 5
    assert firsts.equals(codec.frame(several, first=3, seed=2).groupby("series").hour.first())
    later = codec.frame(several, first=4, seed=2).groupby("series").hour.first()
    assert firsts.iloc[1:].tolist() == later.iloc[:-1].tolist()  # series 4 is the same wherever a call begins
    cycle = Cycle("day", (0,), (0.0,), (1.0,), ((0.0, 0.0, 5.0, 9.0),))
    fits = replace(codec, cycle=cycle, begins=1.0, starts=())
    values = np.array([[[5.0], [9.0], [0.0]], [[0.0], [0.0], [5.0]]])
    assert fits.frame(values).groupby("series").hour.first().tolist() == [2, 4]
    later = replace(fits, starts=(41.0, 41.0, 41.0)).frame(values).groupby("series").hour.first()
    assert later.tolist() == [42, 44]


def expected(**more):
    return {
        "modality": "series",
        "steps": 3,
        "channels": [
            {"name": "x", "dtype": "float64", "mean": 10.0, "deviation": 2.0, "low": 4.0, "high": 20.0, "decimals": 1,
             "gaps": False}
        ],
        "ends": False,
        "windows": False,
        "whole": [],
        "codes": [],
        "columns": [],
        "order": None,
        "begins": 0.0,
        "step": 1.0,
        "key": None,
        "label": None,
        "decode": "channel = x * deviation + mean, between low and high, rounded to decimals; then a switch for each "
        "channel with gaps, one for the end, and the whole's code as in tables",
        **more,
    }  # fmt: skip


PART = Part("step", "steps", "int64", joins=False)
CYCLE = Cycle("day", (0,), (0.0,), (1.0,), ((0.0, 5.0),))
SAID = {
    "nothing": ({}, {}),
    "all that is always said": (
        {"ends": True, "windows": True, "whole": (TOWN,), "codes": (TOWN_CODE,), "columns": ("x", "town"),
         "order": HOUR, "begins": 2.0, "step": 3.0, "key": KEY, "label": "kind"},
        {"ends": True, "windows": True, "whole": [TOWN.describe()], "codes": [TOWN_CODE.describe()],
         "columns": ["x", "town"], "order": HOUR.describe(), "begins": 2.0, "step": 3.0, "key": KEY.describe(),
         "label": "kind"},
    ),
    "choices": (
        {"choices": (STATE,), "choice_codes": (STATE_CODE,)},
        {"choices": [STATE.describe()], "choice_codes": [STATE_CODE.describe()],
         "decode_choices": "between channels and switches, one-hot, each as in tables"},
    ),
    "paced": ({"paced": True}, {"paced": "the last channel is how far the order goes from the step before"}),
    "apart": ({"apart": ("a", "b")}, {"apart": ["a", "b"]}),
    "restarts": ({"restarts": True}, {"restarts": True}),
    "text channels": ({"text_channels": (HOUR,)}, {"text_channels": [HOUR.describe()]}),
    "wide": ({"wide": (Steps("x", ("x0", "x1")),)}, {"wide": [["x", ["x0", "x1"]]]}),
    "names": ({"names_anew": (KEY,)}, {"names_anew": [KEY.describe()]}),
    "grid": ({"grid": Grid("month", 5, 7)}, {"grid": {"kind": "month", "day": 5, "clock": 7}}),
    "cycle": (
        {"cycle": CYCLE},
        {"cycle": {"name": "day", "channels": (0,), "means": (0.0,), "deviations": (1.0,), "usual": ((0.0, 5.0),)}},
    ),
    "parts": ({"parts": (PART,)}, {"parts": [PART.describe()]}),
    "lengths": ({"data_lengths": (3, 9)}, {"data_lengths": (3, 9)}),
    "starts": ({"starts": (0.0, 4.0)}, {"starts": (0.0, 4.0)}),
    "dialect": ({"dialect": {"separator": ";"}}, {"dialect": {"separator": ";"}}),
    "logarithms": (
        {"channels": (replace(X, log=1.5),)},
        {"channels": [{**expected()["channels"][0], "log": 1.5}],
         "decode_log": "channel = exp(x * deviation + mean) - log, where a channel has log"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", SAID)
def test_codec_json_says_what_there_is_and_nothing_else(which):
    fields, said = SAID[which]
    codec = replace(PLAIN, **fields)
    assert codec.describe() == expected(**said)
    again = codec_from(json.loads(json.dumps(codec.describe())))
    assert again.describe() == codec.describe()
    for name, value in fields.items():
        assert which == "all that is always said" or "code" in name or getattr(again, name) == value


@pytest.mark.parametrize("key", [key for key in expected() if key not in ("modality", "decode")])
def test_a_codec_that_lacks_something_is_damaged(key):
    description = expected()
    del description[key]
    with pytest.raises(UserError, match=r"^codec\.json is damaged: its channels or columns cannot be read\.$"):
        codec_from(description)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"channels": []},
        {"whole": [TOWN.describe()]},
        {"choices": [STATE.describe()]},
        {"codes": [TOWN_CODE.describe()]},
    ],
)
def test_a_codec_whose_parts_do_not_belong_together_is_damaged(wrong):
    message = r"^codec\.json is damaged: it has no channels, or not one code for each column of categories\.$"
    with pytest.raises(UserError, match=message):
        codec_from(expected(**wrong))


@pytest.mark.parametrize("wrong", [{"modality": "table"}, {"modality": None}])
def test_a_codec_of_something_else_is_refused(wrong):
    message = r"^codec\.json is not a description of series: use the version of sparring that wrote it\.$"
    with pytest.raises(UserError, match=message):
        codec_from(expected(**wrong))
    with pytest.raises(UserError, match=message):
        codec_from({})
