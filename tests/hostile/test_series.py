"""Series that are hostile to a reader: each is read as its owner means it, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from data_samples import picture, png, put
from hostile_zoo import Case, run_case
from sparring.data.in_memory import InMemory
from sparring.data.options import OpenContext
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")


def opened(address):
    """The address may be a pair of data and options."""
    data, options = address if isinstance(address, tuple) else (address, {})
    return open_data(data, options, OpenContext(modalities=("series",)))


def holds(count, length, channels, noted="", whole=(), classes=(), key=None, order=None):
    """So many series with the median length, these channels, a note with these words, and these whole columns."""

    def check(source):
        codec, notes = source.codec, " ".join(source.notes)
        found = [values for part in source._parts.values() for values in part.series]
        if count > 1:
            assert len(found) == count, notes
            assert np.median([len(values) for values in found]) == length, notes
        else:
            assert [len(source._parts[split].series) for split in ("train", "test")] == [1, 1], notes
            assert sum(map(len, found)) == length, notes
        assert source.channels == channels, notes
        assert noted in notes
        assert tuple(column.name for column in codec.whole) == whole, notes
        assert source.classes == classes
        assert (codec.key and codec.key.name, codec.order and codec.order.name) == (key, order), notes

    return check


def walks(count=30, steps=20, seed=0, unequal=False):
    """count x steps random walks; with `unequal` some steps less."""
    rng = np.random.default_rng(seed)
    every = rng.normal(size=(count, steps)).cumsum(axis=1).round(3)
    return [walk[: steps - number % 7] for number, walk in enumerate(every)] if unequal else list(every)


def panel(count=30, steps=20, names=None, shuffled=False, **columns):
    """A table of walks of which the rows of one time stand together, in columns entity, date and x."""
    names = names or [f"e{number}" for number in range(count)]
    frame = pd.concat(
        pd.DataFrame(
            {"entity": name, "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(range(steps), "D"), "x": walk}
        )
        for name, walk in zip(names, walks(count, steps), strict=True)
    )
    frame = frame.assign(**columns).sort_values("date", kind="stable", ignore_index=True)
    return frame.sample(frac=1, random_state=0, ignore_index=True) if shuffled else frame


def csv(frame, **options):
    def make(folder):
        frame.to_csv(folder / "series.csv", index=False)
        return folder / "series.csv", options

    return make


def renamed(name, **options):
    return csv(panel(**options).rename(columns={"entity": name}))


def counted(word, width=1):
    """The panel with texts such as t1 as times, in any order of rows."""
    rows = panel(shuffled=True)
    return rows.assign(date=[f"{word}{(date - rows.date.min()).days + 1:0{width}d}" for date in rows.date])


def runs():
    """30 runs of three things, of which some follow the one before without a step back in time."""
    begins = np.random.default_rng(3).integers(0, 100, 30)
    return pd.concat(
        [
            pd.DataFrame({"t": begins[number] + np.arange(len(walk)), "who": f"m{number % 3}", "x": walk})
            for number, walk in enumerate(walks(unequal=True))
        ],
        ignore_index=True,
    )


def with_comma(number):
    return str(number).replace(".", ",")


def two_keys():
    rows = panel(30, 20, [f"{shop}-{thing}" for shop in "abcde" for thing in "uvwxyz"])
    parts = rows.entity.str.split("-", expand=True)
    return rows.drop(columns="entity").assign(shop=parts[0], thing=parts[1])


def stacked(times, **columns):
    """Walks one after the other with these times (number, steps) -> column t."""
    return pd.concat(
        [pd.DataFrame({"t": times(number, len(walk)), "x": walk}) for number, walk in enumerate(walks(unequal=True))],
        ignore_index=True,
    ).assign(**columns)


def tracks():
    """Walks that were recorded one after the other, at uneven times, with pauses between them."""
    parts = []
    for number, walk in enumerate(walks(unequal=True)):
        times = 1_700_000_000 + 9000 * number + np.cumsum(1 + (np.arange(len(walk)) * 7 + number) % 5)
        parts.append(pd.DataFrame({"way": f"{number:08x}z", "t": times, "x": walk}))
    return pd.concat(parts, ignore_index=True)


def blocks(names):
    """Walks one after the other without times, each with a name."""
    return pd.concat(
        [pd.DataFrame({"g": name, "x": walk}) for name, walk in zip(names, walks(len(names)), strict=True)],
        ignore_index=True,
    )


def events():
    """Events of 30 customers, each at a time of its own."""
    frame = panel().sample(frac=1, random_state=1)
    return frame.assign(date=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(frame)) * 61, "s")).rename(
        columns={"entity": "customer"}
    )


def by_chance():
    """Two sensors at each time, and a number of many values by which times occur once by chance."""
    frame = panel(2, 300)
    return frame.assign(count=np.random.default_rng(5).integers(0, 140, len(frame)))


def wide(count=40, steps=24, prefix="t", **columns):
    frame = pd.DataFrame(np.stack(walks(count, steps)), columns=[f"{prefix}{step}" for step in range(steps)])
    return frame.assign(**columns)


def calendar():
    days = pd.date_range("2020-01-01", periods=300)
    return pd.DataFrame({"year": days.year, "month": days.month, "day": days.day, "x": np.arange(300) % 11 * 0.5})


def saved(values, **options):
    def make(folder):
        np.save(folder / "a.npy", values)
        return folder / "a.npy", options

    return make


def archive(folder):
    np.savez(folder / "a.npz", *walks(unequal=True))
    return folder / "a.npz"


def folder_of(write, classes=False, **others):
    def make(folder):
        (folder / "data").mkdir()
        for number, walk in enumerate(walks(unequal=True)):
            place = folder / "data" / (["up", "down"][number % 2] if classes else "") / f"run {number}"
            place.parent.mkdir(exist_ok=True)
            write(place, walk, number)
        put(folder / "data", others)
        return folder / "data"

    return make


def table(place, walk, number):
    pd.DataFrame({"time": np.arange(len(walk)) * 0.5, "x": walk}).to_csv(f"{place}.csv", index=False)


def odd_table(place, walk, number):
    pd.DataFrame({"time": np.arange(len(walk)), "x" if number else "y": walk}).to_csv(f"{place}.csv", index=False)


def array(place, walk, number):
    np.save(f"{place}.npy", walk)


def in_memory(data, labels=None):
    return lambda folder: InMemory(data, labels)


CUBE = np.stack(walks(40, 24)).reshape(20, 2, 24)
MONTHS = pd.date_range("2020-01-01", periods=40, freq="MS").strftime("%Y-%m")
X = ("x",)
FAST = {"fast": "fast", "slow": "slow"}
ZOO = {
    # what tells series apart
    "a column of another name": Case(
        renamed("ville"),
        holds(30, 20, X, "'ville': 30 series, within which each 'date' occurs once", key="ville", order="date"),
    ),
    "shuffled rows": Case(renamed("who", shuffled=True), holds(30, 20, X, key="who", order="date")),
    "numbers as names": Case(renamed("g", names=list(range(7, 37))), holds(30, 20, X, key="g", order="date")),
    "names of one entity each, and its town": Case(
        csv(panel().assign(town=lambda rows: rows.entity.map(lambda name: "UB"[int(name[1:]) % 2]))),
        holds(30, 20, X, key="entity", order="date", whole=("town",)),
    ),
    "a pair of columns": Case(
        csv(two_keys()),
        holds(30, 20, X, "'shop' and 'thing' together: 30 series", order="date", whole=("shop", "thing")),
    ),
    "told by a person": Case(
        csv(two_keys(), types={"shop": "series", "thing": "series"}),
        holds(30, 20, X, order="date", whole=("shop", "thing")),
    ),
    "times that start again": Case(
        csv(stacked(lambda number, steps: np.arange(steps))), holds(30, 17, X, "'t' starts again: 30 series", order="t")
    ),
    "times that never occur again, in blocks": Case(
        csv(
            stacked(lambda number, steps: (29 - number) * 100.0 + np.arange(steps)).assign(
                run=lambda rows: "r" + (rows.t // 100).astype(int).astype(str)
            )
        ),
        holds(30, 17, X, "'t' goes back only where it changes", key="run", order="t"),
    ),
    "a count under another name": Case(
        csv(stacked(lambda number, steps: np.arange(steps)).rename(columns={"t": "k"})),
        holds(30, 17, X, "'k' starts again", order="k"),
    ),
    "no times, blocks of rows": Case(
        csv(blocks([f"b{number % 7}{number}" for number in range(30)])), holds(30, 20, X, "one block of rows", key="g")
    ),
    "no times, few blocks": Case(
        csv(blocks(["on", "off", "idle"])),
        holds(1, 60, ("x", "g is off", "g is on", "g is idle"), "say --type g=series"),
    ),
    "events of customers": Case(
        csv(events()), holds(30, 20, ("x", "date (since the step before)"), "by its name", key="customer", order="date")
    ),
    "a name by chance": Case(csv(by_chance()), lambda source: source.codec.key.name == "entity" or pytest.fail("key")),
    "a channel named like a key": Case(
        csv(pd.DataFrame({"time": np.arange(300), "sensor_1": np.arange(300) // 3 % 9})),
        holds(1, 300, ("sensor_1",), order="time"),
    ),
    "each time twice": Case(
        csv(panel(2, 100).drop(columns="entity")), refused=("'date' occurs 2 times", "--type COLUMN=series", "=order")
    ),
    "each time twice, as one series": Case(
        csv(panel(2, 100).drop(columns="entity"), types={"date": "order"}),
        holds(1, 200, ("x", "date (since the step before)"), order="date"),
    ),
    "a few times twice": Case(
        csv(pd.DataFrame({"time": np.r_[np.arange(300), 5], "x": np.arange(301) % 7 * 0.5})),
        holds(1, 301, X, order="time"),
    ),
    "year, month and day": Case(
        csv(calendar()), holds(1, 300, X, "year, month, day tell the times together", order="year, month, day")
    ),
    "an index without a name": Case(
        csv(pd.DataFrame({"x": np.arange(200) % 9 * 0.5}).reset_index(names="Unnamed: 0")),
        holds(1, 200, X, order="Unnamed: 0"),
    ),
    "an empty column": Case(
        csv(panel().assign(nothing=np.nan)), holds(30, 20, X, "nothing (empty)", key="entity", order="date")
    ),
    "a constant column": Case(csv(pd.DataFrame({"x": np.arange(200) % 9, "c": 5})), holds(1, 200, ("x", "c"))),
    "nothing but names": Case(csv(pd.DataFrame({"machine": ["a", "b"] * 20})), refused=("no column of numbers",)),
    "decimal commas and days before months": Case(
        lambda folder: (
            put(
                folder,
                {
                    "a.csv": b"wann;preis\n"
                    + "".join(
                        f"{day:02d}/{month:02d}/2023 22:28;{day + month / 4:.2f}\n".replace(".", ",")
                        for month in range(1, 9)
                        for day in range(1, 28)
                    ).encode()
                },
            )
            / "a.csv"
        ),
        lambda source: (
            holds(1, 216, ("preis",), order="wann")(source),
            source.codec.frame(source.values(np.arange(1))).iloc[0].tolist() == ["01/01/2023 22:28", "1,25"]
            or pytest.fail("written otherwise"),
        ),
    ),
    "days and hours in two columns": Case(
        csv(
            pd.DataFrame(
                {
                    "row": range(1, 241),
                    "day": pd.date_range("2024-01-01", periods=10).repeat(24).strftime("%Y-%m-%d"),
                    "hr": [*range(24)] * 10,
                    "x": np.arange(240) % 7 * 0.5,
                }
            )
        ),
        holds(1, 240, X, "since they follow from the order: row", order="day, hr"),
    ),
    "a date of birth before the visits": Case(
        csv(
            pd.DataFrame(
                {
                    "patient": np.repeat(np.arange(30), 8),
                    "born": pd.date_range("1950-01-01", periods=30, freq="200D").repeat(8),
                    "visit": [*range(8)] * 30,
                    "x": np.arange(240) % 7 * 0.5,
                }
            )
        ),
        holds(30, 8, X, key="patient", order="visit", whole=("born",)),
    ),
    "every row twice": Case(
        csv(pd.concat([panel(10, 40)] * 2).rename(columns={"entity": "ville"})),
        refused=("'date' occurs 20 times", "--type COLUMN=series"),
    ),
    "every row twice, as a person says": Case(
        csv(pd.concat([panel(10, 40)] * 2), types={"entity": "series"}),
        lambda source: any("400 rows repeat the 'date'" in note for note in source.notes) or pytest.fail("not said"),
    ),
    "days and months as a person says": Case(
        csv(panel(10, 12).assign(date=lambda rows: rows.date.dt.strftime("%m/%d/%Y")), types={"date": "mdy"}),
        lambda source: source.codec.step == 1 or pytest.fail("months were taken for days"),
    ),
    "a column that is dropped": Case(
        csv(panel().assign(noise=np.random.default_rng(0).random(600)), types={"noise": "drop"}),
        holds(30, 20, X, key="entity", order="date"),
    ),
    "a file without a header": Case(
        lambda folder: (
            put(
                folder,
                {
                    "a.tsv": "".join(
                        "\t".join(map(str, [number % 3, *walk])) + "\n" for number, walk in enumerate(walks())
                    ).encode()
                },
            )
            / "a.tsv"
        ),
        holds(30, 20, ("column",), "column 2 to column 21 are its steps", whole=("column 1",)),
    ),
    "a file without a header whose last number is a class": Case(
        lambda folder: (
            put(
                folder,
                {
                    "a.csv": "".join(
                        ",".join(map(str, [*walk, number % 3])) + "\n" for number, walk in enumerate(walks())
                    ).encode()
                },
            )
            / "a.csv"
        ),
        holds(30, 20, ("column",), "column 1 to column 20 are its steps", whole=("column 21",)),
    ),
    "steps that begin alike": Case(
        csv(pd.DataFrame(np.stack(walks(40, 24)), columns=[f"V{n}" for n in range(24)]).assign(V0=100)),
        holds(40, 24, ("V",), "V0 to V23 are its steps"),
    ),
    "tracks one after the other": Case(
        csv(tracks()),
        holds(
            30, 17, ("x", "t (since the step before)"), "between which lie the longest steps of", key="way", order="t"
        ),
    ),
    "counts written as texts": Case(csv(counted("t")), holds(30, 20, X, "as a count", key="entity", order="date")),
    "counts with a word": Case(
        csv(counted("Day ").rename(columns={"date": "when"})), holds(30, 20, X, "Day ", key="entity", order="when")
    ),
    "counts with zeros in front": Case(
        csv(counted("step_", 3)),
        lambda source: (
            source.codec.frame(source.values(np.arange(1))).date.tolist()[:2] == ["step_001", "step_002"]
            or pytest.fail("written otherwise")
        ),
    ),
    "names that are empty in some rows": Case(
        csv(panel().assign(entity=lambda rows: rows.entity.where(~rows.index.isin([5, 77])))),
        refused=("'entity' seems to tell series apart, and is empty in 2 rows", "--type entity=channel"),
    ),
    "half of the rows twice": Case(
        csv(pd.concat([panel(10, 40), panel(10, 40)[::2]])),
        refused=("'date' occurs more than once within 'entity' in 200 rows",),
    ),
    "runs of things that come again": Case(
        csv(runs()), holds(30, 17, X, "'who' changes or 't' starts again: 30 series", order="t", whole=("who",))
    ),
    "two rows each": Case(
        csv(panel(30, 2).rename(columns={"entity": "customer_id"})), holds(30, 2, X, key="customer_id", order="date")
    ),
    "a row each": Case(
        csv(pd.DataFrame({"who": [f"w{at}" for at in range(50)], "t": 0, "x": np.arange(50) % 7 * 0.3})),
        refused=("'who' occurs in one row", "--recipe table"),
    ),
    "a word as the order": Case(
        csv(panel().assign(state="on"), types={"state": "order"}), refused=("'state' cannot order the steps",)
    ),
    "starts and ends": Case(
        csv(panel().assign(end=lambda rows: rows.date + pd.Timedelta("23h"))),
        holds(30, 20, X, "they follow from the order: end", key="entity", order="date"),
    ),
    "what is the same in every series": Case(
        csv(panel().assign(dose=lambda rows: (rows.date.dt.day % 5).map({0: "high"}).fillna("low"))),
        holds(30, 20, X, "they follow from the order: dose", key="entity", order="date"),
    ),
    "clocks of several zones": Case(
        csv(
            panel().assign(
                date=lambda rows: [
                    date.tz_localize("UTC").tz_convert(["Asia/Tokyo", "UTC", "Asia/Tokyo"][at % 3]).isoformat()
                    for at, date in enumerate(rows.date)
                ]
            )
        ),
        holds(30, 20, X, "several offsets from UTC: new ones are all written with", key="entity", order="date"),
    ),
    # forms
    "a row a day, hours as headers": Case(
        csv(
            pd.DataFrame(np.stack(walks(40, 24)), columns=[f"{hour:02d}:00" for hour in range(24)]).assign(
                date=pd.date_range("2024-01-01", periods=40)
            )
        ),
        holds(40, 24, ("value",), "00:00 to 23:00 are its steps", whole=("date",)),
    ),
    "a row a day, years as headers": Case(
        csv(
            pd.DataFrame(np.stack(walks(4, 200), axis=1), columns=["2019", "2020", "2021", "2022"]).assign(
                day=range(1, 201)
            )
        ),
        refused=("2019 to 2022 may be", "--layout wide or --layout long"),
    ),
    "decimal commas below years": Case(
        csv(
            pd.DataFrame(np.stack(walks(40, 20)), columns=range(2000, 2020)).astype(str).replace(r"\.", ",", regex=True)
        ),
        lambda source: (
            holds(40, 20, ("value",))(source),
            "," in source.codec.frame(source.values(np.arange(1)))["2003"][0] or pytest.fail("written otherwise"),
        ),
    ),
    "five rows with months as headers": Case(
        csv(
            pd.DataFrame(
                np.stack(walks(5, 40)), columns=pd.date_range("2020-01-01", periods=40, freq="MS").strftime("%Y-%m")
            )
        ),
        holds(5, 40, ("value",)),
    ),
    "a row a series": Case(csv(wide()), holds(40, 24, ("t",), "Each row is a series, and t0 to t23 are its steps")),
    "a row a series, with classes and gaps": Case(
        csv(
            wide(label=["fast", "slow"] * 20)
            .mask(lambda rows: rows == rows.t3.max())
            .assign(t23=lambda rows: rows.t23.where(rows.index > 9))
        ),
        holds(40, 24, ("t",), classes=("fast", "slow")),
    ),
    "a row a series of noise": Case(
        csv(pd.DataFrame(np.random.default_rng(0).normal(size=(40, 24))).add_prefix("v")),
        refused=("--layout wide or --layout long",),
    ),
    "as many channels": Case(
        csv(pd.DataFrame(np.stack(walks(16, 200), axis=1)).add_prefix("v")),
        lambda source: holds(1, 200, tuple(f"v{at}" for at in range(16)))(source),
    ),
    "series x steps": Case(saved(np.stack(walks())), holds(30, 20, ("channel 0",), "--layout long")),
    "steps x channels": Case(
        saved(np.stack(walks(9, 200), axis=1)),
        holds(1, 200, tuple(f"channel {at}" for at in range(9)), "--layout wide"),
    ),
    "few channels": Case(
        saved(np.zeros((400, 3)) + np.arange(400)[:, None] % 5), holds(1, 400, ("channel 0", "channel 1", "channel 2"))
    ),
    "channels before steps": Case(saved(CUBE), refused=("20 x 2 x 24", "transpose(0, 2, 1)")),
    "an array for each series": Case(archive, holds(30, 17, ("channel 0",))),
    "infinite numbers": Case(saved(np.full((20, 9), np.inf)), refused=("infinite",)),
    "objects": Case(lambda folder: saved(np.array([None] * 20))(folder)[0], refused=("pickle",)),
    "a list of arrays of unequal length": Case(in_memory(walks(unequal=True)), holds(30, 17, ("channel 0",))),
    "a tensor with classes": Case(
        in_memory(torch.tensor(CUBE.transpose(0, 2, 1).copy()), list("ab") * 10),
        holds(20, 24, ("channel 0", "channel 1"), classes=("a", "b")),
    ),
    "too few classes": Case(in_memory(walks(), ["a"]), refused=("1 labels came for 30 series",)),
    "arrays that do not go together": Case(
        in_memory([np.zeros((9, 2)), np.zeros((9, 3))]), refused=("series 1 is", "9 x 3")
    ),
    "a list of tables": Case(
        in_memory([pd.DataFrame({"x": walk}) for walk in walks(unequal=True)]), holds(30, 17, X, key="series")
    ),
    # folders
    "a table for each series": Case(folder_of(table), holds(30, 17, X, "30 files", key="file", order="time")),
    "tables in class folders": Case(
        folder_of(table, classes=True), holds(30, 17, X, key="file", order="time", classes=("down", "up"))
    ),
    "tables with different columns": Case(folder_of(odd_table), refused=("different columns", "x", "y")),
    "an array for each series in a folder": Case(
        folder_of(array, **{"about.txt": b"x", "plot.png": png(picture(1))}),
        holds(30, 17, ("channel 0",), "Not used: about.txt"),
    ),
    "numbers in some files and words in others": Case(
        folder_of(lambda place, walk, number: table(place, walk if number else ["a"] * len(walk), number)),
        refused=("column 'x' holds no numbers in run 0.csv, and numbers in run 1.csv",),
    ),
    "arrays of channels x steps in a folder": Case(
        folder_of(lambda place, walk, number: np.save(f"{place}.npy", np.stack([walk, 2 * walk]))),
        refused=("2 x 20 seems to be channels x steps", "array.T"),
    ),
    "a folder without series": Case(lambda folder: put(folder / "data", {"a.txt": b"x"}), refused=("holds no series",)),
    # lengths
    "an impossible window": Case(csv(panel(), window=50), refused=("a window of 50 steps",)),
    "a window that was asked for": Case(
        csv(panel(), window=10),
        lambda source: (source.codec.steps, source.codec.windows) == (10, True) or pytest.fail("window"),
    ),
}


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name, tmp_path):
    run_case(ZOO[name], opened, tmp_path)
