"""Schedules of learning rates, as functions of the examples seen and not of time."""

from __future__ import annotations

import math

from ..config.recipe import Schedule


def factor(schedule: Schedule, examples: int, total: int) -> float:
    """The factor of the learning rate after `examples` of `total` examples.

    It rises linearly from 0 to 1 over the first `warmup` examples. Then it stays at 1 for `hold` of the others
    ("constant": for all of them), and goes from 1 to `final` at `total`: linearly, along half a cosine, or
    exponentially.
    """
    if examples < schedule.warmup:
        return examples / schedule.warmup
    after_warmup = min(1.0, (examples - schedule.warmup) / max(1, total - schedule.warmup))
    done = max(0.0, (after_warmup - schedule.hold) / (1 - schedule.hold))
    final = (0.01 if schedule.kind == "exponential" else 0.0) if schedule.final is None else schedule.final
    return {
        "constant": lambda: 1.0,
        "linear": lambda: 1 + (final - 1) * done,
        "cosine": lambda: final + (1 - final) * (1 + math.cos(math.pi * done)) / 2,
        "exponential": lambda: final**done,
    }[schedule.kind]()
