"""Headers that say times: each row of such a table is a series, whatever its numbers are."""

import numpy as np
import pandas as pd
import pytest

import sparring
from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.frames import of_frame
from sparring.modalities.series.headers import headers_of
from sparring.modalities.series.source import SeriesSource

DAYS = pd.date_range("2021-12-20", periods=30)
MONTHS = pd.date_range("2019-11-01", periods=26, freq="MS")
QUARTERS = [f"{year}Q{quarter}" for year in (2020, 2021) for quarter in (1, 2, 3, 4)]
CLOCK = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 15, 30, 45)]
ENGLISH = list(pd.date_range("2021-01-01", periods=12, freq="MS").strftime("%B"))
TIMES = {
    "days": DAYS.strftime("%Y-%m-%d"),
    "days, day first": DAYS.strftime("%d.%m.%Y"),
    "days, month first": DAYS.strftime("%m/%d/%y"),
    "days and hours": DAYS.strftime("%Y-%m-%d %H:%M:%S"),
    "months": MONTHS.strftime("%Y-%m"),
    "months by name": MONTHS.strftime("%b %Y"),
    "months as Excel writes them": MONTHS.strftime("%b-%y"),
    "months without a mark": MONTHS.strftime("%Y/%m"),
    "months of a year": [name[:3] for name in ENGLISH],
    "months of a year in full": ENGLISH,
    "months of a year from April": ENGLISH[3:] + ENGLISH[:3],
    "months in German": ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    "weekdays": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "quarters": ["Q1", "Q2", "Q3", "Q4"],
    "quarters of years": QUARTERS,
    "quarters before years": [f"Q{text[-1]} {text[:4]}" for text in QUARTERS],
    "weeks": [f"W{week:02d}" for week in range(1, 53)],
    "weeks of a year": [f"2021-W{week:02d}" for week in range(1, 53)],
    "years": [str(year) for year in range(2008, 2024)],
    "few years": ["2019", "2020", "2021", "2022"],
    "every fifth year": [str(year) for year in range(1960, 2020, 5)],
    "years as the World Bank writes them": [f"{year} [YR{year}]" for year in range(1990, 2010)],
    "fiscal years": [f"{year}/{(year + 1) % 100:02d}" for year in range(1995, 2015)],
    "quarters of an hour": CLOCK,
    "hours": [f"{hour}h" for hour in range(24)],
    "hours of a clock with halves": ["12 am", *(f"{hour} am" for hour in range(1, 12)), "12 pm"],
    "numbered steps": [f"t{step}" for step in range(100)],
    "every tenth step": [f"step_{step}" for step in range(0, 200, 10)],
    "seconds with decimals": [f"{step / 10:g} s" for step in range(40)],
}


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("form", ["as it is", "turned", "two channels"])
def test_headers_that_say_times_are_steps_in_their_order(name, form):
    texts = list(TIMES[name])
    wanted = {"value": texts}
    if form == "turned" and not set(texts) & {"Mon", "Jan", "January", "April"}:
        texts = texts[::-1]
    if form == "two channels":
        wanted = {channel: [f"{channel}_{text}" for text in texts] for channel in ("sales", "stock")}
        texts = [each for pair in zip(*wanted.values(), strict=True) for each in pair]
    found = headers_of([*texts, "area"], len(texts) + 1)
    assert found.times
    assert [list(each.columns) for each in found.steps] == list(wanted.values())


@pytest.mark.parametrize("name", TIMES)
def test_a_table_with_such_headers_comes_back_as_it_was(name):
    texts, rng = list(TIMES[name]), np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, len(texts))).round(2), columns=texts)
    frame.iloc[:5, :2] = np.nan  # what begins later stays there
    frame.insert(0, "town", [f"town {number}" for number in range(40)])
    frame["kind"] = ["big", "small"] * 20
    source = SeriesSource(of_frame(frame, "x"), "x")
    assert source.channels in (("value",), ("t",), ("W",), ("h",), ("step",), ("s",))
    assert any(f"{texts[0]} to {texts[-1]} are its steps" in note for note in source.notes)
    codec = codec_from(source.codec.describe())
    values = np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])
    made = codec.frame(values)
    assert list(made.columns) == list(frame.columns)
    assert made.dtypes.equals(frame.dtypes)
    assert made.town.nunique() == 40 and not set(made.town) & set(frame.town)
    pd.testing.assert_frame_equal(
        made.drop(columns="town").sort_values(texts[2:], ignore_index=True),
        frame.drop(columns="town").sort_values(texts[2:], ignore_index=True),
    )


@pytest.mark.parametrize(
    "names",
    [
        ["age", "income", "height", "weight"],
        ["x", "y", "z"],
        ["sat", "sun", "mon"],  # no week
        ["mar", "may"],
        ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"],
        ["v1", "v2", "v3"],
        ["2021-01-04", "open", "high", "low", "close"],
    ],
)
def test_other_headers_are_no_steps(names):
    assert not headers_of(names, len(names)).steps


def test_channels_at_different_times_are_refused():
    names = [*(f"sales_{year}" for year in range(2000, 2010)), *(f"stock_{year}" for year in range(2001, 2010))]
    with pytest.raises(sparring.UserError, match="'sales' and of 'stock' are at different times.*'sales_2000'"):
        headers_of(names, len(names))
