"""Times a few real steps before example 0, so that a budget in minutes becomes a number of examples once and for all."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ... import algorithms
from ..assembly import Parts
from ..trainer import Trainer

WARM_UP_STEPS, MIN_STEPS = 2, 5
TIMED_SAMPLES = 200
ENDLESS = 1 << 40  # examples; schedules want an end, and here it does not matter which


@dataclass(frozen=True)
class Throughput:
    """seconds_a_sample: To generate and score one. seconds_a_preview: Of a preview's picture. micro_batch: That memory
    bore.
    """

    seconds_a_step: float
    seconds_a_sample: float
    seconds_a_preview: float = 0.0
    micro_batch: int | None = None


def measure(parts: Parts, seconds: float, with_preview: bool) -> Throughput:
    """Time real steps for about `seconds`, a sampling and a preview, with a trainer of its own on copies of the
    players.

    Medians count: one hiccup of a shared machine must not decide the length of a training. Where some phases are taken
    in every so-many-th step only, that is the mean of the medians of the steps of a cycle; where some start late, of
    the steps without and with them.
    """
    trial = _trial(parts)
    trainer = trial.trainer()
    cycles = _time_steps(trainer, seconds)
    generator = trainer.ema["generator"].module

    def sample(count: int) -> None:
        parts.feature_net(trial.sampler(count)(generator, TIMED_SAMPLES // 2))

    sample(TIMED_SAMPLES // 2)
    per_sample = _time(lambda: sample(TIMED_SAMPLES)) / TIMED_SAMPLES
    per_preview = 0.0
    if with_preview:
        trial.preview()(generator)
        per_preview = _time(lambda: trial.preview()(generator))
    medians = [statistics.median(times) for times in cycles if times]
    phases = algorithms.build(parts.recipe, trial.players, trainer.algorithm.feature_net).phases()
    late = max(phase.start_fraction for phase in phases)
    a_step = late * min(medians) + (1 - late) * statistics.mean(medians)
    return Throughput(a_step, per_sample, per_preview, trainer.micro_batch)


def _trial(parts: Parts) -> Parts:
    """Copies of the players, and a recipe without an end in which every phase is taken from the start."""
    algorithm = parts.recipe.algorithm.without_pretraining()
    endless = {"algorithm": algorithm, "examples": ENDLESS, "tick": ENDLESS}
    return replace(parts, recipe=parts.recipe.model_copy(update=endless), players=copy.deepcopy(parts.players))


def _time_steps(trainer: Trainer, seconds: float) -> list[list[float]]:
    """Seconds of steps, by their place in the cycle of phases."""

    def step() -> None:
        trainer.step()
        trainer.synchronise()

    for _ in range(WARM_UP_STEPS):
        step()
    trainer.steps, count = 0, 0
    cycles: list[list[float]] = [[] for _ in range(max(phase.interval for phase in trainer.phases))]
    started = time.perf_counter()
    while count < MIN_STEPS or time.perf_counter() - started < seconds:
        cycles[count % len(cycles)].append(_time(step))
        count += 1
    return cycles


def _time(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
