"""Schedules, EMA, optimizers, checkpoints, loader: each by itself."""

import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sparring import modalities
from sparring.config.recipe import Optimizer
from sparring.config.schedules import BurnIn, Schedule
from sparring.errors import UserError
from sparring.training import optimizers
from sparring.training.checkpoints import Checkpoints, State
from sparring.training.ema import EMA
from sparring.training.loader import Loader
from sparring.util import files
from sparring.util.safetensors import from_bytes, to_bytes


@pytest.mark.parametrize(
    ("schedule", "examples", "expected"),
    [
        (Schedule(), 500, 1.0),
        (Schedule(kind="linear", final=0.5), 500, 0.75),
        (Schedule(kind="linear"), 1000, 0.0),
        (Schedule(kind="exponential"), 500, 0.1),
        (Schedule(kind="cosine", final=0.2), 0, 1.0),
        (Schedule(kind="cosine", final=0.2), 500, 0.6),
        (Schedule(kind="cosine", final=0.2), 2000, 0.2),
        (Schedule(kind="exponential", final=0.01), 500, 0.1),
        (Schedule(warmup=100), 25, 0.25),
        (Schedule(kind="linear", final=0.0, warmup=200), 600, 0.5),
        (Schedule(kind="linear", final=0.2, hold=0.5), 500, 1.0),
        (Schedule(kind="linear", final=0.2, hold=0.5), 750, 0.6),
        (Schedule(kind="linear", final=0.2, hold=0.5), 1000, 0.2),
        (Schedule(kind="linear", final=0.0, warmup=200, hold=0.5), 800, 0.5),
    ],
)
def test_schedules_by_hand(schedule, examples, expected):
    assert schedule.factor(examples, 1000) == pytest.approx(expected)


def test_a_burn_in_follows_half_a_cosine_and_stays_at_its_end():
    burn_in = BurnIn(examples=1000, lr=4.0, beta2=0.9)
    assert [burn_in.between(burn_in.lr, 1, examples) for examples in (0, 500, 1000, 5000)] == pytest.approx(
        [4, 2.5, 1, 1]
    )
    assert burn_in.between(0.9, 0.99, 250) == pytest.approx(0.9 + 0.09 * (1 - 2**-0.5) / 2)


def test_average_has_its_half_life():
    """After one half-life of images a jump is half followed."""
    net = nn.Linear(1, 1)
    nn.init.zeros_(net.weight)
    average = EMA(net, half_life=1000, ramp=0.05)
    nn.init.ones_(net.weight)
    for _ in range(10):
        average.update(examples=1_000_000, step_examples=100)
    assert average.module.weight.item() == pytest.approx(0.5, rel=1e-5)
    assert not average.module.training


def test_average_forgets_the_start_and_can_be_off():
    net = nn.Linear(1, 1)
    early, off = EMA(net, 10_000, 0.05), EMA(net, 0, 0.05)
    nn.init.constant_(net.weight, 3.0)
    early.update(examples=100, step_examples=100)
    off.update(examples=1_000_000, step_examples=1)
    assert early.module.weight.item() == pytest.approx(3.0, rel=1e-4)
    assert off.module.weight.item() == 3.0


def test_the_half_life_grows_with_the_images_seen():
    net = nn.Linear(1, 1)
    nn.init.zeros_(net.weight)
    average = EMA(net, 10_000, ramp=0.5)
    nn.init.ones_(net.weight)
    average.update(examples=200, step_examples=100)
    assert average.module.weight.item() == pytest.approx(0.5, rel=1e-5)


def test_average_follows_running_statistics():
    net = nn.BatchNorm1d(2)
    average = EMA(net, 0, 0.05)
    net(torch.randn(8, 2) + 5)
    average.update(1, 1)
    torch.testing.assert_close(average.module.running_mean, net.running_mean)
    assert average.module.num_batches_tracked == 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"name": "adamw", "weight_decay": 0.1},
        {"name": "rmsprop", "momentum": 0.5},
        {"name": "sgd", "momentum": 0.9},
    ],
    ids=str,
)
def test_optimizer_state_goes_through_tensors(settings):
    """Two steps in one go, and one step, state to disk format and back, another step: the same weights."""

    def step(net, optimizer):
        optimizer.zero_grad()
        net(torch.ones(4, 3)).square().sum().backward()
        optimizer.step()

    torch.manual_seed(0)
    straight = nn.Linear(3, 2)
    dropped = nn.Linear(3, 2)
    dropped.load_state_dict(straight.state_dict())
    one = optimizers.build(Optimizer(**settings), straight)
    step(straight, one)
    step(straight, one)
    two = optimizers.build(Optimizer(**settings), dropped)
    step(dropped, two)
    saved = from_bytes(to_bytes(optimizers.tensors(two)), None)
    three = optimizers.build(Optimizer(**settings), dropped)
    optimizers.load_tensors(three, saved)
    step(dropped, three)
    assert torch.equal(straight.weight, dropped.weight)


def test_moments_keep_the_layout_of_their_weights():
    """A fused step walks storage: moments loaded in another layout than a channels-last weight's would be mixed up."""

    def fresh():
        torch.manual_seed(0)
        return nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)

    def step(net, optimizer):
        optimizer.zero_grad()
        net(torch.linspace(-1, 1, 3 * 25).reshape(1, 3, 5, 5)).pow(3).sum().backward()
        optimizer.step()

    straight, dropped = fresh(), fresh()
    one, two = optimizers.build(Optimizer(), straight), optimizers.build(Optimizer(), dropped)
    for _ in range(2):
        step(straight, one)
    step(dropped, two)
    three = optimizers.build(Optimizer(), dropped)
    optimizers.load_tensors(three, from_bytes(to_bytes(optimizers.tensors(two)), None))
    step(dropped, three)
    assert torch.equal(straight.weight, dropped.weight)


def test_sgd_is_the_plain_rule():
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 2.0)
    optimizer = optimizers.build(Optimizer(name="sgd", lr=0.1), net)
    net(torch.ones(1, 1)).backward()
    optimizer.step()
    assert net.weight.item() == pytest.approx(1.9)


def state(value):
    return State({"players": {"w": torch.full((3,), value)}}, {"steps": 1})


def test_checkpoints_keep_two_and_the_best(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for number in (10, 20, 30, 40):
        checkpoints.save(number, state(float(number)), keep={20})
    assert checkpoints.numbers() == [20, 30, 40]
    assert checkpoints.load(20).groups["players"]["w"].tolist() == [20.0] * 3


def test_checkpoints_after_the_one_that_is_saved_are_gone(tmp_path):
    """A run went back to 20 examples: a resume must not find what it had at 30 and 40, were it the best or not."""
    checkpoints = Checkpoints(tmp_path)
    for number in (10, 20, 30, 40):
        checkpoints.save(number, state(float(number)), keep={10, 20, 30})
    checkpoints.save(25, state(25.0), keep={10, 30})
    assert checkpoints.numbers() == [10, 20, 25]


def test_half_written_checkpoints_do_not_count_and_are_cleaned(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(10, state(1.0), set())
    (tmp_path / ".000000020.99.tmp").mkdir()
    (tmp_path / "30").mkdir()
    assert checkpoints.numbers() == [10]
    checkpoints.clean()
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_failing_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(10, state(1.0), set())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(20, state(2.0), set())
    monkeypatch.undo()
    assert checkpoints.numbers() == [10]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000010"]


class Evil:
    def __reduce__(self):
        return (open, ("/tmp/sparring-evil", "w"))


def test_a_pickle_is_refused_not_run(tmp_path):
    path = tmp_path / "players.safetensors"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match="not a safetensors file"):
        from_bytes(path.read_bytes(), path)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(10, state(1.0), set())
    (tmp_path / "000000010" / "players.safetensors").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match="not a safetensors file"):
        checkpoints.load(10)


@pytest.mark.parametrize("text", ["{", '{"format": 99}'])
def test_damaged_checkpoints_are_one_sentence(tmp_path, text):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(10, state(1.0), set())
    (tmp_path / "000000010" / "state.json").write_text(text)
    with pytest.raises(UserError, match="checkpoint"):
        checkpoints.load(10)


@pytest.fixture
def loader(bars):
    codec = modalities.get("image").fit_codec(bars, "symmetric")
    return Loader(bars, codec, 50, seed=0, device=torch.device("cpu"))


def test_an_epoch_shows_every_example_once(loader, bars):
    seen = np.concatenate([loader.indices(start, 0) for start in range(0, 600, 50)])
    for epoch in range(5):
        assert sorted(seen[epoch * 120 : (epoch + 1) * 120]) == list(range(120))
    assert not np.array_equal(seen[:120], seen[120:240])


def test_batches_depend_on_position_not_on_what_was_asked_before(loader, bars):
    late = loader.at(150, 0)
    loader.at(0, 0)
    again = loader.at(150, 0)
    assert torch.equal(late.real, again.real)
    assert not torch.equal(late.real, loader.at(150, 1).real)
    assert torch.equal(late.condition["class"], torch.from_numpy(bars.labels(loader.indices(150, 0))))
    assert late.real.min() >= -1
    assert late.real.max() <= 1
    assert math.isclose(late.real[0].min(), bars.values(loader.indices(150, 0)[:1]).min() / 127.5 - 1, abs_tol=1e-6)
