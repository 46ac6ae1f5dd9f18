"""Chooses the length of a training, its ticks and its numbers of samples, from the throughput and the budget."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ...config.reading import length_from
from . import Choices
from .throughput import Throughput

MAX_TICK_SECONDS = 45.0  # between two checkpoints as planned; on a loaded machine they still come within 60
MIN_TICK_SECONDS = 3.0
TICKS = 20  # in a training, if ticks of 3 to 45 seconds allow it
OBSERVING_SHARE = 0.025  # the largest share of time for observations, except in short trainings
SHORT_SECONDS = 120.0  # a training below this is short
OTHER_OBSERVING = 120  # the time of other observations at a tick (logits of reals, copies), in units of a scored sample
FINAL_SHARE = 0.01  # the share of time for the final score
PATIENCE_SHARE, PATIENCE_TICKS = 0.15, 10  # patience as a share of the training, and the least in ticks
MIN_SAMPLES, MAX_SAMPLES = 256, 10_000
MIN_SAMPLES_OF_FEW = 2000  # the limit for small data; with fewer samples chance would select the snapshot
MIN_TICK_SAMPLES = 128  # the least in trainings that are not short
MAX_SAMPLE_BYTES = 2 << 30  # of generated values in memory at once, four bytes each


@dataclass(frozen=True)
class Data:
    """The sizes of the data and of a step.

    examples: Training examples. values: Numbers in one example. per_step: Examples that a step counts.
    """

    examples: int
    values: int
    per_step: int


def settle_lengths(choices: Choices, speed: Throughput, data: Data, budget: float | None) -> None:
    """Fill examples, tick, patience, score_samples and final_samples. Lengths become multiples of a step.

    budget: Seconds that remain for the training; None without a budget.
    """
    if speed.micro_batch and choices.recipe.micro_batch and speed.micro_batch < choices.recipe.micro_batch:
        choices.change("micro_batch", speed.micro_batch, "memory ran out with more")
    rate = data.per_step / speed.seconds_a_step
    other = OTHER_OBSERVING + speed.seconds_a_preview / speed.seconds_a_sample
    _settle_examples(choices, speed, data, budget, rate, other)
    assert isinstance(choices.recipe.examples, int)
    seconds = choices.recipe.examples / rate
    least = MIN_SAMPLES if seconds < SHORT_SECONDS else MIN_TICK_SAMPLES
    _settle_tick(choices, data, rate, seconds, (least + other) * speed.seconds_a_sample)
    assert choices.recipe.tick
    rest = choices.recipe.examples % choices.recipe.tick
    if budget is not None and choices.recipe.examples > choices.recipe.tick > 4 * rest > 0:
        # A last tick that is much shorter than the others would cost more than it tells.
        choices.change("examples", choices.recipe.examples - rest, choices.reasons["examples"])
    patience = max(PATIENCE_SHARE * choices.recipe.examples, PATIENCE_TICKS * choices.recipe.tick)
    reason = "the training ends after this many examples without a better score"
    choices.settle("patience", whole_steps(patience, data.per_step), reason)
    most = max(2, min(MAX_SAMPLES, max(data.examples, MIN_SAMPLES_OF_FEW), MAX_SAMPLE_BYTES // (4 * data.values)))
    a_tick = OBSERVING_SHARE * choices.recipe.tick / rate / speed.seconds_a_sample - other
    _settle_samples(choices, "score_samples", a_tick, least, most, speed)
    _settle_samples(choices, "final_samples", FINAL_SHARE * seconds / speed.seconds_a_sample, MIN_SAMPLES, most, speed)


def _settle_examples(
    choices: Choices, speed: Throughput, data: Data, budget: float | None, rate: float, other: float
) -> None:
    if budget is None:
        asked = choices.recipe.examples
        assert asked is not None
        wanted: float = length_from(asked, data.examples, data.per_step)
        reason = f"{asked}, in whole steps of {data.per_step}"
    else:
        observing = OBSERVING_SHARE
        if budget < SHORT_SECONDS:  # the least number of samples decides what a tick costs
            a_tick = (MIN_SAMPLES + other) * speed.seconds_a_sample
            observing = max(observing, min(TICKS * a_tick / budget, a_tick / (a_tick + MIN_TICK_SECONDS)))
        wanted = rate * budget * (1 - observing) * (1 - FINAL_SHARE)
        reason = f"{budget:.0f} s remain of the budget, at {rate:.0f} examples/s, minus the time for scores"
    choices.change("examples", whole_steps(wanted, data.per_step), reason)


def _settle_tick(choices: Choices, data: Data, rate: float, seconds: float, observing_seconds: float) -> None:
    """Fill tick. observing_seconds: The least time for the observations of one tick."""
    cheap = observing_seconds / OBSERVING_SHARE if seconds >= SHORT_SECONDS else 0.0
    tick_seconds = min(MAX_TICK_SECONDS, max(MIN_TICK_SECONDS, seconds / TICKS, cheap))
    if choices.recipe.tick:
        reason = f"as set, in whole steps of {data.per_step}"
        choices.change("tick", whole_steps(choices.recipe.tick, data.per_step), reason)
    assert isinstance(choices.recipe.examples, int)
    tick = whole_steps(min(choices.recipe.examples, rate * tick_seconds), data.per_step)
    reason = f"a tick and a checkpoint about every {tick / rate:.0f} s; a killed training loses no more than that"
    choices.settle("tick", tick, reason)


def _settle_samples(choices: Choices, key: str, affordable: float, least: int, most: int, speed: Throughput) -> None:
    count = min(most, max(least, int(affordable) // 100 * 100))
    choices.settle(key, count, f"scoring them takes about {count * speed.seconds_a_sample:.1f} s")
    if getattr(choices.recipe, key) > most:
        choices.change(key, most, "more would not make the score more accurate, or would not fit into memory")


def whole_steps(examples: float, per_step: int) -> int:
    """A number of examples, rounded up to a multiple of a step, at least one step."""
    return max(1, ceil(examples / per_step)) * per_step
