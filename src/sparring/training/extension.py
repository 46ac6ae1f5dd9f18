"""A run made longer: by a number of examples, or by a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ..callbacks.base import Callback
from ..callbacks.progress import seconds_from
from ..config.options import TrainOptions
from ..config.reading import length_from
from ..config.recipe import Recipe
from ..data.source import Source
from ..runs.folder import Run
from ..util.progress import duration
from .autoconfig.lengths import whole_steps
from .setup import FINISHING_SECONDS


@dataclass(frozen=True)
class Length:
    """How long a training is to be. examples: in whole steps. seconds: of training as planned, None without a budget.

    reason: for recipe.yaml.
    """

    examples: int
    seconds: float | None
    reason: str


def extended(
    run: Run,
    recipe: Recipe,
    about: dict[str, Any],
    source: Source,
    options: TrainOptions,
    started: float,
    console: Callback,
) -> tuple[Recipe, dict[str, Any]]:
    """The recipe and the facts beside it, for the length that the options ask for; both unchanged if it is no longer.

    Args:
        run: The run, with its log.
        recipe: Its recipe.
        about: The facts in recipe.yaml beside the recipe.
        source: The data.
        options: The options that the user set.
        started: When this process began, by time.monotonic(); preparation counts towards a budget.
        console: Is told where the user asks for less than before.
    """
    asked = about["asked"]
    if options.budget is not None:
        length = _by_time(run, recipe, about, seconds_from(options.budget), started, console)
        lengths = {"budget": options.budget}
    elif options.examples is not None:
        length = _by_examples(recipe, options.examples, source, console)
        lengths = {"examples": options.examples}
    else:
        length = None
    assert isinstance(recipe.examples, int)
    if length is None or length.examples <= recipe.examples:
        return recipe, about
    algorithm = recipe.algorithm.extended(length.examples / recipe.examples)
    longer = recipe.model_copy(update={"examples": length.examples, "algorithm": algorithm})
    other = {key: value for key, value in asked.items() if key not in ("budget", "examples")}
    reasons = {**about["reasons"], "examples": length.reason}
    return longer, {**about, "asked": other | lengths, "planned_seconds": length.seconds, "reasons": reasons}


def _by_examples(recipe: Recipe, asked: str | int, source: Source, console: Callback) -> Length:
    step = recipe.examples_per_step
    examples = whole_steps(length_from(asked, source.count("train"), step), step)
    assert isinstance(recipe.examples, int)
    if examples < recipe.examples:
        console.note(f"examples stays at {recipe.examples:,}: a training can be made longer, not shorter")
    return Length(examples, None, f"raised from {recipe.examples:,}")


def _by_time(
    run: Run, recipe: Recipe, about: dict[str, Any], budget: float, started: float, console: Callback
) -> Length | None:
    """The length for a budget of this many seconds in all, those that the run has spent included."""
    assert isinstance(recipe.examples, int)
    seconds, seen = _spent(run)
    planned, before = about["planned_seconds"], about["asked"].get("budget")
    if before is None:
        spent, planned_examples = seconds, seen
    else:
        spent, planned_examples = seconds_from(before), recipe.examples
    if not seen and not planned:
        console.note("no tick has said yet how fast this training is; the length stays as it is")
        return None
    rate = seen / seconds if seen else recipe.examples / planned
    if budget < spent:
        console.note(f"the budget stays at {duration(spent)}: a training can be made longer, not shorter")
    if budget <= spent:
        return None
    remaining = max(0.0, budget - spent - (time.monotonic() - started) - FINISHING_SECONDS)
    examples = whole_steps(planned_examples + rate * remaining, recipe.examples_per_step)
    reason = f"raised from {recipe.examples:,}: {duration(budget)} instead of {duration(spent)}"
    return Length(examples, round((planned or seconds) + remaining, 1), reason)


def _spent(run: Run) -> tuple[float, int]:
    """Seconds of training with its scores, and the examples seen in them, discarded ones included."""
    clocks = [line["clock"] for line in run.log() if line.get("clock")]
    seconds = sum(each["seconds"] / max(0.05, 1 - each["observing"]) for each in clocks)
    return seconds, round(sum(each["seconds"] * each["examples_per_second"] for each in clocks))
