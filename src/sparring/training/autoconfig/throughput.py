"""A few seconds of real steps before image 0, so that a budget in minutes becomes a number of images once and for all."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from ...config.recipe import Recipe, images_from
from ..checkpoints import State
from ..trainer import Trainer
from . import Choices

LONGEST_TICK = 45.0  # seconds planned between checkpoints, so that a loaded machine still keeps them under 60
SHORTEST_TICK = 3.0
TICKS = 20  # looks at a training, where ticks of 3 to 45 seconds allow it
LOOKING_SHARE = 0.025  # of the time, at most, for looking at a training of SHORT seconds or more
SHORT = 120.0
BESIDE = 120  # samples' worth of time that a look takes beside its score and the sheet: verdicts on reals, copies looked for
FINAL_SHARE = 0.01  # of the time, for the last score
PATIENCE, PATIENT_TICKS = 0.15, 10  # share of a training, and at least so many looks, without a better score
FEWEST_SAMPLES, MOST_SAMPLES = 256, 10_000
OF_FEW = 2000  # samples that are scored where there are fewer examples: else chance chooses the snapshot
FEWEST_SCORED = 128  # samples of a tick where more would take too long
MOST_BYTES = 2 << 30  # of generated values held at once, four bytes each


@dataclass(frozen=True)
class Speed:
    seconds_a_step: float
    seconds_a_sample: float  # generating and scoring one
    seconds_a_sheet: float = 0.0  # of samples, for people
    micro_batch: int | None = None  # that memory bore


def measure(trainer: Trainer, sample: Callable[[int], None], sheet: Callable[[], None], seconds: float) -> Speed:
    """Time real steps for about `seconds` (five at least, after two to warm up), a sampling of 200 and the second sheet; then put everything back.

    Medians count: one hiccup of a shared machine must not decide the length of a training. Where some turns are taken in every so-many-th
    step only, that is the mean of the medians of the steps of a cycle; where some come late, of those without and with them.
    """
    before, planned, turns = copy.deepcopy(trainer.state()), trainer.recipe, trainer.turns
    trainer.turns = tuple(replace(turn, late=0.0) for turn in turns)
    trainer.recipe = planned.model_copy(update={"images": 1 << 40})  # schedules want an end; which one matters not here
    for _ in range(2):
        trainer.step()
    trainer.synchronise()
    trainer.steps, count = 0, 0
    times: list[list[float]] = [[] for _ in range(max(turn.every for turn in trainer.turns))]
    start = time.perf_counter()
    while count < 5 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        trainer.step()
        trainer.synchronise()
        times[count % len(times)].append(time.perf_counter() - begin)
        count += 1
    sample(100)
    begin = time.perf_counter()
    sample(200)
    per_sample = (time.perf_counter() - begin) / 200
    sheet()
    begin = time.perf_counter()
    sheet()
    per_sheet = time.perf_counter() - begin
    micro_batch = trainer.micro_batch
    trainer.recipe, trainer.turns = planned, turns
    trainer.load_state(0, _emptied(before))
    a_step = statistics.mean(medians := [statistics.median(some) for some in times if some])
    late = max(turn.late for turn in turns)
    return Speed(late * min(medians) + (1 - late) * a_step, per_sample, per_sheet, micro_batch)


def plan(choices: Choices, speed: Speed, examples: int, values: int, step_images: int, budget: float | None) -> None:
    """Fill images, tick, score_samples and final_samples. budget: seconds left for training and scoring, or None.

    examples: training examples. values: numbers in one of them. step_images: real examples shown in a step; images and tick become multiples of it.
    """
    if speed.micro_batch and choices.recipe.micro_batch and speed.micro_batch < choices.recipe.micro_batch:
        choices.change("micro_batch", speed.micro_batch, "memory ran out with more")
    rate = step_images / speed.seconds_a_step
    beside = BESIDE + speed.seconds_a_sheet / speed.seconds_a_sample
    if budget is not None:
        looking = LOOKING_SHARE
        if budget < SHORT:  # where looks come as they come
            a_look = (FEWEST_SAMPLES + beside) * speed.seconds_a_sample
            looking = max(looking, min(TICKS * a_look / budget, a_look / (a_look + SHORTEST_TICK)))
        wanted = rate * budget * (1 - looking) * (1 - FINAL_SHARE)
        choices.change(
            "images", _steps(wanted, step_images), f"{budget:.0f} s left of the budget at {rate:.0f} images/s, less the time for scores"
        )
    else:
        recipe: Recipe = choices.recipe
        assert recipe.images is not None
        wanted = images_from(recipe.images, examples, step_images)
        choices.change("images", _steps(wanted, step_images), f"{recipe.images}, in whole steps of {step_images}")
    assert isinstance(choices.recipe.images, int)
    seconds = choices.recipe.images / rate
    fewest = FEWEST_SAMPLES if seconds < SHORT else FEWEST_SCORED
    cheap = (fewest + beside) * speed.seconds_a_sample / LOOKING_SHARE if seconds >= SHORT else 0.0  # seconds that make a look cheap
    tick_seconds = min(LONGEST_TICK, max(SHORTEST_TICK, seconds / TICKS, cheap))
    if choices.recipe.tick:
        choices.change("tick", _steps(choices.recipe.tick, step_images), f"asked for, in whole steps of {step_images}")
    tick = _steps(min(choices.recipe.images, rate * tick_seconds), step_images)
    choices.settle("tick", tick, f"a look and a checkpoint about every {tick / rate:.0f} s, which is the most that a kill can cost")
    assert choices.recipe.tick
    rest = choices.recipe.images % choices.recipe.tick
    if budget is not None and choices.recipe.images > choices.recipe.tick > 4 * rest > 0:  # no last look so soon after the one before
        choices.change("images", choices.recipe.images - rest, choices.reasons["images"])
    patience = _steps(max(PATIENCE * choices.recipe.images, PATIENT_TICKS * choices.recipe.tick), step_images)
    choices.settle("patience", patience, "the training ends where so many images bring no better score")
    most = max(2, min(MOST_SAMPLES, max(examples, OF_FEW), MOST_BYTES // (4 * values)))
    at_a_look = LOOKING_SHARE * choices.recipe.tick / rate / speed.seconds_a_sample - beside
    affordable = {"score_samples": (at_a_look, fewest), "final_samples": (FINAL_SHARE * seconds / speed.seconds_a_sample, FEWEST_SAMPLES)}
    for key, (samples, least) in affordable.items():
        count = min(most, max(least, int(samples) // 100 * 100))
        choices.settle(key, count, f"scoring them takes about {count * speed.seconds_a_sample:.1f} s")
        if getattr(choices.recipe, key) > most:
            choices.change(key, most, "no more than tell anything, or than memory holds")


def _steps(images: float, step_images: int) -> int:
    return max(1, ceil(images / step_images)) * step_images


def _emptied(state: State) -> State:
    """The state of a training that has not begun: weights as drawn, no moments, nothing shown."""
    facts = {**state.facts, "weights": {}}
    return State({**state.groups, "optimizers": {}, "meters": {}}, facts)
