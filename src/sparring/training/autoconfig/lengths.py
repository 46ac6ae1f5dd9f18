"""Chooses the length of a training, and from it alone its ticks and its numbers of samples.

Only the length depends on the clock, and only with a budget. So two trainings of the same length observe the same
snapshots with the same samples, however fast the machine was. There is one exception: where samples are so slow to make
that scores would take too much of a budget, there are fewer of them, and the reason says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ...config.reading import length_from
from ...config.recipe import Recipe
from . import Choices
from .throughput import Throughput

MIN_TICKS, MAX_TICKS = 10, 20  # the numbers of ticks of a short and of a long training
TICK_EXAMPLES = 2000  # a training has more than MIN_TICKS if each has so many examples
MAX_TICK_EXAMPLES = 100_000  # and more than MAX_TICKS from here on
MIN_STEPS = 10  # of a training with a budget, however short that is
OTHER_OBSERVING = 120  # the time of other observations at a tick (logits of reals, copies), in units of a scored sample
PATIENCE_SHARE, PATIENCE_TICKS = 0.15, 10  # patience as a share of the training, and the least in ticks
# A scored sample costs about a tenth of a training example with a large network, and more than one with a tiny one.
SCORED_SHARE = 0.1  # samples at a tick, as a share of its examples
FINAL_SHARE = 1.5  # samples of the final score, as a share of all examples
FINAL_COST = 1.5  # the time of a final sample in units of a scored one, because real examples are scored too
MIN_SAMPLES, MAX_SAMPLES = 256, 10_000
MIN_FINAL_SAMPLES = 2000
MIN_SAMPLES_OF_FEW = 2000  # the limit for small data; with fewer samples chance would select the snapshot
MAX_SCORING = 0.5  # of a budget that scores with the usual numbers of samples may take
HALVINGS, LEAST_HALVINGS = 4, 3  # of samples where they would take more: of the shares, then of the least numbers
MAX_SAMPLE_BYTES = 2 << 30  # of generated values in memory at once, four bytes each


@dataclass(frozen=True)
class Data:
    """The sizes of the data and of a step.

    examples: Training examples. values: Numbers in one example. per_step: Examples that a step counts.
    """

    examples: int
    values: int
    per_step: int


@dataclass(frozen=True)
class Lengths:
    """All counts of a training of `examples` examples. See the recipe's values of these names."""

    examples: int
    tick: int
    patience: int
    score_samples: int
    final_samples: int

    @property
    def ticks(self) -> int:
        return ceil(self.examples / self.tick)

    def seconds(self, speed: Throughput, per_step: int) -> float:
        """How long such a training takes, its scores included."""
        return self.examples / per_step * speed.seconds_a_step + self.scoring_seconds(speed)

    def scoring_seconds(self, speed: Throughput) -> float:
        """How long its scores, previews and checkpoints take."""
        a_tick = (self.score_samples + OTHER_OBSERVING) * speed.seconds_a_sample + speed.seconds_a_look
        return self.ticks * a_tick + FINAL_COST * self.final_samples * speed.seconds_a_sample


def lengths_of(examples: int, recipe: Recipe, data: Data, halvings: int = 0) -> Lengths:
    """The counts of a training of `examples` examples: those that the recipe states, and the others.

    They follow from the arguments alone, never from a measurement. halvings: of the numbers of samples.
    """
    steps = max(1, examples // data.per_step)
    ticks = max(MIN_TICKS, min(MAX_TICKS, examples // TICK_EXAMPLES), ceil(examples / MAX_TICK_EXAMPLES))
    tick = whole_steps(recipe.tick, data.per_step) if recipe.tick else max(1, steps // ticks) * data.per_step
    patience = max(PATIENCE_SHARE * examples, PATIENCE_TICKS * tick)
    most = max(2, min(MAX_SAMPLES, max(data.examples, MIN_SAMPLES_OF_FEW), MAX_SAMPLE_BYTES // (4 * data.values)))
    share, least = 2 ** min(halvings, HALVINGS), 2 ** max(0, halvings - HALVINGS)
    scored = max(MIN_SAMPLES // least, int(SCORED_SHARE * tick / share) // 100 * 100)
    final = max(MIN_FINAL_SAMPLES // least, int(FINAL_SHARE * examples / share) // 100 * 100)
    return Lengths(
        examples,
        tick,
        whole_steps(patience, data.per_step) if recipe.patience is None else recipe.patience,
        min(most, recipe.score_samples or scored),
        min(most, recipe.final_samples or final),
    )


def settle_lengths(choices: Choices, speed: Throughput, data: Data, budget: float | None) -> None:
    """Fill examples, tick, patience, score_samples and final_samples. Lengths become multiples of a step.

    speed: As measured; used with a budget only. budget: Seconds that remain for the training and its scores; None
    without a budget.
    """
    recipe = choices.recipe
    if budget is None:
        assert recipe.examples is not None
        asked = length_from(recipe.examples, data.examples, data.per_step)
        lengths = lengths_of(whole_steps(asked, data.per_step), recipe, data)
        choices.change("examples", lengths.examples, f"{recipe.examples}, in whole steps of {data.per_step}")
    else:
        lengths = _within(budget, speed, recipe, data)
        rate = data.per_step / speed.seconds_a_step
        reason = f"{budget:.0f} s remain of the budget, at {rate:.0f} examples/s, minus the time for scores"
        choices.change("examples", lengths.examples, reason)
    why_ticks = f"a score and a checkpoint {lengths.ticks} times in the training"
    if recipe.tick:
        choices.change("tick", lengths.tick, f"as set, in whole steps of {data.per_step}")
    choices.settle("tick", lengths.tick, why_ticks)
    reason = "the training ends after this many examples without a better score, if the score no longer falls"
    choices.settle("patience", lengths.patience, reason)
    usual = lengths_of(lengths.examples, recipe, data)
    for key, why in (
        ("score_samples", "follows from the examples in a tick"),
        ("final_samples", "follows from the examples in the training"),
    ):
        count = getattr(lengths, key)
        if getattr(recipe, key) is not None and getattr(recipe, key) > count:
            choices.change(key, count, "more would not make the score more accurate, or would not fit into memory")
        fewer = count < getattr(usual, key)
        choices.settle(key, count, f"not {getattr(usual, key):,}, as samples are slow to make" if fewer else why)


def _within(budget: float, speed: Throughput, recipe: Recipe, data: Data) -> Lengths:
    """The longest training that takes at most `budget` seconds, with fewer samples where they would take too much."""
    for halvings in range(HALVINGS + LEAST_HALVINGS + 1):
        found = _longest(budget, speed, recipe, data, halvings)
        if found.scoring_seconds(speed) <= MAX_SCORING * budget:
            break
    return found


def _longest(budget: float, speed: Throughput, recipe: Recipe, data: Data, halvings: int) -> Lengths:
    """The longest training that takes at most `budget` seconds, in whole steps, without a short last tick."""

    def of(steps: int) -> Lengths:
        found = lengths_of(steps * data.per_step, recipe, data, halvings)
        rest = found.examples % found.tick
        if found.examples > found.tick > 4 * rest > 0:
            # A last tick that is much shorter than the others would cost more than it tells.
            return lengths_of(found.examples - rest, recipe, data, halvings)
        return found

    low, high = MIN_STEPS, max(MIN_STEPS, int(budget / speed.seconds_a_step)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if of(middle).seconds(speed, data.per_step) <= budget else (low, middle)
    return of(low)


def whole_steps(examples: float, per_step: int) -> int:
    """A number of examples, rounded up to a multiple of a step, at least one step."""
    return max(1, ceil(examples / per_step)) * per_step
