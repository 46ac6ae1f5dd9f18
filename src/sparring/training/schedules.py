"""Learning rates as functions of images seen, never of the clock."""

from __future__ import annotations

import math

from ..config.recipe import Schedule


def factor(schedule: Schedule, images: int, total: int) -> float:
    """What to multiply the learning rate with after `images` of `total`.

    It rises linearly from 0 over `warmup` images and goes from 1 at their end to `final` at `total`: at once
    ("constant" stays at 1), linearly, along half a cosine, or exponentially.
    """
    if images < schedule.warmup:
        return images / schedule.warmup
    done = min(1.0, (images - schedule.warmup) / max(1, total - schedule.warmup))
    final = (0.01 if schedule.kind == "exponential" else 0.0) if schedule.final is None else schedule.final
    return {
        "constant": lambda: 1.0,
        "linear": lambda: 1 + (final - 1) * done,
        "cosine": lambda: final + (1 - final) * (1 + math.cos(math.pi * done)) / 2,
        "exponential": lambda: final**done,
    }[schedule.kind]()
