"""The small networks of the online score are trained as far as data and time allow."""

import numpy as np

from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.evaluation.extractors import classifier
from sparring.modalities.image.features import fit_features
from sparring.training import setup
from sparring.util import files


def shown(source, stop_after=None):
    """How many examples were learned from, and the net."""
    shares = []

    def progress(done, what):
        shares.append(done)
        return stop_after is not None and len(shares) >= stop_after

    net = fit_features(source, 1, progress)
    return len(shares) * 64, net


def test_few_pictures_are_repeated_in_training():
    count, net = shown(ArraySource((1, 8, 8), classes=0, train=40))
    assert count >= 3 * 512
    assert "hurried" not in net.about and "hurried" not in net.fingerprint


def test_features_stopped_early_are_used_but_not_cached(own_cache):
    source = ArraySource((1, 8, 8), train=300, seed=5)
    count, net = shown(source, stop_after=2)
    assert count == 128
    assert net.about["hurried"] and net.fingerprint["hurried"]
    features, classes = net(source.values(np.arange(20)))
    assert np.isfinite(features).all() and len(classes) == 20
    np.testing.assert_array_equal(net.classes_of(features), classes)
    classifier.load_or_learn(source, lambda done, what: True)
    cached = list(files.cache_folder("features").glob(f"{source.content_hash[:32]}-*"))
    assert not cached
    classifier.load_or_learn(source)
    assert list(files.cache_folder("features").glob(f"{source.content_hash[:32]}-*"))


def test_a_budget_is_not_spent_on_features(tmp_path, monkeypatch):
    class Notes(Callback):
        said: list[str] = []

        def note(self, text):
            self.said.append(text)

    monkeypatch.setattr(setup, "FEATURES_SHARE", 1e-9)
    settings = {key: value for key, value in smoke_settings("mlp").items() if key != "examples"}
    run = api.train(ArraySource(seed=77), "mlp", tmp_path / "run", settings=settings, budget="3s", console=Notes())
    assert any("of the budget, not to their end" in said for said in Notes.said)
    assert (run.path / "features.safetensors").is_file()
    assert run.log()[-1]["event"] == "final"
