"""Series from end to end: training, files, lengths, pages."""

import json

import numpy as np
import pandas as pd
import pytest

import series_samples
import sparring
from smoke import smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.evaluation.run import evaluate
from sparring.inference.generate import generate_files
from sparring.reports.findings import findings


def train(path, recipe, out, **settings):
    return api.train(
        path,
        recipe,
        out,
        settings={**smoke_settings(recipe, examples=192, tick=96), **settings},
        device="cpu",
        console=Callback(),
    )


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    series_samples.frame(120).to_csv(folder / "machines.csv", index=False)
    return train(folder / "machines.csv", "series-conv", folder / "run")


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    series_samples.lone(800).to_csv(folder / "walk.csv", index=False)
    return train(folder / "walk.csv", "series", folder / "run", **{"players.generator.options.rank": 64})


def test_generated_rows_have_the_columns_of_the_training_rows(machines):
    made, original = sparring.load(machines.path).generate(30, seed=2), series_samples.frame(120)
    assert list(made.columns) == list(original.columns)
    assert made.machine_id.nunique() == 30
    assert set(made.town) <= set(original.town)
    assert made.temperature.between(original.temperature.min(), original.temperature.max()).all()
    lengths = made.groupby("machine_id").size()
    assert lengths.between(1, 20).all()
    assert lengths.nunique() > 1
    for name in ("town", "age", "class"):
        assert made.groupby("machine_id")[name].nunique(dropna=False).eq(1).all()
    fast = sparring.load(machines.path).generate(10, label="fast")
    assert set(fast["class"]) == {"fast"}


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl", "xlsx", "npy", "npz", "png"])
def test_files(machines, tmp_path, suffix):
    (path,) = generate_files(machines.path, tmp_path / f"a.{suffix}", 5)
    (again,) = generate_files(machines.path, tmp_path / f"b.{suffix}", 5, batch_size=1)
    if suffix not in ("xlsx",):  # which carries the time of writing
        assert path.read_bytes() == again.read_bytes()
    if suffix == "npy":
        assert np.load(path).shape == (5, 20, 2)
    with pytest.raises(sparring.UserError, match="cannot be written"):
        generate_files(machines.path, tmp_path / "a.doc", 2)


def test_identifiers_go_on_from_those_of_training(machines, tmp_path):
    one = set(pd.read_csv(generate_files(machines.path, tmp_path / "1.csv", 5, seed=1)[0]).machine_id)
    assert len(one) == 5
    assert not one & {f"M-{number:04d}" for number in range(120)}
    assert one == set(sparring.load(machines.path).generate(5, seed=1).machine_id)


def test_categories_and_uneven_times_from_end_to_end(tmp_path):
    series_samples.switching(160).to_csv(tmp_path / "machines.csv", index=False)
    run = train(tmp_path / "machines.csv", "series", tmp_path / "run", **{"players.generator.options.rank": 16})
    made, original = sparring.load(run.path).generate(60, seed=2), series_samples.switching(160)
    assert list(made.columns) == [name for name in original.columns if name != "remark"]
    changes = [
        (frame.state.ne(frame.state.shift()) & frame.machine_id.eq(frame.machine_id.shift())).mean()
        for frame in (made, original)
    ]
    assert changes[0] == pytest.approx(changes[1], rel=0.4)
    mean = made.groupby("state").temperature.mean()
    assert mean["faulty"] > mean["on"] > mean["off"]
    assert made.groupby("machine_id").time.apply(lambda times: times.is_monotonic_increasing).all()
    passed = (
        made.groupby("machine_id").time.apply(lambda times: pd.to_datetime(times).diff().dt.total_seconds()).dropna()
    )
    assert passed.nunique() > 50
    found = evaluate(run.path, console=Callback())
    assert {"spectral_distance", "channel_shapes", "discriminative"} <= found.scores.keys()


def test_what_hardly_ever_changes_is_scored_too(tmp_path):
    """Three of sixty series change their state, and perhaps none that is held out."""
    frame = series_samples.switching(60)[["machine_id", "state"]].assign(state="on")
    frame.loc[
        frame.machine_id.isin(["M-0003", "M-0030", "M-0050"]) & (frame.groupby("machine_id").cumcount() < 8), "state"
    ] = "off"
    frame.to_csv(tmp_path / "rare.csv", index=False)
    options = {**smoke_settings("series-conv", examples=96, tick=96), "players.generator.options.rank": 4}
    run = api.train(
        tmp_path / "rare.csv", "series-conv", tmp_path / "run", settings=options, device="cpu", console=Callback()
    )
    assert set(sparring.load(run.path).generate(5).state) <= {"on", "off"}


def test_a_state_goes_on_in_longer_series(tmp_path):
    """Longer than what was learned at a time: states do not flicker where two parts meet."""
    frame = series_samples.switching(60).drop(columns=["machine_id", "time", "remark"])
    frame.to_csv(tmp_path / "states.csv", index=False)
    run = train(tmp_path / "states.csv", "series-conv", tmp_path / "run", **{"players.generator.options.rank": 16})
    made = sparring.load(run.path).generate(1, length=2000)
    assert len(made) == 2000
    assert made.state.ne(made.state.shift()).mean() == pytest.approx(
        frame.state.ne(frame.state.shift()).mean(), rel=0.5
    )


def test_longer_series_go_on(walk):
    gan = sparring.load(walk.path)
    values = gan.values(6, seed=1, length=1000)
    assert values.shape == (6, 1000, 2)
    np.testing.assert_array_equal(gan.values(2, seed=1, length=1000), values[:2])
    assert gan.values(3, length=7).shape == (3, 7, 2)
    inside, across = np.abs(np.diff(values[:, :100], axis=1)).max(), np.abs(np.diff(values, axis=1)).max()
    assert across < 2 * inside
    frame = gan.generate(1, length=300)
    assert list(frame.columns) == ["time", "x", "y"]
    assert np.allclose(np.diff(frame.time), 0.5)


def test_whole_series_do_not_go_on(machines):
    with pytest.raises(sparring.UserError, match="truncation goes neither"):
        sparring.load(machines.path).values(1, length=5, truncation=0.5)
    with pytest.raises(sparring.UserError, match="do not go on"):
        sparring.load(machines.path).values(1, length=21)
    assert sparring.load(machines.path).values(1, length=5).shape[1] == 5


def test_evaluation_and_pages(machines, tmp_path):
    found = evaluate(machines.path, console=Callback())
    assert {
        "spectral_distance",
        "autocorrelation_distance",
        "channel_shapes",
        "discriminative",
        "predictive",
        "label_agreement",
    } <= found.scores.keys()
    assert found.scores["predictive"].real is not None
    better = {
        name: found.scores[name].better
        for name in ("spectral_distance", "channel_shapes", "discriminative", "predictive")
    }
    assert better == {
        "spectral_distance": "lower",
        "channel_shapes": "higher",
        "discriminative": "lower",
        "predictive": "higher",
    }
    assert (machines.path / "generated_and_real.png").is_file()
    said = " ".join(findings(json.loads((machines.path / "evaluation.json").read_text()), "series"))
    assert "separate its series from real ones" in said and "predict the next real step" in said and "dB" in said
    (path,) = generate_files(machines.path, tmp_path / "made.csv", 40)
    of_files = evaluate(path, series_samples.source(120), console=Callback())
    assert of_files.scores["spectral_distance"].fingerprint["generated"] == 40
    by_name = evaluate(path, machines.path.parent / "machines.csv", recipe="series", console=Callback())
    assert "autocorrelation_distance" in by_name.scores
    with pytest.raises(sparring.UserError, match="has its own recipe"):
        evaluate(machines.path, recipe="series", console=Callback())


def test_interpolation_is_refused(machines, tmp_path):
    from sparring.inference.interpolate import interpolate_file

    with pytest.raises(sparring.UserError, match="walk"):
        interpolate_file(machines.path, tmp_path / "a.gif")
