"""Trainings by several processes: the same bytes as by one, whatever is killed and however many go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

import audio_samples
import series_samples
import table_samples
import text_samples
import video_samples
from smoke import ArraySource, pair_source, smoke_settings, trainer
from sparring.config.reading import list_recipes, load_recipe, with_settings
from sparring.data.source import Source
from sparring.errors import UserError
from sparring.modalities.adapters import for_algorithm
from sparring.modalities.opening import open_data
from sparring.training import shards
from sparring.training.processes import ALONE, Processes, Rehearsal
from sparring.util.files import FAULT_FILE

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
ASKED = ["--examples", "1536", "--set", "tick=384", "--set", "shards=4", "--set", "batch=64"]


def command(processes: int, recipe: str, folder: Path, *options: str, restarts: int = 0) -> list[Any]:
    start = [sys.executable]
    if processes > 1:
        start = [*TORCHRUN, "--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    return [*start, "-m", "sparring", "train", "digits", "--recipe", recipe, "--out", folder, *ASKED, *options]


def train(processes: int, recipe: str, folder: Path, *options: str) -> str:
    done = subprocess.run(
        command(processes, recipe, folder, *options), capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def learned(folder: Path) -> dict[str, Any]:
    """What the last checkpoint and the log hold, times aside."""
    last = max(path for path in (folder / "checkpoints").iterdir() if path.is_dir())
    facts = json.loads((last / "state.json").read_text())
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    for line in lines:
        del line["clock"], line["hash"]
    kept = ("groups", "examples", "steps", "attempt", "best", "weights", "micro_batch")
    return {"log": lines, **{name: facts[name] for name in kept}}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """One process's training, by recipe."""
    found: dict[str, dict[str, Any]] = {}

    def of(recipe: str) -> dict[str, Any]:
        if recipe not in found:
            folder = tmp_path_factory.mktemp(recipe) / "run"
            train(1, recipe, folder)
            found[recipe] = learned(folder)
        return found[recipe]

    return of


def test_two_processes_learn_what_one_learns_to_the_bit(alone, tmp_path):
    train(2, "dcgan-small", tmp_path / "run")  # it has dropout and batch normalisation
    assert learned(tmp_path / "run") == alone("dcgan-small")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["dcgan", "sngan", "mixture", "wgan-gp", "r3gan", "projected", "vae", "sgan"])
def test_four_processes_learn_what_one_learns_to_the_bit(alone, tmp_path, recipe):
    train(4, recipe, tmp_path / "run")
    assert learned(tmp_path / "run") == alone(recipe)


@pytest.mark.slow
def test_a_training_goes_on_with_another_number_of_processes(alone, tmp_path):
    folder = tmp_path / "run"
    for processes in (2, 4, 1):
        kill_all(started(command(processes, "dcgan-small", folder), folder))
    train(2, "dcgan-small", folder)
    assert learned(folder) == alone("dcgan-small")


@pytest.mark.slow
def test_torchrun_starts_again_what_lost_a_process(alone, tmp_path):
    folder = tmp_path / "run"
    running = started(command(2, "dcgan-small", folder, restarts=2), folder)
    os.kill(children(running.pid)[-1], signal.SIGKILL)
    assert running.wait(timeout=600) == 0
    assert learned(folder) == alone("dcgan-small")


@pytest.mark.slow
def test_a_process_that_is_lost_ends_the_training_in_a_sentence(tmp_path):
    folder = tmp_path / "run"
    running = started(command(2, "dcgan-small", folder), folder)
    os.kill(children(running.pid)[-1], signal.SIGKILL)
    assert running.wait(timeout=600) != 0
    said = (tmp_path / "run.txt").read_text()
    assert "run the same command to go on" in said
    assert not list(tmp_path.rglob(FAULT_FILE))


@pytest.mark.slow
def test_what_several_processes_cannot_do_is_said_once_and_leaves_nothing(tmp_path):
    asked = command(2, "mlp", tmp_path / "run", "--set", "shards=3", "--set", "batch=48")
    done = subprocess.run(asked, capture_output=True, text=True, env=environment())
    assert done.returncode != 0
    assert sum(line.startswith("sparring: ") for line in done.stderr.splitlines()) == 1
    assert "2 processes cannot share 3 shards equally; set shards=2" in done.stderr
    assert not (tmp_path / "run").exists()


class Thread(Processes):
    """A process that is a thread of the test, so that its numbers and its memory can be watched."""

    def __init__(self, rank: int, boards: list[Any], barrier: threading.Barrier):
        super().__init__(rank, len(boards))
        self.boards, self.barrier = boards, barrier

    def add(self, tensors):
        for level in range(self.count.bit_length() - 1):
            theirs = self._exchanged([each.clone() for each in tensors])[self.rank ^ (1 << level)]
            for each, other in zip(tensors, theirs, strict=True):
                each += other

    def gather(self, numbers):
        return self._exchanged(list(numbers))

    def _exchanged(self, mine: Any) -> list[Any]:
        self.boards[self.rank] = mine
        self.barrier.wait(60)
        found = list(self.boards)
        self.barrier.wait(60)
        return found


def trained_by_threads(source: Any, recipe: str, folder: Path, count: int, prepare: Any = None) -> list[Any]:
    """The trainers of `count` processes after some steps with four shards."""
    boards, barrier = [None] * count, threading.Barrier(count)
    made = [trainer(source, recipe, folder, Thread(rank, boards, barrier), shards=4) for rank in range(count)]
    for each in made:
        if prepare:
            prepare(each)

    def run(each: Any) -> None:
        for _ in range(5):  # the adaptive augmentation is adjusted after four
            each.step()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, made))
    return made


def tensors_of(found: Any) -> dict[str, torch.Tensor]:
    return {f"{group} {name}": each for group, values in found.state().groups.items() for name, each in values.items()}


SOURCES = {
    "image": lambda: ArraySource(classes=2),
    "points": lambda: open_data("ring"),
    "table": lambda: table_samples.source(120),
    "series": lambda: series_samples.source(60),
    "audio": lambda: audio_samples.source(60),
    "text": lambda: text_samples.source(60),
    "video": lambda: video_samples.source(60),
}


def source_of(recipe: str) -> Source:
    """Data from which a recipe learns."""
    loaded = with_settings(load_recipe(recipe), smoke_settings(recipe))
    if "pairs" in loaded.modalities:
        return pair_source(label_maps=loaded.algorithm.label_map_side)
    return for_algorithm(loaded, SOURCES[loaded.modalities[0]]())


@pytest.mark.parametrize("recipe", list_recipes())
def test_no_bit_depends_on_the_number_of_processes(tmp_path, monkeypatch, recipe):
    one, seeded = threading.Lock(), shards.seeded_layers

    @contextmanager
    def one_at_a_time(*address: Any) -> Iterator[None]:  # threads share torch's generator, processes do not
        with one, seeded(*address):
            yield

    monkeypatch.setattr(shards, "seeded_layers", one_at_a_time)
    source = source_of(recipe)
    (alone,) = trained_by_threads(source, recipe, tmp_path, 1)
    expected, begun = tensors_of(alone), tensors_of(trainer(source, recipe, tmp_path, shards=4))
    assert any(not torch.equal(each, begun[name]) for name, each in expected.items() if name.startswith("players"))
    for count in (2, 4):
        for found in trained_by_threads(source, recipe, tmp_path, count):
            for name, each in tensors_of(found).items():
                assert torch.equal(each, expected[name]), (count, name)


def test_memory_runs_out_for_all_processes_or_for_none(bars, tmp_path):
    def scarce(found: Any) -> None:
        whole = found.shards.copies[0].generator.forward

        def forward(latents: torch.Tensor, *others: Any) -> torch.Tensor:
            if len(latents) > 2 and found.processes.rank == 1:
                raise torch.OutOfMemoryError("out of memory")
            return whole(latents, *others)

        found.shards.copies[0].generator.forward = forward

    one, other = trained_by_threads(bars, "mlp", tmp_path, 2, scarce)
    assert one.micro_batch == other.micro_batch == 2
    assert one.split_at == other.split_at
    assert len(one.split_at) == 1
    for name, each in tensors_of(one).items():
        assert torch.equal(each, tensors_of(other)[name]), name


def test_a_process_alone_has_all_shards():
    assert list(ALONE.own(4)) == [0, 1, 2, 3]
    assert [list(Processes(rank, 2).own(4)) for rank in (0, 1)] == [[0, 1], [2, 3]]
    tensor = torch.ones(2)
    ALONE.add([tensor])
    assert tensor.tolist() == [1, 1]
    assert ALONE.gather([1.0, 2.0]) == [[1.0, 2.0]]
    assert Rehearsal(count=2).gather([1.0]) == [[1.0], [1.0]]
    ALONE.agree()
    with pytest.raises(UserError, match="no"):
        ALONE.agree("no")


def started(asked: list[Any], folder: Path) -> subprocess.Popen[bytes]:
    """A training that has saved something new. Its output is in a file beside the folder."""
    with open(folder.with_suffix(".txt"), "wb") as output:
        running = subprocess.Popen(asked, env=environment(), stdout=output, stderr=output)
    before = examples_saved(folder)
    while running.poll() is None and examples_saved(folder) == before:
        time.sleep(0.02)
    return running


def examples_saved(folder: Path) -> int:
    checkpoints = folder / "checkpoints"
    names = [path.name for path in checkpoints.iterdir()] if checkpoints.is_dir() else []
    return max((int(name) for name in names if name.isdigit()), default=0)


def kill_all(running: subprocess.Popen[bytes]) -> None:
    for process in (*children(running.pid), running.pid):
        os.kill(process, signal.SIGKILL)
    running.wait()


def children(parent: int) -> list[int]:
    """The processes that a process has started, in this order."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True)
    return sorted(map(int, found.stdout.split()))
