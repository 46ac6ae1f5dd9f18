"""Times in several columns, times by months or working days, and what follows from times: read, and written back."""

import json

import numpy as np
import pandas as pd
import pytest

import sparring
from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.frames import of_frame
from sparring.modalities.series.source import SeriesSource


def noise(size):
    return np.random.default_rng(0).normal(size=size)


def days(periods=200, **options):
    return pd.date_range("2020-12-20", periods=periods, **options)


def table(times, **columns):
    """The columns, functions of the times, and a walk that tells all rows apart."""
    index = pd.DatetimeIndex(times)
    made = {name: column(index) for name, column in columns.items()}
    return pd.DataFrame({**made, "x": noise(len(index)).cumsum().round(7)})


def year(times):
    return times.year.to_numpy()


def month(times):
    return times.month.to_numpy()


def day(times):
    return times.day.to_numpy()


def with_offset(times):
    return times.strftime("%Y-%m-%dT%H:%M:%S%z")


def hour(times):
    return times.hour.to_numpy()


def date(times):
    return times.strftime("%Y-%m-%d")


def iso(times):
    return times.isocalendar()


def thirtieths():
    return [pd.Timestamp(2020, 1, 30) + pd.DateOffset(months=each) for each in range(60)]


def night(times):
    return np.where(times.hour < 6, "night", "day")


YMD = {"year": year, "month": month, "day": day}
MONTHS, QUARTERS = days(60, freq="MS"), days(40, freq="QS")
WEEKS = pd.date_range("2019-01-07", periods=150, freq="W-MON")
JOINED = {
    "year, month and day": table(days(), **YMD),
    "day, month and year": table(days(), day=day, month=month, year=year),
    "with what they belong to": table(days(), obs_year=year, obs_month=month, obs_day=day),
    "with zeros in front": table(days(), yyyy=year, mm=lambda t: t.strftime("%m"), dd=lambda t: t.strftime("%d")),
    "year and month": table(MONTHS, Year=year, Month=month),
    "year and the name of the month": table(MONTHS, Year=year, Month=lambda t: t.strftime("%b")),
    "year and quarter": table(QUARTERS, year=year, quarter=lambda t: [f"Q{each}" for each in t.quarter]),
    "year and week": table(WEEKS, year=lambda t: iso(t).year.values, week=lambda t: iso(t).week.values),
    "year and weeks from the first of January": table(
        pd.date_range("2018-01-01", periods=150, freq="7D"), year=year, week=lambda t: (t.day_of_year - 1) // 7 + 1
    ),
    "year and day of the year": table(days(), year=year, doy=lambda t: t.day_of_year),
    "date and hour": table(days(400, freq="h"), date=date, hour=hour),
    "date and hours that end": table(days(400, freq="h"), date=date, HR=lambda t: t.hour + 1),
    "date and clock": table(
        days(400, freq="15min"), Date=lambda t: t.strftime("%d/%m/%Y"), Time=lambda t: t.strftime("%H:%M")
    ),
    "all down to seconds": table(
        days(400, freq="7919s"), **YMD, hour=hour, minute=lambda t: t.minute, second=lambda t: t.second
    ),
    "a day that counts, and hours": table(days(400, freq="h"), day=lambda t: (t - t[0].normalize()).days, hour=hour),
    "month and day": table(pd.date_range("2024-02-01", periods=200), month=month, day=day),
}
ALONE = {
    "months as 202101": table(MONTHS, period=lambda t: t.year * 100 + t.month),
    "quarters as 20211": table(QUARTERS, period=lambda t: t.year * 10 + t.quarter),
    "weeks as 202101": table(WEEKS, period=lambda t: (iso(t).year * 100 + iso(t).week).to_numpy(np.int64)),
    "days as 20210101": table(days(), period=lambda t: t.strftime("%Y%m%d").astype(np.int64)),
    "first days of months": table(MONTHS, date=date),
    "last days of months": table(days(60, freq="ME"), date=date),
    "the thirtieth, or the last day": table(thirtieths(), date=date),
    "names of months": table(MONTHS, date=lambda t: t.strftime("%b %Y")),
    "years": table(pd.date_range("1900-01-01", periods=90, freq="YS"), date=date),
    "working days": table(days(freq="B"), date=date),
    "days in summer and winter": table(days(tz="Europe/Berlin"), time=with_offset),
    "days in a zone": table(days(tz="America/New_York"), time=lambda t: t),
    "hours in summer and winter": table(days(3000, freq="h", tz="Europe/Berlin"), time=with_offset),
}
FOLLOWING = {
    "year and month beside a date": table(days(), date=date, year=year, month=month),
    "years from the first": table(days(), date=date, yr=lambda t: t.year - 2020),
    "names of weekdays": table(days(), date=date, weekday=lambda t: t.strftime("%A")),
    "weekends": table(days(), date=date, free=lambda t: t.day_of_week > 4),
    "night and day": table(days(400, freq="h"), time=lambda t: t.astype(str), shift=night),
    "a second count": table(days(), date=date, row=lambda t: np.arange(7, 7 + len(t))),
    "a count with fractions": table(days(), date=date, seconds=lambda t: np.arange(len(t)) * 0.5),
}
KINDS = {**JOINED, **ALONE, **FOLLOWING}


def panel(frame):
    walks = noise((12, len(frame))).cumsum(axis=1).round(7)
    return pd.concat([frame.assign(who=f"w{at}", x=walk) for at, walk in enumerate(walks)], ignore_index=True)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_times_come_back_as_they_were(name, many):
    frame = panel(KINDS[name]) if many else KINDS[name]
    source = SeriesSource(of_frame(frame.sample(frac=1, random_state=0, ignore_index=True), "x"), "x")
    notes = " ".join(source.notes)
    assert source.channels == ("x",), notes
    joined, after = "tell the times together" in notes, "since they follow from the order" in notes
    assert (joined, after) == (name in JOINED, name in FOLLOWING), notes
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    assert codec.describe() == source.codec.describe()
    parts = [source._parts[split].series for split in ("train", "test")]
    values = [np.stack([each for part in parts for each in part])] if many else [np.concatenate([p[0] for p in parts])]
    made = codec.frame(np.concatenate(values) if many else values[0][None])
    made = made.drop(columns=set(made.columns) - set(frame.columns))
    assert list(made.columns) == list(frame.columns)
    assert made.dtypes.equals(frame.dtypes)
    rest = frame.columns.drop("who", errors="ignore")
    pd.testing.assert_frame_equal(
        made[rest].sort_values("x", ignore_index=True), frame[rest].sort_values("x", ignore_index=True)
    )
    again = of_frame(made, "made", like=codec)
    assert sorted(map(len, again.values)) == sorted(len(each) for each in values[0]) if many else True
    assert again.names == ("x",)


def test_times_go_on_over_the_ends_of_months_and_years():
    for name in ("year, month and day", "year and month", "year and quarter", "year and week", "date and hour"):
        frame = JOINED[name]
        codec = SeriesSource(of_frame(frame, "x"), "x").codec
        made = codec.frame(np.zeros((1, 3 * len(frame), 1)))
        columns = [column for column in frame.columns if column != "x"]
        pd.testing.assert_frame_equal(made[columns][: len(frame)], frame[columns])
        assert not made[columns].duplicated().any()
        of_frame(made.assign(x=noise(len(made))), "made")  # every row tells a time


def test_days_that_are_in_no_calendar_are_named():
    frame = JOINED["year, month and day"].copy()
    frame.loc[70, ["month", "day"]] = 2, 30
    with pytest.raises(sparring.UserError, match=r"'year', 'month', 'day' .* 2021, 2, 30 \(row 71\) is none.*=order"):
        of_frame(frame, "x")
    with pytest.raises(sparring.UserError, match="25 times on average.*--type year=order --type month=order"):
        of_frame(frame, "x", {"day": "channel"})
    assert len(of_frame(frame, "x", {"day": "channel", "year": "order", "month": "order"}).values) == 1


def test_columns_may_be_said_to_tell_the_times_together():
    frame = JOINED["year, month and day"].assign(stamp=np.arange(200))
    found = of_frame(frame, "x", {"year": "order", "month": "order", "day": "order"})
    assert found.order.name == "year, month, day"
    with pytest.raises(sparring.UserError, match="x, year were said to be the order together, and tell no time"):
        of_frame(frame, "x", {"x": "order", "year": "order"})
    assert of_frame(frame, "x", {"stamp": "order"}).order.name == "stamp"


def test_numbers_that_only_look_like_times_are_numbers():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "t": np.arange(200),
        "age": rng.integers(1990, 2010, 200),
        "month": rng.integers(1, 13, 200),
        "calls_a_day": rng.integers(1, 30, 200),
        "price": 10 * rng.integers(19_000, 21_000, 200),
    })  # fmt: skip
    assert of_frame(frame, "x").names == ("age", "month", "calls_a_day", "price")


def test_what_follows_from_the_times_is_learned_where_a_person_says_so():
    assert of_frame(FOLLOWING["weekends"], "x", {"free": "channel"}).names == ("free", "x")
    alone = FOLLOWING["a second count"].drop(columns="x")
    assert of_frame(alone, "x").names == ("row",)  # something must be learned
