"""Evaluations of runs and of files: the scores of the training, what is written, and what is refused."""

import json

import numpy as np
import pytest

import sparring
from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.evaluation.samples import AllSplits, GeneratedSource
from sparring.modalities.image.write import write
from sparring.reports import write_report


@pytest.fixture(scope="module")
def bars():
    return ArraySource(train=120, test=40)


@pytest.fixture(scope="module")
def run(bars, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluated") / "bars"
    return api.train(bars, "dcgan-small", out, settings=smoke_settings("dcgan-small"), console=Callback())


def measured(what, source, **options):
    return sparring.evaluate(what, source, console=Callback(), **options)


def test_a_training_and_its_evaluation_give_the_same_numbers(run, bars):
    final = run.log()[-1]["scores"]
    found = measured(run.path, bars, samples=20)
    for name in ("frechet_distance", "kernel_distance", "label_agreement"):
        assert found.scores[name].value == pytest.approx(final[name]["value"], rel=1e-3, abs=1e-6), name
    assert found.scores["frechet_distance"].real == pytest.approx(final["frechet_distance_real"]["value"], rel=1e-3)
    assert {"discriminator_accuracy_training", "discriminator_accuracy_held_out", "fooling_rate"} <= set(found.scores)
    accuracy = found.scores["discriminator_accuracy_generated"].value
    assert found.scores["fooling_rate"].value == pytest.approx(1 - accuracy)


def test_runs_on_points_are_opened_and_evaluated(tmp_path):
    settings = smoke_settings("points")
    points = api.train("ring", None, tmp_path / "ring", settings=settings, device="cpu", console=Callback())
    found = sparring.evaluate(points.path, samples=200, console=Callback())
    assert found.scores["modes_hit"].real == 8


def test_scores_are_written_into_the_run_and_shown_on_its_pages(run, bars):
    measured(run.path, bars, samples=30)
    written = json.loads((run.path / "evaluation.json").read_text())
    assert written["snapshot"] == run.log()[-1]["snapshot"]
    before = set(written["scores"])
    measured(run.path, bars, samples=30, metrics=["cas"])
    after = json.loads((run.path / "evaluation.json").read_text())
    assert set(after["scores"]) == before | {"classification_accuracy"}  # what was measured of the same snapshot stays
    assert after["headline"] == written["headline"]
    page, card = ((run.path / name).read_text() for name in ("report.html", "README.md"))
    titles = "Quality, variety, novelty", "Class by class", "Nearest training examples", "Interpolation", "Limits"
    for title in titles:
        assert f"<h2>{title}</h2>" in page
    assert "classification accuracy score" in page
    assert "requested label recognised" in card
    (run.path / "evaluation.json").write_text(json.dumps({**after, "snapshot": 1}))
    write_report(run.path)
    assert "Class by class" not in (run.path / "report.html").read_text()  # of another snapshot: stale


def test_files_of_any_program_are_evaluated(run, bars, tmp_path):
    gan = sparring.load(run.path)
    names = [gan.classes[number] for number in gan.labels(range(24), seed=3)]
    write(gan.values(24, seed=3), names, tmp_path / "samples", False)
    found = measured(tmp_path / "samples", bars)
    assert found.scores["frechet_distance"].fingerprint["generated"] == 24
    assert "label_agreement" in found.scores  # the labels that were written with them
    assert "discriminator" in found.left_out
    assert not (tmp_path / "samples" / "evaluation.json").exists()
    with pytest.raises(UserError, match="with `data`"):
        measured(tmp_path / "samples", None)
    with pytest.raises(UserError, match="holds 24 samples, not 25"):
        measured(tmp_path / "samples", bars, samples=25)


def test_samples_of_other_sizes_are_said(bars, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (24, 1, 8, 8), np.uint8)
    write(values, None, tmp_path / "samples")
    write(np.repeat(values[:3], 2, axis=2), None, tmp_path / "samples" / "tall")
    console, said = Callback(), []
    console.note = said.append
    sparring.evaluate(tmp_path / "samples", bars, metrics=["fid"], features="raw", console=console)
    assert any("samples: 3 samples are of other sizes than 8x8, and were brought to it" in text for text in said)


def test_samples_are_those_of_the_generator_and_computed_once(run):
    gan = sparring.load(run.path)
    made = GeneratedSource(gan, gan.codec.shape, 150, 1, "bars", "identity")
    some = np.array([149, 3, 3, 70])
    assert np.array_equal(made.values(some), gan.at(some, seed=1))
    assert made.labels(some).tolist() == gan.labels(some.tolist(), seed=1)
    made._gan = None
    assert np.array_equal(made.values(np.array([149])), made.values(some[:1]))
    with pytest.raises(UserError, match="fewer"):
        GeneratedSource(gan, gan.codec.shape, 1 << 40, 1, "bars", "identity")


def test_all_splits_of_samples_count_and_unknown_labels_do_not():
    source = ArraySource(train=7, test=5)
    whole = AllSplits(source, source)
    assert whole.count("train") == 12
    assert np.array_equal(whole.values(np.array([11])), source.values(np.array([4]), "test"))
    assert whole.labels(np.arange(12)).tolist() == [*source.labels(np.arange(7)), *source.labels(np.arange(5), "test")]
    other = ArraySource()
    other.classes = ("a", "b", "c")
    assert AllSplits(source, other).classes == ()


def test_classes_of_other_data_are_matched_by_name(run):
    other = ArraySource(train=60, test=20)
    other.classes = ("class 2", "class 1", "class 0")
    other.content_hash = "other"
    found = measured(run.path, other, samples=40, metrics=["diversity"])
    assert "diversity" in found.scores
    gan = sparring.load(run.path)
    renamed = AllSplits(GeneratedSource(gan, gan.codec.shape, 12, 1, "bars", "identity"), other)
    assert renamed.labels(np.arange(12)).tolist() == [2 - number for number in gan.labels(range(12), seed=1)]
    with pytest.raises(UserError, match="one size and mode"):
        measured(run.path, ArraySource((3, 8, 8), train=60, test=20), samples=20)


def test_scores_on_other_data_are_not_written_into_the_run(run):
    (run.path / "evaluation.json").unlink(missing_ok=True)
    said = []

    class Listening(Callback):
        def note(self, text):
            said.append(text)

    found = sparring.evaluate(run.path, ArraySource(seed=5), samples=20, metrics=["fid"], console=Listening())
    assert any("not the data" in text for text in said)
    assert found.report is None
    assert not (run.path / "evaluation.json").exists()


def test_moved_data_is_found_once_told(tmp_path):
    """By any command: the evaluation without data finds what the training or the evaluation before was given."""
    pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "pictures.npy", pictures)
    options = {"settings": smoke_settings("mlp"), "device": "cpu", "console": Callback()}
    run = api.train(tmp_path / "data" / "pictures.npy", "mlp", tmp_path / "runs" / "one", **options)
    few = {"samples": 20, "metrics": ["fid"], "features": "raw", "console": Callback()}
    (tmp_path / "data").rename(tmp_path / "moved")
    with pytest.raises(UserError, match="say with `data` where the data lies now"):
        sparring.evaluate(run, **few)
    sparring.evaluate(run, tmp_path / "moved" / "pictures.npy", **few)
    assert sparring.evaluate(run, **few).scores
    (tmp_path / "moved").rename(tmp_path / "again")
    api.train(tmp_path / "again" / "pictures.npy", "mlp", run.path, **options)
    assert sparring.evaluate(run, **few).scores
    (run.path / "local.json").unlink()  # as in a run from another machine
    with pytest.raises(UserError, match="does not say where its data lies"):
        sparring.evaluate(run, **few)
