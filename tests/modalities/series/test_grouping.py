"""Which number is the time and which tells series apart, under names that say nothing and in any order of the rows."""

import numpy as np
import pandas as pd
import pytest

import sparring
from sparring.modalities.series.clocks import is_epoch
from sparring.modalities.series.frames import of_frame

NOW = 1_672_531_200
ORDERS = {
    "one series after the other": lambda frame: frame,
    "by time": lambda frame: frame.sort_values("b", kind="stable"),
    "shuffled": lambda frame: frame.sample(frac=1, random_state=0),
    "backwards": lambda frame: frame[::-1],
    "the time in front": lambda frame: frame[["b", "a", "c"]],
}


def rows(times, least=40, most=80, name=lambda number: 7 * number, noise=False):
    """30 series in columns a (which one), b (when) and c. times: (number, steps) -> b."""
    parts, rng = [], np.random.default_rng(1)
    for number in range(30):
        steps = int(rng.integers(least, most + 1))
        values = rng.normal(size=steps)
        values = values if noise else values.cumsum()
        parts.append(pd.DataFrame({"a": name(number), "b": times(number, steps), "c": values.round(2)}))
    return pd.concat(parts, ignore_index=True)


def hourly(number, steps):
    return NOW + 3600 * np.arange(steps)


def late(number, steps):
    return NOW + 40_009 * ((number * 17) % 30) + 3600 * np.arange(steps)


def uneven(number, steps):
    return NOW + np.random.default_rng(number).integers(1, 7200, steps).cumsum()


def counts(number, steps):
    return np.arange(steps)


KINDS = {
    "seconds since 1970": rows(hourly),
    "milliseconds": rows(lambda number, steps: 1000 * hourly(number, steps)),
    "seconds, of noise": rows(hourly, noise=True),
    "seconds that no two series share": rows(late),
    "uneven seconds": rows(uneven),
    "uneven seconds with fractions": rows(lambda number, steps: uneven(number, steps) + 0.25),
    "every second": rows(lambda number, steps: NOW + np.arange(steps)),
    "large numbers as names": rows(hourly, name=lambda number: 1_500_000_000 + number),
    "texts as names": rows(hourly, name=lambda number: f"n{number}"),
    "counts": rows(counts, name=lambda number: number),
    "counts of series of one length": rows(counts, 60, 60, name=lambda number: number),
    "counts by fifties of a second": rows(lambda number, steps: np.arange(steps) / 50),
    "seconds with gaps": rows(hourly).sample(frac=0.8, random_state=3).sort_index(),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_time_and_names_are_found_by_what_they_do(kind, order):
    frame = KINDS[kind]
    found = of_frame(ORDERS[order](frame).reset_index(drop=True), "x")
    assert (found.key.name, found.order.name, found.names[0]) == ("a", "b", "c")
    wanted = sorted(each.c.tolist() for _, each in frame.sort_values("b").groupby("a"))
    assert sorted(values[:, 0].tolist() for values in found.values) == wanted
    if "seconds" in kind:
        assert found.order.kind == ("float" if "fifties" in kind else "time")


@pytest.mark.parametrize("order", ORDERS)
def test_what_cannot_be_told_is_refused(order):
    frame = ORDERS[order](rows(counts, 60, 60, name=lambda number: number, noise=True)).reset_index(drop=True)
    with pytest.raises(sparring.UserError, match="could each tell series apart or order their steps; say which"):
        of_frame(frame, "x")
    found = of_frame(frame, "x", {"a": "series", "b": "order"})
    assert len(found.values) == 30


def test_a_single_shuffled_series_is_sorted():
    frame = pd.DataFrame({"b": 5 + 3 * np.arange(900), "c": np.random.default_rng(1).normal(size=900).cumsum()})
    found = of_frame(frame.sample(frac=1, random_state=0, ignore_index=True), "x")
    np.testing.assert_allclose(found.values[0][:, 0], frame.c)
    assert found.order.name == "b"
    backwards = of_frame(frame[::-1].reset_index(drop=True), "x")
    assert any("'b' falls from row to row" in note for note in backwards.notes)


@pytest.mark.parametrize(
    ("numbers", "are"),
    [
        (NOW + 60 * np.arange(99), True),
        ((NOW + 60 * np.arange(99)) * 1_000_000, True),
        (np.repeat(NOW + 60 * np.arange(99), 30), True),
        (np.repeat(NOW + np.arange(99), 30), False),  # could as well be names
        (np.random.default_rng(1).integers(1_000_000_000, 2_000_000_000, 30).repeat(30), False),
        (np.arange(99), False),
        (np.random.default_rng(1).normal(1_700_000_000, 1e9, 99), False),
        (20_230_101 + np.arange(28), False),
    ],
)
def test_seconds_since_1970(numbers, are):
    assert is_epoch(numbers.astype(np.float64)) == are
