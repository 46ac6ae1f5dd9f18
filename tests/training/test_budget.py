"""A budget counts the preparation, and is planned once more before example 0; with a clock of the test."""

import types

import pytest
import torch

from smoke import ArraySource, smoke_settings
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, with_settings
from sparring.training import setup
from sparring.training.assembly import Parts
from sparring.training.autoconfig import Choices, throughput
from sparring.training.autoconfig.throughput import Throughput

SPEED = Throughput(seconds_a_step=0.1, seconds_a_sample=1e-4, seconds_a_look=0.01)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(setup, "time", types.SimpleNamespace(monotonic=found))
    return found


def plan(clock, monkeypatch, budget, assembling, timing=0.0):
    """What is planned where timing and each assembly take these seconds. Returns the recipe and the seconds planned."""

    def measured(*_):
        clock.now += timing
        return SPEED

    def assembled(parts, callbacks):
        clock.now += assembling.pop(0)
        saved = types.SimpleNamespace(save=lambda: None)
        return types.SimpleNamespace(log=types.SimpleNamespace(load_state=lambda state: None), trainer=saved)

    monkeypatch.setattr(setup, "measure", measured)
    monkeypatch.setattr(setup, "Assembly", assembled)
    recipe = with_settings(load_recipe("mlp"), smoke_settings("mlp") | {"micro_batch": 16})
    lengths = ("examples", "tick", "score_samples", "final_samples", "patience")
    recipe = recipe.model_copy(update=dict.fromkeys(lengths))
    parts = Parts(recipe, ArraySource(), None, {}, torch.device("cpu"), None, None)
    end = None if budget is None else clock.now + budget
    choices, planned, _ = setup._planned(Choices(recipe), parts, end, Callback(), ())
    return choices.recipe, planned


def test_what_preparing_took_is_not_planned_for(clock, monkeypatch):
    recipe, planned = plan(clock, monkeypatch, 100, assembling=[20.0, 1.0], timing=5.0)
    assert planned == 100 - 5 - 20 - setup.FINISHING_SECONDS
    assert 0.8 * planned < recipe.examples / 16 * 0.1 < planned
    quick, _ = plan(clock, monkeypatch, 100, assembling=[0.0, 0.0])
    assert quick.examples > 1.2 * recipe.examples


def test_a_budget_that_preparing_used_up_still_gives_ten_ticks(clock, monkeypatch):
    recipe, planned = plan(clock, monkeypatch, 30, assembling=[40.0, 1.0], timing=5.0)
    assert planned == 1.0
    assert recipe.examples / recipe.tick == 10


def test_slow_steps_are_timed_twice_at_least_and_not_for_minutes(monkeypatch):
    """On a loaded machine five timed steps can take longer than the whole budget."""
    now = [0.0]
    monkeypatch.setattr(throughput, "time", types.SimpleNamespace(perf_counter=lambda: now[0]))

    def step():
        now[0] += 10.0
        slow.steps += 1

    phases = (types.SimpleNamespace(interval=4), types.SimpleNamespace(interval=1))
    slow = types.SimpleNamespace(steps=0, phases=phases, step=step, synchronise=lambda: None)
    assert sum(map(len, throughput._time_steps(slow, 2.0))) == throughput.MIN_SLOW_STEPS
    assert now[0] == 10.0 * (throughput.WARM_UP_STEPS + throughput.MIN_SLOW_STEPS)
    quick = types.SimpleNamespace(
        steps=0, phases=phases, step=lambda: now.__setitem__(0, now[0] + 0.1), synchronise=lambda: None
    )
    assert sum(map(len, throughput._time_steps(quick, 2.0))) == pytest.approx(20, abs=1)
