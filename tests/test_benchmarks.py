"""The benchmarks run, count rightly and write what they promise. How fast anything is, nothing here asserts."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import sparring
from smoke import ArraySource, smoke_settings
from sparring.config.reading import list_recipes, load_recipe, with_settings

FOLDER = Path(__file__).parent.parent / "benchmarks"
MEASURED = ("gan", "vae")  # the algorithms that there are plain loops of
RECIPES = {name: load_recipe(name) for name in list_recipes()}
PICTURES = [name for name, each in RECIPES.items() if "image" in each.modalities and each.algorithm.name in MEASURED]


def module(name):
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def throughput():
    return module("throughput")


def run(name, *arguments, folder):
    path = folder / f"{name}.json"
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments, "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text()), done.stdout


def test_throughput_writes_its_table(tmp_path):
    asked = "--recipes mlp-small --sizes 8 --batch 8 --pictures 64 --seconds 0.05 --repeats 2 --device cpu"
    found, table = run("throughput", *asked.split(), folder=tmp_path)
    mine = found["mlp-small"]
    ours = ("images_per_second", "ratio_to_plain_loop", "peak_memory_mb", "share_of_matmul_peak")
    for key in (*ours, "plain_images_per_second"):
        assert mine[key] > 0 and math.isfinite(mine[key]), key
    assert mine["batch"] == 8 and len(mine["repeats"]["ours"]) == len(mine["repeats"]["plain"]) == 2
    assert 30 < mine["peak_memory_mb"] < 20_000
    assert found["about"]["matmul_peak_gflops"]["float32"] > 0
    assert {"device", "name", "threads", "cores"} <= set(found["about"]["machine"])
    assert found["about"]["date"] and "| mlp-small | 8 | 8 |" in table


def test_a_recipe_that_cannot_be_measured_says_why_and_the_next_one_is(throughput, monkeypatch, tmp_path):
    def measure(job, *_):
        if job["recipe"] == "mlp":
            raise throughput.Failed("no | luck")
        return {
            "images_per_second": 1.0,
            "ratio_to_plain_loop": 1.0,
            "peak_memory_mb": 1,
            "share_of_matmul_peak": 0.1,
            "batch": 2,
            "plain_images_per_second": 1.0,
            "plain_peak_memory_mb": 1,
            "plain_share_of_matmul_peak": 0.1,
            "gflop_per_image": 1.0,
            "precision": "float32",
        }

    monkeypatch.setattr(throughput, "measure", measure)
    monkeypatch.setattr(throughput, "prepare", lambda job: None)
    monkeypatch.setattr(throughput, "matrix_peaks", lambda device: {"float32": 1e9})
    monkeypatch.setenv("SPARRING_CACHE", "")  # so that it is put back
    path = tmp_path / "found.json"
    arguments = ["--recipes", "mlp,dcgan", "--sizes", "8,12", "--json", str(path)]
    monkeypatch.setattr(sys, "argv", ["throughput.py", *arguments])
    throughput.main()
    found = json.loads(path.read_text())
    assert found["mlp"] == {"8": {"error": "no | luck"}, "12": {"error": "no | luck"}}
    assert set(found["dcgan"]) == {"8", "12"} and found["dcgan"]["12"]["images_per_second"] == 1.0


def test_startup_times_whole_processes_and_the_first_step(tmp_path):
    asked = "--runs 1 --no-warm-up --only version,first_step_new_data --recipe mlp-small --device cpu"
    found, table = run("startup", *asked.split(), folder=tmp_path)
    for key in ("import_torch", "version", "first_step_new_data"):
        assert found[key]["seconds"] > 0 and len(found[key]["all"]) == 1
        shortest = found["import_torch"]["seconds"]
        ratio = found[key]["seconds"] / shortest
        rounded = 6e-4 * (1 + ratio) / shortest + 6e-4  # all three numbers have three decimals
        assert found[key]["ratio_to_import_torch"] == pytest.approx(ratio, abs=rounded)
    assert found["data"] == "digits" and found["date"] and {"device", "name", "threads"} <= set(found["machine"])
    assert "`sparring --version`" in table
    assert not (tmp_path / "runs").exists()


def test_same_numbers_are_the_same_twice_and_others_for_another_recipe(tmp_path):
    command = [sys.executable, str(FOLDER / "same_numbers.py"), "points", "mlp-small", "points"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, other, again = (line.split() for line in done.stdout.splitlines())
    assert first == again and [first[0], other[0]] == ["points", "mlp-small"]
    assert re.fullmatch("[0-9a-f]{16}", first[1]) and first[1] != other[1]


@pytest.mark.parametrize("name", PICTURES)
def test_the_plain_loop_takes_every_recipes_phases(throughput, name):
    settings = {**smoke_settings(name, batch=8), "players.generator.start": 0}
    recipe = with_settings(load_recipe(name), settings)
    loop = throughput.plain_loop(recipe, ArraySource(shape=(1, 12, 12)), torch.device("cpu"))
    before = {player: [each.clone() for each in module.parameters()] for player, module in loop.players.items()}
    loop.step()
    for player, module_ in loop.players.items():
        now = list(module_.parameters())
        assert all(torch.isfinite(each).all() for each in now)
        learned = any(not torch.equal(old, new) for old, new in zip(before[player], now, strict=True))
        assert learned, f"the {player} learned nothing"
    assert loop.examples == 8 * recipe.players[recipe.algorithm.counting_player].steps
    if "discriminator" in recipe.players:  # left over from the generator's phase, as in tutorials
        assert any(each.grad is not None for each in loop.discriminator.parameters())
    operations = throughput.operations_an_image(loop)
    assert operations is None if name == "rnn" else operations > 0


def test_useful_work_is_that_of_two_dense_players(throughput):
    """By hand: a dense layer costs two for each weight forwards, as many for the gradient of its weights, as many for
    that of its input.
    """
    settings = smoke_settings("mlp", batch=8)
    settings |= {"players.generator.options.widths": [16], "players.discriminator.options.widths": [12]}
    settings |= {"latent.size": 10}
    recipe = with_settings(load_recipe("mlp"), settings)
    loop = throughput.plain_loop(recipe, ArraySource(shape=(1, 8, 8), classes=0), torch.device("cpu"))
    inner, outer = [each.weight.numel() for each in loop.generator.modules() if isinstance(each, nn.Linear)]
    first, last = [each.weight.numel() for each in loop.discriminator.modules() if isinstance(each, nn.Linear)]
    assert (inner, outer, first, last) == (160, 1024, 768, 12)
    discriminators_phase = (inner + outer) + 2 * (2 * first + 3 * last)
    generators_phase = (2 * inner + 3 * outer) + 2 * (first + last)
    assert throughput.operations_an_image(loop) == 2 * (discriminators_phase + generators_phase)


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_grouped_convolutions_cost_their_part(throughput, kind):
    """In four groups a quarter of the work, backwards as forwards, where torch's own count of the weight's gradient has
    all of it.
    """

    def count(groups):
        layer, x = kind(8, 16, 3, stride=2, groups=groups), torch.randn(2, 8, 9, 9, requires_grad=True)
        with throughput.Counter() as mine, FlopCounterMode(display=False) as torchs:
            layer(x).sum().backward()
        return mine.total, torchs.get_total_flops()

    mine, torchs = count(1)
    assert mine == torchs
    assert count(4)[0] == mine / 4


@pytest.mark.slow
def test_studio_writes_its_table(browser, tmp_path):
    settings = smoke_settings("dcgan-small")
    trained = sparring.train(ArraySource(), "dcgan-small", tmp_path / "runs" / "bars", settings=settings, device="cpu")
    found, table = run("studio", str(trained.path), "--moves", "3", folder=tmp_path)
    assert len(found["waits"]) == 3 and found["floor"] > 0 and found["p50"] <= found["p95"] <= found["largest"]
    assert "| page opened, ms |" in table
