"""The times of new series agree with their values: what is high at noon in the data is high at noon in new series."""

import json

import numpy as np
import pandas as pd
import pytest

from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.frames import of_frame
from sparring.modalities.series.source import SeriesSource

HOURS = pd.date_range("2021-03-01 05:00", periods=1500, freq="h")
QUARTERS = pd.date_range("2021-03-01", periods=1500, freq="15min")
DAYS = pd.date_range("2019-01-02", periods=700)
WORKING = pd.date_range("2019-01-02", periods=700, freq="B")
MONTHS = pd.date_range("1930-05-01", periods=600, freq="MS")
KINDS = {  # times, the number of the phase, the columns of the times
    "hours": (HOURS, "hour", lambda times: {"time": times.astype(str)}),
    "hours in two columns": (HOURS, "hour", lambda times: {"date": times.strftime("%Y-%m-%d"), "hour": times.hour}),
    "quarters of hours": (QUARTERS, "hour", lambda times: {"time": times.astype(str)}),
    "seconds since 1970": (HOURS, "hour", lambda times: {"time": times.astype("datetime64[s]").astype(np.int64)}),
    "weekdays": (DAYS, "day_of_week", lambda times: {"date": times.strftime("%d.%m.%Y")}),
    "working days": (WORKING, "day_of_week", lambda times: {"date": times.astype(str)}),
    "months": (MONTHS, "month", lambda times: {"year": times.year, "month": times.month}),
}


@pytest.mark.parametrize("name", KINDS)
def test_windows_that_lie_anywhere_get_the_times_at_which_their_values_are_usual(name):
    times, phase, columns = KINDS[name]
    numbers = getattr(times, phase)
    noise = np.random.default_rng(0).normal(size=len(times))
    frame = pd.DataFrame({**columns(times), "x": (3 * (numbers % 5) + noise).round(3)})
    source = SeriesSource(of_frame(frame, "x"), "x")
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    assert codec == source.codec
    for start in (0, 11, 29, 100):
        made = codec.frame(source.values(np.array([start])))
        again = of_frame(made, "x", like=codec)
        read = codec.order.series(codec.grid.cells(codec.order, again.places[0])).iloc[0]
        options = {"unit": "s"} if codec.order.dtype == "int64" else {"dayfirst": "." in str(read)}
        assert getattr(pd.to_datetime(read, **options), phase) == numbers[start]


def test_noise_and_series_that_begin_alike_keep_the_beginning_of_the_data():
    rng = np.random.default_rng(0)
    lone = pd.DataFrame({"time": HOURS.astype(str), "x": rng.normal(size=len(HOURS))})
    assert SeriesSource(of_frame(lone, "x"), "x").codec.cycle is None
    days = pd.DataFrame({"time": HOURS[:960].astype(str), "id": np.arange(960) // 48, "x": np.sin(np.arange(960) / 4)})
    codec = SeriesSource(of_frame(days, "x", {"id": "series"}), "x").codec
    assert codec.cycle is None and codec.begins % 24 == 0


def test_series_that_follow_a_day_begin_on_different_days_at_its_hour():
    rng, rows = np.random.default_rng(0), []
    for number in range(40):
        begin = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(rng.integers(0, 60)))
        for at in range(96):
            rows.append((number, begin + pd.Timedelta(minutes=15 * at), rng.poisson(200 * (28 < at < 90))))
    frame = pd.DataFrame(rows, columns=["user", "at", "steps"])
    source = SeriesSource(of_frame(frame, "t"), "t")
    assert source.codec.cycle is not None
    made = source.codec.frame(source.values(np.arange(20))).groupby("user")["at"].first()
    assert (made.dt.hour == 0).all() and made.nunique() > 8
    assert made.between(pd.Timestamp("2023-12-31"), pd.Timestamp("2024-03-02")).all()
