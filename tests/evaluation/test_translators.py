"""`evaluate` of translators: with trivial baselines and intervals, and in the run's pages."""

import json

import numpy as np
import pytest

from smoke import ArraySource, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.evaluation.run import evaluate
from sparring.metrics import ms_ssim


def trained(recipe, source, folder, **settings):
    wanted = {**smoke_settings(recipe, examples=64), **settings}
    return api.train(source, recipe, folder, settings=wanted, device="cpu", console=Callback())


@pytest.mark.parametrize(("recipe", "label_maps"), [("pix2pix", None), ("segment", "output"), ("layout", "input")])
def test_pairs(recipe, label_maps, tmp_path):
    source = pair_source(label_maps=label_maps, train=40, test=20)
    run = trained(recipe, source, tmp_path / "run")
    found = evaluate(run.path, source, console=Callback())
    of_pictures = {"psnr", "ssim", "perceptual_distance", "kernel_distance"}
    expected = {"mean_iou", "pixel_accuracy"} if label_maps == "output" else of_pictures
    assert expected <= set(found.scores)
    for name in expected:
        score = found.scores[name]
        assert score.trivial is not None
        assert score.low <= score.value <= score.high
        assert score.fingerprint["generated"] == 20
    logged = run.log()[-1]["scores"]  # the same numbers as at the end of the training, of as many examples
    for name in expected & set(logged):
        assert logged[name]["low"] <= logged[name]["value"] <= logged[name]["high"]
        assert found.scores[name].value == pytest.approx(logged[name]["value"], rel=1e-3)
        assert found.scores[name].trivial == pytest.approx(logged[f"{name}_trivial"]["value"], rel=1e-3)
    assert found.headline in json.loads((run.path / "evaluation.json").read_text())["scores"]
    assert "without learning" in (run.path / "report.html").read_text()


def test_large_pictures_are_compared_at_several_scales(tmp_path):
    source = pair_source((1, 24, 24), train=20, test=6)
    run = trained("pix2pix", source, tmp_path / "run", examples=16)
    found = evaluate(run.path, source, console=Callback()).scores["ms_ssim_to_truth"]
    assert found.fingerprint["ms_ssim_scales"] == 2
    truth, given = source.values(np.arange(6), "test"), source.input_values(np.arange(6), "test", 0)
    assert found.trivial == pytest.approx(float(ms_ssim(given, truth, scales=2).mean()), abs=1e-6)


def test_without_pairs(tmp_path):
    source = ArraySource((1, 12, 12), 3, 90, 30)
    run = trained("cyclegan", source, tmp_path / "run", **{"algorithm.domains": ["class 2", "class 0"]})
    found = evaluate(run.path, source, console=Callback())
    assert found.scores["other_kind"].trivial < 0.4  # pictures as they are do not pass for the other kind
    assert found.scores["kernel_distance"].trivial > 0
    assert 0 <= found.scores["cycle_error"].value <= 1
    assert np.isfinite([score.value for score in found.scores.values()]).all()


def test_degraded_pictures_are_recognised_as_the_run_s_own_data(tmp_path):
    """The run was trained on damaged pairs; what is opened again are the plain pictures."""
    source = ArraySource((3, 12, 12), 0, 60, 20)
    run = trained("restore-denoise", source, tmp_path / "run")
    notes = []

    class Notes(Callback):
        def note(self, text):
            notes.append(text)

    evaluate(run.path, source, console=Notes())
    assert not notes
    assert json.loads((run.path / "evaluation.json").read_text())["snapshot"] == run.log()[-1]["snapshot"]
    card, page = ((run.path / name).read_text() for name in ("README.md", "report.html"))
    assert "sparring apply RUN examples/" in card  # what the source calls them
    assert "sparring generate" not in card
    assert "degraded input" in page and "same latent" not in page and "without learning" in page


def test_the_error_rate_of_a_classifier(tmp_path):
    source = ArraySource((1, 8, 8), 3, 90, 30)
    run = trained("sgan", source, tmp_path / "run", **{"algorithm.num_labels": 6})
    found = evaluate(run.path, source, console=Callback())
    assert found.scores["error_rate"].trivial == pytest.approx(2 / 3)
    assert found.scores["error_rate"].value == pytest.approx(run.log()[-1]["scores"]["error_rate"]["value"])
    logged = run.log()[-1]["scores"]["kernel_distance"]["value"]
    again = evaluate(run.path, source, samples=20, console=Callback())  # as many as at the end of the training
    assert again.scores["kernel_distance"].value == pytest.approx(logged, rel=1e-3)
    assert "labels.csv" in (run.path / "README.md").read_text()
