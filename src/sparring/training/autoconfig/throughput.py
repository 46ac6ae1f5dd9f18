"""Tries a few real steps before the training starts: what memory bears, and how many examples a budget of time is."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from ... import algorithms
from ...algorithms import Phase
from ...util.safetensors import to_bytes
from ..assembly import Parts
from ..processes import Rehearsal
from ..trainer import Trainer

WARM_UP_STEPS, MIN_STEPS = 2, 5
MAX_OVERTIME, MIN_SLOW_STEPS = 2.0, 2  # where steps are so slow that timing them takes this many times the time given
TIMED_SAMPLES = 200
ENDLESS = 1 << 40  # the length in examples of the timed training; schedules need one, but its value does not matter


@dataclass(frozen=True)
class Throughput:
    """The measured times of a training.

    seconds_a_step: The time of a step.
    seconds_a_sample: The time to generate and score a sample.
    seconds_a_look: The time of a preview, a checkpoint, and of what a score does besides its samples.
    micro_batch: The micro-batch that fitted into memory; None if it was not measured.
    """

    seconds_a_step: float
    seconds_a_sample: float
    seconds_a_look: float = 0.0
    micro_batch: int | None = None


def try_steps(parts: Parts) -> int:
    """Take a few steps on copies of the players. Returns the micro-batch that fitted into memory.

    Raises NotFinite if a loss or a gradient is not finite.
    """
    trainer = _trial(parts).trainer()
    for _ in range(WARM_UP_STEPS):
        trainer.step()
    return trainer.micro_batch


def measure(parts: Parts, seconds: float) -> Throughput:
    """Time real steps for about `seconds`, the sampling, a score, a preview and a checkpoint.

    A separate trainer works on copies of the players. The time of a step is a mean without the slowest tenth: what
    else a shared machine does counts, but a single delay does not decide the length of a training. If phases have
    intervals, it is the mean over the steps of one cycle. If a phase starts late, it is a weighted mean of the times
    without and with that phase.
    """
    trial = _trial(parts)
    trainer = trial.trainer()
    cycles = _time_steps(trainer, seconds)
    generator = trainer.ema["generator"].module

    def sample(count: int) -> None:
        parts.feature_net(trial.sampler(count)(generator, TIMED_SAMPLES // 2))

    sample(TIMED_SAMPLES // 2)
    per_sample = _time(lambda: sample(TIMED_SAMPLES)) / TIMED_SAMPLES
    preview, score = trial.preview(), trial.score(TIMED_SAMPLES)
    beside_samples = max(0.0, _time(lambda: score(generator)) - TIMED_SAMPLES * per_sample)

    def look() -> None:
        preview(generator)
        for tensors in trainer.state().groups.values():
            to_bytes(tensors)

    means = [_mean(times) for times in cycles if times]
    phases = algorithms.build(parts.recipe, trial.players, trainer.algorithm.feature_net).phases()
    late = max(phase.start_fraction for phase in phases)
    exchange = sum(phase.steps / phase.interval * _sum_seconds(parts, phase) for phase in phases)
    a_step = exchange + late * min(means) + (1 - late) * statistics.mean(means)
    return Throughput(a_step, per_sample, _time(look) + beside_samples, trainer.micro_batch)


def _trial(parts: Parts) -> Parts:
    """Parts with copies of the players, and with a recipe that has no end and whose phases all run from the start."""
    algorithm = parts.recipe.algorithm.without_pretraining()
    recipe = parts.recipe.model_copy(update={"algorithm": algorithm, "examples": ENDLESS, "tick": ENDLESS})
    processes = Rehearsal(count=parts.processes.count)
    return replace(parts, recipe=recipe, players=copy.deepcopy(parts.players), processes=processes)


def _time_steps(trainer: Trainer, seconds: float) -> list[list[float]]:
    """The seconds of each timed step, in a list for each position in the cycle of phases."""

    def step() -> None:
        trainer.step()
        trainer.synchronise()

    for _ in range(WARM_UP_STEPS):
        step()
    trainer.steps, count = 0, 0
    cycles: list[list[float]] = [[] for _ in range(max(phase.interval for phase in trainer.phases))]
    started = time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds or count < (
        MIN_STEPS if spent < MAX_OVERTIME * seconds else MIN_SLOW_STEPS
    ):
        cycles[count % len(cycles)].append(_time(step))
        count += 1
    return cycles


def _sum_seconds(parts: Parts, phase: Phase) -> float:
    """The time in which all processes add up the gradients of a phase."""
    numbers = sum(each.numel() for name in phase.players for each in parts.players[name].parameters())
    return parts.processes.sum_seconds(numbers)


def _mean(times: list[float]) -> float:
    """The mean without the slowest tenth."""
    return statistics.mean(sorted(times)[: max(1, ceil(0.9 * len(times)))])


def _time(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
