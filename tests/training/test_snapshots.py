"""Which snapshot a run keeps and says that it keeps, whatever callbacks ask for and however fast the machine is."""

import json

import pytest

from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Action, Callback, Result
from sparring.errors import Diverged
from sparring.inference.generator import load
from sparring.training import callbacks, trainer
from sparring.util.safetensors import read_metadata


class Notes(Callback):
    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)


class Asks(Callback):
    """Asks to go back at the first ticks, `times` times."""

    survives_rollback = True

    def __init__(self, times, at=None):
        self.times, self.at, self.back_to = times, at, []

    def observe(self, trainer, observation):
        if observation.event == "tick" and self.times and self.at in (None, observation.examples):
            self.times -= 1
            return Result(action=Action.ROLL_BACK, evidence="the test wants it")
        return None

    def observed(self, observation):
        if observation.action is Action.ROLL_BACK:
            self.back_to.append(observation.notes["back_to"])


def train(out, *observers, examples=192, console=None):
    source, settings = ArraySource(train=60, test=20), smoke_settings("mlp", examples=examples)
    return api.train(source, "mlp", out, settings=settings, console=console or Callback(), callbacks=observers)


def saved_at(run):
    path = run.path / "generator.safetensors"
    return read_metadata(path.read_bytes(), path)["examples"]


def scored(monkeypatch, scores):
    """Makes up the selection scores of the ticks, by examples seen, one for each visit."""
    true = callbacks.Score.observe

    def made_up(self, trainer, observation):
        found = true(self, trainer, observation)
        return found and Result(found.values, found.scores, float(scores[observation.examples].pop(0)))

    monkeypatch.setattr(callbacks.Score, "observe", made_up)


def test_going_back_at_the_first_tick_goes_to_the_start(tmp_path):
    asks = Asks(1)
    run = train(tmp_path / "run", asks)
    log = run.log()
    assert asks.back_to == [0]
    assert (log[0]["action"], log[0]["best"], log[0]["back_to"]) == ("roll back", False, 0)
    assert log[1]["examples"] == 32
    assert log[-1]["snapshot"] == saved_at(run)


def test_a_discarded_snapshot_is_not_handed_out(tmp_path, monkeypatch):
    """The training goes back from the tick with the best score: what is kept is the best of those before it."""
    scored(monkeypatch, {32: [5], 64: [4], 96: [1, 7]})
    asks = Asks(1, at=96)
    run = train(tmp_path / "run", asks, examples=128)
    assert asks.back_to == [64]
    assert saved_at(run) == 64 == run.log()[-1]["snapshot"]


def test_a_callback_that_never_accepts_a_snapshot_is_told_so(tmp_path):
    with pytest.raises(Diverged, match="asked to go back at every tick"):
        train(tmp_path / "run", Asks(1000))


def test_the_last_words_name_the_samples_of_the_kept_snapshot(tmp_path, monkeypatch):
    scored(monkeypatch, {32: [5], 64: [1], 96: [7], 128: [7], 160: [8], 192: [9]})
    notes = Notes()
    train(tmp_path / "run", console=notes)
    assert f"samples: {tmp_path / 'run' / 'samples' / '000000064.png'}" in " ".join(notes.said[-2:])
    assert any("not healthy (" in said for said in notes.said)


def test_a_training_too_short_for_a_diagnosis_says_so(tmp_path):
    notes = Notes()
    train(tmp_path / "run", examples=64, console=notes)
    assert any("ended before its health could be assessed" in said for said in notes.said)
    assert "ended too early to tell" in (tmp_path / "run" / "README.md").read_text()


def test_the_final_score_has_intervals_and_equal_counts(tmp_path):
    line = train(tmp_path / "run").log()[-1]
    for name in ("kernel_distance", "coverage", "label_agreement", "label_agreement_real"):
        score = line["scores"][name]
        assert score["low"] <= score["value"] <= score["high"], name
    mine, real = (line["scores"][name]["fingerprint"] for name in ("kernel_distance", "kernel_distance_real"))
    assert mine == real
    assert line["headline"] == "kernel_distance"


def test_checkpoints_between_ticks_change_nothing(tmp_path, monkeypatch):
    """A tick may take hours; a killed training loses less."""
    plain = train(tmp_path / "plain")
    monkeypatch.setattr(trainer, "SAVE_SECONDS", 0.0)
    saved, save = [], trainer.Trainer.save

    def noted(self):
        saved.append(self.examples)
        save(self)

    monkeypatch.setattr(trainer.Trainer, "save", noted)
    often = train(tmp_path / "often")
    assert set(range(16, 192, 16)) <= set(saved)
    clean = [[{**line, "clock": None} for line in run.log()] for run in (plain, often)]
    assert clean[0] == clean[1]
    for name in ("generator", "discriminator"):
        assert (plain.path / f"{name}.safetensors").read_bytes() == (often.path / f"{name}.safetensors").read_bytes()


def test_the_same_command_gives_the_same_counts_and_scores(tmp_path):
    """However long a step seemed to take."""
    settings = smoke_settings("mlp", examples=640)
    for count in ("tick", "score_samples", "final_samples", "patience"):
        del settings[count]
    source = ArraySource(train=60, test=20)
    runs = [api.train(source, "mlp", tmp_path / name, settings=settings, console=Callback()) for name in "ab"]
    recipes = [json.dumps(run.recipe()[0].model_dump(mode="json")) for run in runs]
    assert recipes[0] == recipes[1]
    assert runs[0].log()[-1]["scores"] == runs[1].log()[-1]["scores"]
    assert sum(line["event"] == "tick" for line in runs[0].log()) >= 10
    assert load(runs[0].path).recipe.final_samples == 2000
