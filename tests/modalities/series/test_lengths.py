"""Series come out as long as they are in the data, and tables of every form come back in their form."""

import numpy as np
import pandas as pd
import pytest
import torch

import sparring
from sparring.config.reading import load_recipe
from sparring.inference.generator import Gan
from sparring.modalities.series.codec import codec_from
from sparring.modalities.series.frames import of_frame
from sparring.modalities.series.source import SeriesSource
from sparring.networks.series import ConvolutionalSeriesGenerator


def lengths_of_every_kind():
    rng = np.random.default_rng(0)
    return {
        "uniform": rng.integers(10, 60, 200),
        "two kinds": rng.choice([12, 50], 200),
        "a long tail": np.exp(rng.normal(2.7, 0.6, 200)).astype(int).clip(4, 160),
    }


LENGTHS = lengths_of_every_kind()


def rising(lengths):
    """Noise, and a number that rises towards the end of each series."""
    rng = np.random.default_rng(1)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "unit": number,
                    "t": np.arange(length),
                    "x": rng.normal(size=length).round(3),
                    "wear": np.exp((np.arange(length) - length) / 5).round(3),
                }
            )
            for number, length in enumerate(lengths)
        ],
        ignore_index=True,
    )


def fitted(source):
    """A generator as it begins, before any training."""
    codec = source.codec
    torch.manual_seed(0)
    generator = ConvolutionalSeriesGenerator(codec.shape, 0, 16, codec.layout, width=8, rank=16)
    encoded = codec.encode(source.values(np.arange(source.count())))
    generator.fit(generator.statistics_input(encoded))
    return Gan(load_recipe("series-conv"), generator.eval(), codec, "series", (), ())


def deciles(lengths):
    return np.quantile(lengths, np.linspace(0.1, 0.9, 9))


@pytest.mark.parametrize("name", LENGTHS)
def test_lengths_and_what_goes_with_them_come_back(name):
    lengths = LENGTHS[name]
    source = SeriesSource(of_frame(rising(lengths), "x"), "x")
    assert source.codec.ends
    assert not source.codec.windows
    made = fitted(source).generate(400, seed=3).groupby("unit")
    np.testing.assert_allclose(deciles(made.size()), deciles(lengths), rtol=0.12, atol=1)
    assert made.size().max() <= lengths.max()
    assert made.wear.last().mean() > 0.5  # 0.82 in the data
    assert made.wear.first().mean() < 0.35


def test_the_network_cannot_move_the_end():
    source = SeriesSource(of_frame(rising(LENGTHS["uniform"]), "x"), "x")
    gan = fitted(source)
    before = gan.codec.lengths(gan.values(50, seed=1))
    with torch.no_grad():
        gan.generator.last.bias += 50
        gan.generator.strength += 1
    np.testing.assert_array_equal(gan.codec.lengths(gan.values(50, seed=1)), before)


@pytest.mark.parametrize("name", LENGTHS)
def test_series_that_are_joined_from_windows_are_as_long_as_those_of_the_data(name):
    lengths = LENGTHS[name]
    source = SeriesSource(of_frame(rising(lengths), "x"), "x", window=8)
    gan = fitted(source)
    made = gan.generate(200, seed=3)
    np.testing.assert_allclose(deciles(made.groupby("unit").size()), deciles(lengths), rtol=0.2, atol=1)
    assert gan.values(3).shape[1] == 8
    few, column = gan.generate(2, seed=3), made.columns.tolist()
    pd.testing.assert_frame_equal(few, made.iloc[: len(few)])  # each depends on its number alone
    assert column == ["unit", "t", "x", "wear"]
    assert gan.generate(2, seed=3, length=30).groupby("unit").size().tolist() == [30, 30]
    assert gan.modality.max_joined_length(gan.codec) == lengths.max()
    with pytest.raises(sparring.UserError, match="length. should be a whole number from 1 to .*, not 0"):
        gan.generate(2, length=0)
    with pytest.raises(sparring.UserError, match="joined without truncation"):
        gan.generate(2, truncation=0.5)
    assert gan.values(2, truncation=0.5).shape[1] == 8


def test_a_single_series_is_given_out_in_windows_where_no_length_is_asked_for():
    gan = fitted(SeriesSource(of_frame(rising([800]), "x"), "x"))
    assert gan.modality.max_joined_length(gan.codec) is None
    assert gan.generate(2).groupby("series").size().tolist() == [100, 100]
    assert len(gan.generate(1, length=250)) == 250


def test_how_long_values_are_is_chosen_from_the_data():
    def form(lengths, **asked):
        codec = SeriesSource(of_frame(rising(lengths), "x"), "x", **asked).codec
        return codec.steps, codec.windows

    assert form([1500] * 20) == (1500, False)
    assert form([90, 217, 300] * 10) == (300, False)
    assert form([3000] * 20) == (128, True)
    assert form([60] * 2 + [3000] * 50) == (128, True)
    assert form([60] * 10 + [3000] * 10) == (60, True)
    assert form([1500] * 20, window=200) == (200, True)
    assert form([800]) == (100, True)


def panel(count=24, steps=12):
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "shop": np.repeat([f"s{number % 4}" for number in range(count)], steps),
            "thing": np.repeat([f"t{number // 4}" for number in range(count)], steps),
            "day": np.tile(np.arange(steps), count),
            "x": rng.normal(size=count * steps).cumsum().round(2),
        }
    )


def wide():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"{channel}_{step}": rng.normal(size=30) for channel in "ab" for step in range(9)}).round(2)
    for channel in "ab":
        names = [f"{channel}_{step}" for step in range(9)]
        frame[names] = frame[names].cumsum(axis=1).round(2)
        frame.loc[:4, names[7:]] = np.nan
    return frame.assign(town=["Ulm", "Bonn"] * 15)


FORMS = {
    "a pair of keys": panel(),
    "times that start again": panel().drop(columns=["shop", "thing"]),
    "one key": rising([20] * 20),
    "a row a series": wide(),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_was_made_is_read_like_the_data(name):
    frame = FORMS[name]
    source = SeriesSource(of_frame(frame, "x"), "x")
    codec = codec_from(source.codec.describe())
    assert codec.describe() == source.codec.describe()
    values = np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])
    made = codec.frame(values)
    assert [column for column in made.columns if column in frame.columns] == list(frame.columns)
    assert len(made) == len(frame)
    again = SeriesSource(of_frame(made, "made", like=codec), "made", codec)
    others = np.concatenate([again.values(np.arange(again.count(split)), split) for split in ("train", "test")])

    def content(every):
        return sorted(np.nan_to_num(each, nan=-99).tobytes() for each in every)

    assert content(others) == content(values)
    if name != "a row a series":
        assert sorted(made.x) == sorted(frame.x)
    else:
        pd.testing.assert_frame_equal(
            made.sort_values("a_0", ignore_index=True), frame.sort_values("a_0", ignore_index=True), check_like=True
        )
