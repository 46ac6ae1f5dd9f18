"""Relations that hold in every row: found, said, kept in whatever the network draws, and switched off one by one."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import table_samples
from sparring import UserError
from sparring.modalities.table.codec import codec_from
from sparring.modalities.table.relations import relation as relations
from sparring.modalities.table.source import TableSource

N = 600
CITIES = {"Berlin": "DE", "Hamburg": "DE", "Paris": "FR", "Lyon": "FR", "Rome": "IT", "Oslo": "NO"}
DAY = pd.Timestamp("2024-06-01")


def base():
    rng = np.random.default_rng(1)
    start = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1200, N), "D"))
    return rng, pd.DataFrame(
        {
            "city": rng.choice(list(CITIES), N),
            "start": start,
            "price": rng.lognormal(3, 0.5, N).round(2),
            "amount": rng.integers(1, 9, N),
            "a": rng.integers(0, 60, N),
            "b": rng.integers(3, 90, N),
            "status": rng.choice(["open", "closed"], N),
            "tall": rng.normal(170, 10, N).round(1),
        }
    )


def _country(rng, f):
    f["country"] = f.city.map(CITIES)


def _parts(rng, f):
    f["month"], f["year"], f["weekday"], f["quarter"] = (
        f.start.dt.month, f.start.dt.year, f.start.dt.day_name(), "Q" + f.start.dt.quarter.astype(str),
    )  # fmt: skip


def _total(rng, f):
    f["total"], f["vat"] = (f.price * f.amount).round(2), (f.price * 0.19).round(2)


def _sums(rng, f):
    f["c"] = rng.integers(1, 50, N)
    f["sum"], f["difference"] = f.a + f.b + f.c, f.a - f.b


def _ratio(rng, f):
    f["each"] = (f.price / f.amount).round(4)


def _units(rng, f):
    f["inches"], f["rounded"], f["whole"] = (f.tall / 2.54).round(1), f.price.round(0), np.floor(f.price)


def _span(rng, f):
    f["days"] = rng.poisson(20, N)
    f["end"] = f.start + pd.to_timedelta(f.days, "D")


def _age(rng, f):
    f["born"] = pd.Timestamp("1940-01-01") + pd.to_timedelta(rng.integers(0, 25_000, N), "D")
    f["age"] = DAY.year - f.born.dt.year - (f.born.dt.month * 100 + f.born.dt.day > 601)


def _one_hot(rng, f):
    kind = rng.choice(["red", "green", "blue", "grey"], N)
    for name in ("red", "green", "blue", "grey"):
        f["is_" + name] = (kind == name).astype(int)


def _shares(rng, f):
    first = rng.integers(1, 50, N)
    second = ((100 - first) * rng.random(N)).astype(int)
    f["s1"], f["s2"], f["s3"] = first, second, 100 - first - second


def _empty(rng, f):
    f["closed_on"] = (f.start + pd.to_timedelta(rng.integers(0, 9, N), "D")).where(f.status == "closed")
    f["why"] = pd.Series(rng.choice(["x", "y", "z"], N)).where(f.status == "closed")


def _band(rng, f):
    f["band"] = pd.cut(f.tall, [0, 160, 175, 300], labels=["low", "mid", "high"]).astype(str)


def _constant(rng, f):
    f["same"] = 7


def _rest(rng, f):
    f["used"] = rng.integers(0, 80, N)
    f["whole_sum"] = f.used + rng.integers(0, 50, N)
    f["rest"] = f.whole_sum - f.used


def _counted(rng, f):
    flags = rng.random((N, 3)) < [0.3, 0.5, 0.2]
    for at in range(3):
        f[f"flag{at}"] = flags[:, at].astype(int)
    f["raised"] = flags.sum(axis=1)


def _few(rng, f):
    f["first"], f["second"] = rng.integers(0, 3, N), rng.integers(0, 2, N)
    f["both"] = f["first"] + f["second"]


def _at_most_one(rng, f):
    kind = rng.choice(["red", "green", "blue", "none"], N)
    for name in ("red", "green", "blue"):
        f["is_" + name] = kind == name


def _since(rng, f):
    moments = pd.Timestamp("2021-05-01 10:00:03") + pd.to_timedelta(rng.integers(0, 10**7, N), "s")
    f["at"] = pd.Series(moments)
    f["unix"] = (f["at"] - pd.Timestamp("1970-01-01")) // pd.Timedelta("1s")
    f["milli"] = f["unix"] * 1000
    f["day"] = (f.start - pd.Timestamp("1899-12-30")).dt.days


def _scaled(rng, f):
    f["part"] = rng.binomial(f.b, 0.4)
    f["percent"] = (100 * f.part / f.b).round(1)
    f["km"] = rng.lognormal(3, 0.5, N).round(2)
    f["speed"] = (60 * f.km / f.amount).round(1)
    f["rate"] = rng.choice([7, 19], N)
    f["tax"] = (f.price * f.rate / 100).round(2)
    f["low"], f["high"] = rng.normal(5, 3, N).round(1), rng.normal(15, 3, N).round(1)
    f["middle"] = ((f.low + f.high) / 2).round(2)
    f["metres"] = rng.normal(1.7, 0.1, N).round(2)
    f["index"] = (f.km / f.metres**2).round(1)


def _days(rng, f):
    months = pd.Series(pd.Timestamp("2015-01-31") + pd.to_timedelta(rng.integers(0, 2900, N), "D"))
    f["left"] = (DAY - f.start).dt.days
    f["booked"] = months.where(months.dt.weekday < 5, months + pd.Timedelta("2D")) + pd.Timedelta("9h")


def _ends(rng, f):
    f["closing"] = pd.Series(pd.Timestamp("2015-01-31") + pd.to_timedelta(rng.integers(0, 2900, N), "D"))
    f["closing"] += pd.offsets.MonthEnd(0)
    del f["start"]


def _quarters(rng, f):
    f["report"] = pd.Series(pd.Timestamp("2015-01-31") + pd.to_timedelta(rng.integers(0, 2900, N), "D"))
    f["report"] += pd.offsets.QuarterEnd(0)
    del f["start"]


def _firsts(rng, f):
    f["opening"] = f.start.dt.to_period("M").dt.start_time
    del f["start"]


def _weighted(rng, f):
    f["course"], f["exam"] = rng.normal(60, 12, N).round(1), rng.normal(55, 15, N).round(1)
    f["mark"] = (0.4 * f.course + 0.6 * f.exam).round(1)
    f["upper"] = rng.normal(130, 15, N).round().astype(int)
    f["lower"] = (0.6 * f.upper + rng.normal(0, 5, N)).round().astype(int)
    f["mean_pressure"] = ((f.upper + 2 * f.lower) / 3).round(0)


def _visits(rng, f):
    days = pd.Series(pd.Timestamp("2022-01-03") + pd.to_timedelta(rng.integers(0, 900, N), "D"))
    days = days.where(days.dt.weekday < 5, days - pd.Timedelta("2D"))
    f["visit"] = days + pd.to_timedelta(8 * 60 + 15 * rng.integers(0, 36, N), "min")
    f["value_day"] = f.start + pd.offsets.BDay(1)


def _ticket(rng, f):
    end = f.start + pd.to_timedelta(rng.integers(1, 900, N), "h")
    f["done_at"] = end.where(f.status == "closed")
    f["hours"] = (f.done_at - f.start) / pd.Timedelta("1h")


EPOCH = pd.Timestamp("1970-01-01")
RELATIONS = {
    "percent = 100 * part / b": (_scaled, lambda m: (100 * m.part / m.b - m.percent).abs() < 0.0501),
    "speed = 60 * km / amount": (_scaled, lambda m: (60 * m.km / m.amount - m.speed).abs() < 0.0501),
    "tax = 0.01 * price * rate": (_scaled, lambda m: (m.price * m.rate / 100 - m.tax).abs() < 0.00501),
    "middle = 0.5 * (low + high)": (_scaled, lambda m: ((m.low + m.high) / 2 - m.middle).abs() < 0.00501),
    "index = km / metres²": (_scaled, lambda m: (m.km / m.metres**2 - m["index"]).abs() < 0.0501),
    "mark = 0.4 * course + 0.6 * exam": (_weighted, lambda m: (0.4 * m.course + 0.6 * m.exam - m.mark).abs() < 0.0501),
    "mean_pressure = 0.3333 * upper + 0.6667 * lower": (
        _weighted,
        lambda m: ((m.upper + 2 * m.lower) / 3 - m.mean_pressure).abs() < 0.501,
    ),
    "visit: never on Saturday, Sunday, only from 08:00 to 16:45": (
        _visits,
        lambda m: (m.visit.dt.weekday < 5) & m.visit.dt.hour.between(8, 16) & (m.visit.dt.minute % 15 == 0),
    ),
    "value_day: never on Saturday, Sunday": (
        _visits,
        lambda m: (m.value_day.dt.weekday < 5) & (m.value_day > m.start),
    ),
    "closing: the last day of a month": (_ends, lambda m: m.closing.dt.is_month_end),
    "report: the last day of a month (3, 6, 9, 12)": (_quarters, lambda m: m.report.dt.is_quarter_end),
    "opening: the first day of a month": (_firsts, lambda m: m.opening.dt.day == 1),
    "booked: never on Saturday, Sunday": (_days, lambda m: (m.booked.dt.weekday < 5) & (m.booked.dt.hour == 9)),
    "left = days from start to 2024-06-01": (_days, lambda m: (DAY - m.start).dt.days == m.left),
    "done_at: empty by status": (
        _ticket,
        lambda m: (m.done_at.isna() == (m.status == "open")) & (m.hours.isna() == m.done_at.isna()),
    ),
    "raised = flag0 + flag1 + flag2": (_counted, lambda m: m.filter(regex="flag[0-9]").sum(axis=1) == m.raised),
    "both = first + second": (_few, lambda m: m.both == m["first"] + m.second),
    "at most one of is_red, is_green, is_blue": (_at_most_one, lambda m: m.filter(like="is_").sum(axis=1) <= 1),
    "unix = at in seconds since 1970-01-01": (_since, lambda m: (m["at"] - EPOCH) // pd.Timedelta("1s") == m["unix"]),
    "milli = at in milliseconds since 1970-01-01": (
        _since,
        lambda m: (m["at"] - EPOCH) // pd.Timedelta("1ms") == m.milli,
    ),
    "day = start in days since 1899-12-30": (_since, lambda m: (m.start - pd.Timestamp("1899-12-30")).dt.days == m.day),
    "whole_sum = used + rest": (_rest, lambda m: (m.rest == m.whole_sum - m.used) & (m.rest >= 0)),
    "city -> country": (_country, lambda m: m.city.map(CITIES) == m.country),
    "month = month of start": (_parts, lambda m: m.start.dt.month == m.month),
    "year = year of start": (_parts, lambda m: m.start.dt.year == m.year),
    "weekday = weekday of start": (_parts, lambda m: m.start.dt.day_name() == m.weekday),
    "quarter = quarter of start": (_parts, lambda m: "Q" + m.start.dt.quarter.astype(str) == m.quarter),
    "total = price * amount": (_total, lambda m: (m.price * m.amount).round(2) == m.total),
    "vat = 0.19 * price": (_total, lambda m: ((m.price * 0.19) - m.vat).abs() < 0.00501),
    "sum = a + b + c": (_sums, lambda m: m["sum"] == m.a + m.b + m.c),
    "difference = a - b": (_sums, lambda m: m.difference == m.a - m.b),
    "each = price / amount": (_ratio, lambda m: (m.price / m.amount).round(4) == m.each),
    "inches = tall / 2.54": (_units, lambda m: (m.tall / 2.54 - m.inches).abs() < 0.0501),
    "rounded = price, rounded": (_units, lambda m: m.price.round(0) == m.rounded),
    "whole = price, rounded down": (_units, lambda m: np.floor(m.price) == m.whole),
    "days = end - start in days": (_span, lambda m: (m.end - m.start).dt.days == m.days),
    "start <= end": (_span, lambda m: m.start <= m.end),
    "age = years from born to ": (
        _age,
        lambda m: DAY.year - m.born.dt.year - (m.born.dt.month * 100 + m.born.dt.day > 601) == m.age,
    ),
    "exactly one of is_red, is_green, is_blue, is_grey": (
        _one_hot,
        lambda m: m.filter(like="is_").sum(axis=1) == 1,
    ),
    "s1 + s2 + s3 = 100": (_shares, lambda m: m.s1 + m.s2 + m.s3 == 100),
    "closed_on: empty by status": (_empty, lambda m: m.closed_on.isna() == (m.status == "open")),
    "why: empty where closed_on is": (_empty, lambda m: m.why.isna() == (m.status == "open")),
    "start <= closed_on": (_empty, lambda m: ~(m.closed_on < m.start)),
    "tall -> band": (
        _band,
        lambda m: pd.cut(m.tall, [0, 160, 175, 300], labels=["low", "mid", "high"]).astype(str) == m.band,
    ),
}
CONDITIONS = {
    "raised = flag0 + flag1 + flag2": "raised = 2",
    "at most one of is_red, is_green, is_blue": "is_red = true",
    "unix = at in seconds since 1970-01-01": "unix > 1625000000",
    "city -> country": "country = 'DE'",
    "month = month of start": "month = 2",
    "weekday = weekday of start": "weekday = 'Monday' and year = 2021",
    "total = price * amount": "total > 150",
    "sum = a + b + c": "sum between 50 and 60 and a > 30",
    "difference = a - b": "difference = 7",
    "each = price / amount": "each < 2",
    "days = end - start in days": "days > 25 and start > 2021-05-01",
    "age = years from born to ": "age > 70",
    "exactly one of is_red, is_green, is_blue, is_grey": "is_blue = 1",
    "closed_on: empty by status": "closed_on is not null and start > 2022-01-01",
    "tall -> band": "band = 'high' and tall < 180",
}


def made_table(build):
    rng, frame = base()
    build(rng, frame)
    return frame


def drawn(source, rows=800):
    """Rows that the codec makes of noise: the worst that a network can do."""
    codec = codec_from(json.loads(json.dumps(source.codec.describe())))
    noise = torch.randn(rows, codec.shape[0], generator=torch.Generator().manual_seed(0))
    return codec.frame(codec.decode(noise))


@pytest.mark.parametrize("text", list(RELATIONS))
def test_relations_are_found_said_and_kept_in_every_row(text):
    build, holds = RELATIONS[text]
    frame = made_table(build)
    assert holds(frame).all()
    source = TableSource(frame, "t")
    assert any(note.startswith(f"Holds in every row, and is kept: {text}") for note in source.notes), source.notes
    made = drawn(source)
    assert holds(made).all()
    assert made.dtypes.equals(frame.dtypes)


@pytest.mark.parametrize("text", list(CONDITIONS))
def test_relations_go_together_with_conditions(text):
    build, holds = RELATIONS[text]
    source = TableSource(made_table(build), "t")
    made = table_samples.started(source).generate(60, seed=1, where=CONDITIONS[text])
    assert len(made) == 60 and holds(made).all()


def test_a_relation_is_switched_off_by_its_text():
    frame = made_table(_country)
    source = TableSource(frame, "t", ignored_relations=["city -> country"])
    assert not (drawn(source).city.map(CITIES) == drawn(source).country).all()
    assert not any("city -> country" in note for note in source.notes)
    assert not TableSource(frame, "t", ignored_relations=["all"]).codec.relations
    with pytest.raises(UserError, match="'city -> land' is no relation that was found; did you mean 'city -> country'"):
        TableSource(frame, "t", ignored_relations=["city -> land"])


def test_a_relation_that_nearly_holds_is_said_and_not_kept():
    frame = made_table(_country)
    frame.loc[:2, "country"] = "XX"
    frame["end"] = frame.start + pd.to_timedelta(np.r_[-400, np.arange(1, N)], "D")
    source = TableSource(frame, "t")
    assert any("Holds in 99.50% of the rows, and is not kept: city -> country" in note for note in source.notes)
    assert any("Holds in 99.83% of the rows, and is not kept: start <= end" in note for note in source.notes)
    assert not any(relation.text == "city -> country" for relation in source.codec.relations)


def test_columns_that_have_nothing_to_do_with_one_another_have_no_relations():
    rng = np.random.default_rng(0)
    for _ in range(4):
        frame = pd.DataFrame({f"n{at}": rng.normal(50 + at, 10, 300).round(1) for at in range(6)})
        frame = frame.assign(**{f"i{at}": rng.integers(0, 4 + at, 300) for at in range(6)})
        frame = frame.assign(
            **{f"c{at}": rng.choice(list("abcdef"), 300) for at in range(3)}, rare=rng.random(300) < 0.01
        )
        source = TableSource(frame, "t")
        assert not source.codec.relations and not source.codec.constrained, source.notes


def test_a_constraint_of_a_person_comes_first():
    frame = made_table(_span)
    source = TableSource(frame, "t", constraints=["start <= end"])
    assert (drawn(source).start <= drawn(source).end).all()


def test_chains_of_relations_and_copies():
    rng, frame = base()
    frame["country"] = frame.city.map(CITIES)
    frame["continent"] = frame.country.map({"DE": "north", "NO": "north", "FR": "south", "IT": "south"})
    frame["again"], frame["total"] = frame.price, (frame.price * frame.amount).round(2)
    frame["net"] = frame.total - frame.a
    made = drawn(TableSource(frame, "t"))
    assert (made.again == made.price).all() and ((made.total - made.a - made.net).abs() < 1e-6).all()
    assert (made.country.map({"DE": "north", "NO": "north", "FR": "south", "IT": "south"}) == made.continent).all()


def test_integers_and_single_floats_keep_their_types():
    rng, frame = base()
    frame["sum"] = (frame.a + frame.b).astype("int16")
    frame["half"] = (frame.tall / 2).astype("float32")
    made = drawn(TableSource(frame, "t"))
    assert made.dtypes.equals(frame.dtypes) and (made["sum"] == made.a + made.b).all()


def test_relations_in_a_circle_are_not_said_to_be_kept():
    rng, frame = base()
    frame["count"] = rng.integers(0, 5, N)
    frame["any"], frame["more"] = (frame["count"] > 0).astype(int), np.maximum(frame["count"] - 1, 0)
    frame["twice"], frame["copy"] = 2 * frame["count"], frame["count"]
    source = TableSource(frame, "t")
    told = [note.partition("is kept: ")[2] for note in source.notes if note.startswith("Holds in every row")]
    kept = {relation.text for relation in source.codec.relations}
    assert len(kept) >= 4 and {text for text in told if "->" in text or "=" in text} == kept
    made = drawn(source)
    assert (made["count"] == made["any"] + made.more).all() and (made.twice == 2 * made["copy"]).all()


def test_rare_flags_that_never_meet_are_no_relation():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({f"f{at}": rng.random(400) < 0.03 for at in range(8)}).assign(x=rng.normal(size=400))
        assert not [note for note in TableSource(frame, "t").notes if "at most one" in note]


def test_the_work_of_the_search_does_not_grow_with_pairs_of_times(monkeypatch):
    """Pairs are tried on a few rows: whole columns are only looked at where these fit."""
    rng, looked = np.random.default_rng(0), []
    apply = relations.Linear.apply
    monkeypatch.setattr(relations.Linear, "apply", lambda self, cells: looked.append(len(cells)) or apply(self, cells))
    frame = pd.DataFrame({f"i{at}": rng.integers(0, 90, 2000) for at in range(20)})
    for at in range(20):
        frame[f"t{at}"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, 2000), "s")
    TableSource(frame, "t")
    assert sum(looked) < 100 * len(frame)  # 20 x 20 x 20 pairs, units and roundings would be 64,000 columns


def test_an_order_of_few_rows_is_kept():
    rng = np.random.default_rng(3)
    begin = pd.Series(pd.Timestamp("2005-01-01") + pd.to_timedelta(rng.integers(0, 6500, 300), "D"))
    end = (begin + pd.to_timedelta(rng.integers(30, 3000, 300), "D")).where(rng.random(300) < 0.3)
    source = TableSource(pd.DataFrame({"begin": begin, "end": end, "x": rng.normal(size=300)}), "t")
    made = drawn(source)
    assert not (made.end < made.begin).any() and made.end.notna().any()


def test_lines_that_nearly_hold_are_said_once():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"net": rng.lognormal(6, 1, 2000).round(2)})
    frame["gross"] = (frame.net + (frame.net * 0.19).round(2)).round(2)
    said = [note for note in TableSource(frame, "t").notes if "is not kept: gross" in note]
    assert len(said) == 1
