"""The progress of a training as lines of text, and on a terminal a bar."""

from __future__ import annotations

import re
import sys
import time
from typing import Any

from ..errors import UserError, printable
from ..util import checks, progress
from ..util.progress import duration
from ..util.spelling import spelled
from .base import Action, Callback, Observation

DOING = {
    Action.NONE: "",
    Action.ROLL_BACK: "; going back, at half the learning rate, to example ",
    Action.AUGMENT: "; augmenting more",
    Action.STOP: "; stopping",
}

WORSE_THAN_TRIVIAL = "worse_than_no_learning"  # the note that names the scores for which that holds


class Lines(Callback):
    """Prints one plain line for every note and every tick. How far long work is, `util.progress` shows."""

    def __init__(self) -> None:
        self.total, self.first, self.started = 0, 0, time.monotonic()

    def note(self, text: str) -> None:
        print(printable(spelled(text)), flush=True)

    def progress(self, share: float, what: str) -> None:
        progress.show(share, what)

    def start(self, examples: int, total: int) -> None:
        progress.clear()
        self.total, self.first, self.started = total, examples, time.monotonic()

    def step(self, trainer: Any) -> None:
        if sys.stderr.isatty():  # elsewhere the lines of the ticks are enough
            progress.show(trainer.examples / self.total, "training", f"{trainer.examples:,} of {self.total:,}")

    def end(self) -> None:
        progress.clear()

    def observed(self, observation: Observation) -> None:
        done = max(1, observation.examples - self.first)
        remaining = (time.monotonic() - self.started) / done * (self.total - observation.examples)
        seen = f"{observation.examples:>9,} of {self.total:,} examples"
        self.note(f"{seen}, {duration(remaining)} left: {in_words(observation)}")


def checked_console(console: Any) -> Callback:
    """The callback that gets messages and progress; None: one that prints lines. Raises UserError for anything else."""
    found: Callback = Lines() if console is None else console
    if not isinstance(found, Callback):
        raise UserError(f"`console` should be an instance of sparring.Callback, not {checks.shown(console)}")
    return found


def in_words(observation: Observation) -> str:
    """An observation in one line: speed, losses, the discriminator's accuracy, augmentation, scores, health."""
    doing = DOING[observation.action]
    if observation.action is Action.ROLL_BACK:
        doing += f"{observation.notes.get('back_to', 0):,}"
    if observation.event != "tick":
        return f"{observation.health}: {observation.notes.get('reason', '')}{doing}"
    values = observation.values
    parts = [f"{group}: {found}" for group in ("losses", "elbo") if (found := _group(values, group))]
    if "fooling_rate" in values:
        accuracy = f"{values['accuracy.real']:.0%} on reals, {values['accuracy.fake']:.0%} on fakes"
        parts.append(f"discriminator accuracy {accuracy} (fooling rate {values['fooling_rate']:.0%})")
    if "augmentation" in values:
        cap = " (at its cap: more pictures would help)" if values["augmentation"] > 0.79 else ""
        parts.append(f"augmentation {values['augmentation']:.0%}{cap}")
    if split := observation.notes.get("split_at"):
        last = split[-1]
        parts.append(f"micro-batches of {last['micro_batch']}: memory ran out at example {last['examples']:,}")
    health = f" | {observation.health}"
    if observation.health not in ("healthy", "warming-up"):
        health += f": {observation.evidence}{doing}"
    speed = observation.clock["examples_per_second"]
    return f"{speed:,.0f} examples/s | {' | '.join(parts)} | {_scores(observation)}{health}"


def _scores(observation: Observation) -> str:
    """The scores, each with the value without learning where there is one, and last the one that selects."""
    values = {name: score["value"] for name, score in observation.scores.items()}
    said = [
        f"{name.replace('_', ' ')} {value:.4g}"
        + (f" (without learning {values[f'{name}_trivial']:.4g})" if f"{name}_trivial" in values else "")
        for name, value in values.items()
        if not name.endswith(("_real", "_trivial"))
    ]
    if observation.selection is not None:
        said.append(f"selection score {observation.selection:.4g}")
    best = f" *{observation.keeps}*" if observation.best else ""
    worse = observation.notes.get(WORSE_THAN_TRIVIAL)
    return ", ".join(said) + best + (f" (worse than without learning: {', '.join(worse)})" if worse else "")


def _group(values: dict[str, float], group: str) -> str:
    """The values whose names begin with `group`: "generator 0.693, discriminator 1.386"."""
    found = {name.removeprefix(f"{group}."): value for name, value in values.items() if name.startswith(f"{group}.")}
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in found.items())


def seconds_from(text: str | float) -> float:
    """The seconds in a text such as "90", "90s", "10m", "1.5h" or "1h30m". Raises UserError for other texts."""
    pattern = r"(?:(\d*\.?\d+)h)?(?:(\d*\.?\d+)m)?(?:(\d*\.?\d+)s?)?"
    match = re.fullmatch(pattern, str(text).strip().lower())
    if not match or not any(match.groups()):
        raise UserError(f"'{text}' is not a time; write for example 90s, 10m or 1h30m")
    seconds = sum(float(value or 0) * unit for value, unit in zip(match.groups(), (3600, 60, 1), strict=True))
    if seconds <= 0:
        raise UserError(f"'{text}' is no time at all; write for example 90s, 10m or 1h30m")
    return seconds
