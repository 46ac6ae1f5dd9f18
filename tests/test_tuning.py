"""Searches: trials that resume, early ends, and a verdict by fresh seeds."""

from __future__ import annotations

import json
import threading

import pytest

import sparring
from sparring import tuning as module
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe
from sparring.errors import UserError
from sparring.tuning import search

pytest.importorskip("optuna")
SPACE = "players.generator.optimizer.lr: {low: 1e-5, high: 1e-1, log: true}\nbatch: [64, 128]\n"


class Trainings:
    """Takes the place of trainings: the score is the distance of the rate from the best one."""

    def __init__(self, monkeypatch, best=1e-5, luck=None):
        self.asked, self.best, self.luck = [], best, luck or {}
        self.after = None
        monkeypatch.setattr(module._Job, "train", lambda job, *given: self.train(job, *given))

    def train(self, job, name, settings, seed, watch=None):
        self.asked.append((name, settings, seed))
        if self.after is not None and len(self.asked) > self.after:
            job.stop.set()
            return None
        rate = settings.get("players.generator.optimizer.lr", job.recipe.players["generator"].optimizer.lr)
        return abs(rate - self.best) + self.luck.get(name, 0.0)


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(SPACE)
    return path


def run(tmp_path, space, **options):
    asked = {"recipe": "points", "examples": 1000, "trials": 6, "console": Callback(), **options}
    return search("ring", space, tmp_path / "out", **asked)


def test_the_default_is_tried_first_and_the_winner_must_beat_it(tmp_path, space, monkeypatch):
    trainings = Trainings(monkeypatch)
    found = run(tmp_path, space)
    own = {"players.generator.optimizer.lr": load_recipe("points").players["generator"].optimizer.lr}
    if load_recipe("points").batch in (64, 128):
        assert trainings.asked[0][1] == {**own, "batch": load_recipe("points").batch}
    assert [name for name, *_ in trainings.asked[:6]] == [f"trial-{number:04d}" for number in range(6)]
    assert [(name, seed) for name, _, seed in trainings.asked[6:]] == [
        (f"{kind}-{seed}", seed) for seed in (1, 2, 3) for kind in ("default", "winner")
    ]
    assert found.is_better
    assert "beat the default with 3 of 3 fresh seeds" in found.verdict
    best = load_recipe(str(tmp_path / "out" / "best.yaml"))
    assert best.players["generator"].optimizer.lr == found.best["players.generator.optimizer.lr"]
    assert json.loads((tmp_path / "out" / "search.json").read_text())["is_better"]
    assert (tmp_path / "out" / "README.md").read_text().count("\n| ") == 8  # the head, a rule, six trials


def test_a_winner_by_luck_is_not_better(tmp_path, space, monkeypatch):
    Trainings(monkeypatch, luck={"winner-2": 10.0})
    found = run(tmp_path, space)
    assert not found.is_better
    assert found.verdict.startswith("keep the default")
    assert "2 of 3 fresh seeds" in found.verdict
    assert not (tmp_path / "out" / "best.yaml").exists()


def test_a_search_goes_on_where_it_was_stopped(tmp_path, space, monkeypatch):
    trainings = Trainings(monkeypatch)
    trainings.after = 3
    assert run(tmp_path, space) is None
    interrupted = trainings.asked[-1]
    trainings.after, trainings.asked = None, []
    found = run(tmp_path, space)
    assert trainings.asked[0] == interrupted  # the same folder and settings: its training resumes
    assert len(found.trials) == 6
    assert len([name for name, *_ in trainings.asked if name.startswith("trial")]) == 3


def test_other_data_or_another_space_is_refused(tmp_path, space, monkeypatch):
    Trainings(monkeypatch)
    run(tmp_path, space)
    space.write_text(SPACE.replace("128", "256"))
    with pytest.raises(UserError, match="holds a search with other data, recipe, space or length"):
        run(tmp_path, space)


def test_trials_that_diverge_are_said(tmp_path, space, monkeypatch):
    monkeypatch.setattr(module._Job, "train", lambda *given: float("inf"))
    found = run(tmp_path, space, trials=3)
    assert found.verdict == "keep the default: every trial diverged"
    assert [each["score"] for each in found.trials] == [None] * 3
    assert "diverged" in (tmp_path / "out" / "README.md").read_text()


def test_a_length_is_needed(tmp_path, space):
    with pytest.raises(UserError, match="either `budget` or `examples`"):
        run(tmp_path, space, examples=None)


@pytest.mark.slow
def test_trainings_are_ordinary_runs(tmp_path, space):
    """With real trainings: each has a run that can be loaded, and what falls behind ends early."""
    stop = threading.Event()
    found = run(tmp_path, space, examples=400, trials=2, stop=stop)
    assert len(found.trials) == 2
    assert all(each["score"] is not None for each in found.trials)
    assert sparring.load(tmp_path / "out" / "trial-0001").at(range(3)).shape == (3, 2)
    assert found.verdict


def test_a_training_is_given_up_when_optuna_says_so():
    class Trial:
        reports = []

        def report(self, value, step):
            self.reports.append((value, step))

        def should_prune(self):
            return len(self.reports) > 1

    from sparring.callbacks.base import Observation

    everything = threading.Event()
    watch = module._Watch(Trial(), everything)
    for step, score in enumerate((3.0, 2.0), 1):
        assert not watch.stop.is_set()
        watch.observed(Observation(100 * step, step, {}, {}, selection=score))
    assert watch.given_up
    assert watch.stop.is_set()
    assert Trial.reports == [(3.0, 100), (2.0, 200)]
    other = module._Watch(Trial(), everything)
    other.step(None)
    assert not other.stop.is_set()
    everything.set()
    other.step(None)
    assert other.stop.is_set()
    assert not other.given_up
