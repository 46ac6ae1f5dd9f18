"""Shards of a batch: the same learning as with whole batches, the same numbers whichever thread is first."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import nn

from smoke import smoke_settings, trainer
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.training import shards
from sparring.training.autoconfig import Choices, rules
from sparring.training.gradients import draws_numbers

CPU = torch.device("cpu")
STEPS = 4


def trained(source: Any, recipe: str, folder: Any, steps: int = STEPS, **settings: Any) -> Any:
    found = trainer(source, recipe, folder, **settings)
    for _ in range(steps):
        found.step()
    return found


def tensors(found: Any) -> dict[str, torch.Tensor]:
    state = found.state()
    return {f"{group}.{name}": each for group, values in state.groups.items() for name, each in values.items()}


@pytest.mark.parametrize("shards", [2, 4])
@pytest.mark.parametrize("recipe", ["mlp", "r3gan"])
def test_shards_learn_what_the_whole_batch_learns(bars, tmp_path, recipe, shards):
    whole, cut = (trained(bars, recipe, tmp_path / str(count), shards=count) for count in (1, shards))
    assert len(cut.shards.copies) == shards
    for name in whole.players:
        for one, other in zip(whole.players[name].parameters(), cut.players[name].parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
    for name, mean in whole._meters.means().items():
        if not name.startswith(("accuracy", "fooling")):  # they compare with a threshold, which a shard has of its own
            assert cut._meters.means()[name] == pytest.approx(mean, rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("recipe", ["mixture", "sngan"])
def test_no_bit_depends_on_which_thread_is_first(bars, tmp_path, recipe, precision):
    found = [trained(bars, recipe, tmp_path / str(time), shards=2, precision=precision) for time in range(3)]
    first, *others = map(tensors, found)
    for other in others:
        assert first.keys() == other.keys()
        for name in first:
            assert torch.equal(first[name], other[name]), name


def test_a_resumed_training_computes_the_same(bars, tmp_path):
    straight = trained(bars, "sngan", tmp_path / "straight", 2 * STEPS, shards=2)
    before = trained(bars, "sngan", tmp_path / "broken", shards=2)
    before.save()
    after = trainer(bars, "sngan", tmp_path / "broken", shards=2)
    assert after.resume()
    for _ in range(STEPS):
        after.step()
    expected, found = tensors(straight), tensors(after)
    for name in expected:
        assert torch.equal(expected[name], found[name]), name


def test_running_statistics_are_the_mean_of_the_shards(bars, tmp_path):
    found = trainer(bars, "sngan", tmp_path, shards=2)
    norms = [
        [layer for layer in each.players["generator"].modules() if isinstance(layer, nn.BatchNorm2d)]
        for each in found.shards.copies
    ]
    assert norms[0]
    average, seen = found.shards.end_step, []

    def before_averaging() -> None:
        seen.append([[layer.running_mean.clone() for layer in layers] for layers in norms])
        average()

    found.shards.end_step = before_averaging
    found.step()
    for one, other, layer, copied in zip(*seen[0], *norms, strict=True):
        assert not torch.equal(one, other)
        torch.testing.assert_close(layer.running_mean, (one + other) / 2)
        assert torch.equal(layer.running_mean, copied.running_mean)


def test_weights_are_shared_and_gradients_are_not(bars, tmp_path):
    found = trained(bars, "mlp", tmp_path, shards=2)
    for name, own in found.shards.copies[0].players.items():
        for one, other in zip(own.parameters(), found.shards.copies[1].players[name].parameters(), strict=True):
            assert one.data_ptr() == other.data_ptr()
            assert one.grad is not other.grad or one.grad is None


def test_an_error_in_a_shard_is_raised(bars, tmp_path, monkeypatch):
    found = trainer(bars, "mlp", tmp_path, shards=2)
    monkeypatch.setattr(found.shards.copies[1].generator, "forward", None)
    with pytest.raises(TypeError):
        found.step()


def chosen(recipe: str, batch: int, players: dict[str, nn.Module], **settings: Any) -> Choices:
    asked = {**smoke_settings(recipe, batch=batch), "shards": None, **settings}
    choices = Choices(with_settings(load_recipe(recipe), asked))
    rules.shards(choices, players, CPU)
    return choices


CONVOLUTION = {"generator": nn.Sequential(nn.Conv2d(1, 1, 3))}


@pytest.mark.parametrize(
    ("threads", "batch", "expected"), [(1, 64, 1), (2, 64, 2), (3, 64, 2), (8, 64, 4), (8, 24, 1), (2, 33, 1)]
)
def test_there_is_a_shard_for_each_core(monkeypatch, threads, batch, expected):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    choices = chosen("mixture", batch, CONVOLUTION)
    assert choices.recipe.shards == expected
    assert choices.reasons["shards"]


@pytest.mark.parametrize(
    ("recipe", "players", "settings", "why"),
    [
        ("vae", CONVOLUTION, {}, "likelihood"),
        ("mlp", CONVOLUTION, {"algorithm.objective.name": "relativistic-average"}, "objective"),
    ],
)
def test_what_sees_whole_batches_has_one_shard_unless_asked(monkeypatch, recipe, players, settings, why):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    choices = chosen(recipe, 64, players, **settings)
    assert choices.recipe.shards == 1
    assert why in choices.reasons["shards"]
    assert chosen(recipe, 64, players, **settings, shards=2).recipe.shards == 2


def test_layers_with_random_numbers_are_not_computed_by_threads(monkeypatch, bars, tmp_path):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    choices = chosen("mixture", 64, {"discriminator": nn.Sequential(nn.Conv2d(1, 1, 3), nn.Dropout(0.3))})
    assert choices.recipe.shards == 1
    assert "one thread" in choices.reasons["shards"]
    assert not draws_numbers({"discriminator": nn.Dropout(0.0)})
    asked = chosen("mixture", 64, {"discriminator": nn.Dropout(0.3)}, shards=2)
    assert asked.recipe.shards == 2
    first, second = (tensors(trained(bars, "dcgan", tmp_path / name, shards=2)) for name in "ab")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_shards_of_a_batch_have_dropout_of_their_own(bars, tmp_path, monkeypatch):
    found, seeds = trainer(bars, "dcgan", tmp_path, shards=2), []
    monkeypatch.setattr(shards, "seeded_layers", lambda device, *address: seeds.append(address) or nullcontext())
    found.step()
    assert len(seeds) == len(set(seeds)) > 2


def test_parts_are_added_along_a_tree():
    parts = [[torch.tensor([value])] for value in (1.0, 2.0**-24, 2.0**-24, 2.0**-24)]
    shards.add_up(parts)
    assert parts[0][0].item() == 1 + 2.0**-23  # one after the other they would add nothing to 1
    odd = [[torch.tensor([value])] for value in (1.0, 10.0, 100.0)]
    shards.add_up(odd)
    assert odd[0][0].item() == 111


def test_tables_have_one_shard(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert chosen("mixture", 64, {"generator": nn.Linear(1, 1)}).recipe.shards == 1


def test_each_process_has_a_shard_at_least():
    assert among("mixture", 64, 2).recipe.shards == 2
    assert among("mixture", 64, 2, shards=4).recipe.shards == 4
    with pytest.raises(UserError, match="4 processes cannot share 2 shards equally; set shards=4"):
        among("mixture", 64, 4, shards=2)
    assert among("vae", 64, 2).recipe.shards == 2
    with pytest.raises(UserError, match="a batch of 34 cannot be cut into 4 equal shards"):
        among("mixture", 34, 4)


def among(recipe: str, batch: int, processes: int, **settings: Any) -> Choices:
    choices = Choices(with_settings(load_recipe(recipe), {**smoke_settings(recipe, batch=batch), **settings}))
    rules.shards(choices, CONVOLUTION, CPU, processes)
    return choices


def test_shards_are_equal_parts():
    with pytest.raises(UserError, match="a batch of 33 cannot be cut into 2 equal shards"):
        chosen("mixture", 33, CONVOLUTION, shards=2)


def test_each_shard_has_a_thread_of_its_own(bars, tmp_path, monkeypatch):
    """A graph that one phase keeps for the next is made in one thread; else its sums differ by chance."""
    found, seen = trainer(bars, "r3gan", tmp_path, shards=2), defaultdict(set)
    first = found.shards._of_shard

    def watched(place, *others):
        seen[place].add(threading.get_ident())
        return first(place, *others)

    monkeypatch.setattr(found.shards, "_of_shard", watched)
    for _ in range(4):
        found.step()
    assert [len(threads) for threads in seen.values()] == [1, 1]
    assert seen[0].isdisjoint(seen[1])
