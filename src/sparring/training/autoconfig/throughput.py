"""Times a few real steps before the training starts, to turn a budget of time into a number of examples."""

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
ENDLESS = 1 << 40  # the length in examples of the timed training; schedules need one, but its value does not matter


@dataclass(frozen=True)
class Throughput:
    """The measured times of a training.

    seconds_a_step: The time of a step.
    seconds_a_sample: The time to generate and score a sample.
    seconds_a_preview: The time of a preview; 0 if it was not measured.
    micro_batch: The micro-batch that fitted into memory; None if it was not measured.
    """

    seconds_a_step: float
    seconds_a_sample: float
    seconds_a_preview: float = 0.0
    micro_batch: int | None = None


def measure(parts: Parts, seconds: float, with_preview: bool) -> Throughput:
    """Time real steps for about `seconds`, the sampling and, if asked, a preview.

    A separate trainer works on copies of the players. The time of a step is a median, so that a short delay on a shared
    machine does not decide the length of a training. If phases have intervals, it is the mean of the medians over the
    steps of one cycle. If a phase starts late, it is a weighted mean of the times without and with that phase.
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
    """Parts with copies of the players, and with a recipe that has no end and whose phases all run from the start."""
    algorithm = parts.recipe.algorithm.without_pretraining()
    endless = {"algorithm": algorithm, "examples": ENDLESS, "tick": ENDLESS}
    return replace(parts, recipe=parts.recipe.model_copy(update=endless), players=copy.deepcopy(parts.players))


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
    while count < MIN_STEPS or time.perf_counter() - started < seconds:
        cycles[count % len(cycles)].append(_time(step))
        count += 1
    return cycles


def _time(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
