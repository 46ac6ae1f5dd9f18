"""What a training tells while it goes on. The terminal, a notebook and a web page are listeners; this one prints plain lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .base import Tick


class Listener(Protocol):
    def note(self, text: str) -> None:
        """A sentence for the user."""

    def progress(self, done: float, what: str) -> None:
        """Share done of some preparation."""

    def begin(self, images: int, total: int) -> None:
        """The training starts or goes on at this image."""

    def step(self, images: int) -> None: ...

    def tick(self, tick: Tick) -> None: ...


class Silent:
    """Listens and says nothing."""

    def note(self, text: str) -> None: ...

    def progress(self, done: float, what: str) -> None: ...

    def begin(self, images: int, total: int) -> None: ...

    def step(self, images: int) -> None: ...

    def tick(self, tick: Tick) -> None: ...


class Lines(Silent):
    """One plain line for every note and tick."""

    def __init__(self) -> None:
        self.total, self.start, self.first = 0, time.monotonic(), 0

    def note(self, text: str) -> None:
        print(text, flush=True)

    def begin(self, images: int, total: int) -> None:
        self.total, self.start, self.first = total, time.monotonic(), images

    def tick(self, tick: Tick) -> None:
        done = max(1, tick.images - self.first)
        left = (time.monotonic() - self.start) / done * (self.total - tick.images)
        print(f"{tick.images:>9,} of {self.total:,} images, {duration(left)} left: {in_words(tick)}", flush=True)


def in_words(tick: Tick) -> str:
    """A tick in one line: speed, losses, who judged what right (where anyone judges), the score."""
    doing = {
        "": "",
        "roll back": "; going back to the best snapshot at half the learning rate",
        "augment": "; augmenting more",
        "stop": "; stopping",
    }
    if tick.event != "tick":
        return f"{tick.health}: {tick.notes.get('reason', '')}{doing[tick.action]}"
    facts = tick.facts
    said = [f"{group}: {values}" for group in ("losses", "elbo") if (values := _below(facts, group))]
    if "fooling_rate" in facts:
        right = f"reals judged right {facts['accuracy.real']:.0%}, fakes {facts['accuracy.fake']:.0%}"
        said.append(f"{right} (fooling rate {facts['fooling_rate']:.0%})")
    if "augmentation" in facts:
        cap = " (at its cap: more pictures would help)" if facts["augmentation"] > 0.79 else ""
        said.append(f"augmentation {facts['augmentation']:.0%}{cap}")
    if split := tick.notes.get("split_at"):
        said.append(f"micro-batches of {split[-1]['micro_batch']}: memory ran out at image {split[-1]['images']:,}")
    scores: dict[str, Any] = {name: score["value"] for name, score in tick.scores.items() if not name.endswith("_real")}
    score = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in scores.items())
    calm = tick.health in ("healthy", "unjudged")
    health = f" | {tick.health}" if calm else f" | {tick.health}: {tick.notes['evidence']}{doing[tick.action]}"
    return f"{tick.clock['images_per_second']:,.0f} images/s | {' | '.join(said)} | {score}{' *best*' if tick.best else ''}{health}"


def _below(facts: dict[str, float], group: str) -> str:
    """ "generator 0.693, discriminator 1.386": the facts of a group."""
    found = {name.removeprefix(f"{group}."): value for name, value in facts.items() if name.startswith(f"{group}.")}
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in found.items())


def duration(seconds: float) -> str:
    """90 -> "1m30s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def seconds_from(text: str | float) -> float:
    """ "90", "90s", "10m", "1.5h" or "1h30m" in seconds. Raises UserError for anything else."""
    import re

    from ..errors import UserError

    match = re.fullmatch(r"(?:(\d*\.?\d+)h)?(?:(\d*\.?\d+)m)?(?:(\d*\.?\d+)s?)?", str(text).strip().lower())
    if not match or not any(match.groups()):
        raise UserError(f"'{text}' is not a time; write for example 90s, 10m or 1h30m")
    seconds = sum(float(value or 0) * unit for value, unit in zip(match.groups(), (3600, 60, 1), strict=True))
    if seconds <= 0:
        raise UserError(f"'{text}' is no time at all; write for example 90s, 10m or 1h30m")
    return seconds
