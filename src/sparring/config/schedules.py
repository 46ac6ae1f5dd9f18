"""How values change during a training, as functions of the examples seen."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from .part import Part, Share


class Schedule(Part):
    """A factor of the learning rate, as a function of the examples seen.

    It rises linearly from 0 to 1 over the first `warmup` examples. It stays at 1 for `hold` of the others, a share, and
    then goes from 1 to `final` at the end of the training: linearly, along half a cosine, or exponentially. If `final`
    is null, it is 0, or 0.01 for an exponential schedule.
    """

    kind: Literal["constant", "linear", "cosine", "exponential"] = "constant"
    warmup: int = Field(0, ge=0)
    hold: float = Field(0.0, ge=0, lt=1)
    final: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _exponential_stays_positive(self) -> Schedule:
        if self.kind == "exponential" and self.final == 0:
            raise ValueError("an exponential schedule cannot end at 0; give final a small positive value")
        return self

    def factor(self, examples: int, total: int) -> float:
        """The factor of the learning rate after `examples` of `total` examples."""
        if examples < self.warmup:
            return examples / self.warmup
        after_warmup = min(1.0, (examples - self.warmup) / max(1, total - self.warmup))
        done = max(0.0, (after_warmup - self.hold) / (1 - self.hold))
        final = (0.01 if self.kind == "exponential" else 0.0) if self.final is None else self.final
        return {
            "constant": lambda: 1.0,
            "linear": lambda: 1 + (final - 1) * done,
            "cosine": lambda: final + (1 - final) * (1 + math.cos(math.pi * done)) / 2,
            "exponential": lambda: final**done,
        }[self.kind]()


class BurnIn(Part):
    """The first part of a training, in which values go along half a cosine from a start to those of the recipe.

    Huang et al. 2024 (arXiv:2501.05441), section 4 and table 9.

    examples: Its length in examples seen.
    lr, penalties, ema_half_life, augmentation: What the learning rates, the weights of penalties, the half-life of the
        average and the strength of the augmentation are multiplied by at its start.
    beta2: The second beta of adam and adamw at its start; null: that of the recipe.
    """

    examples: int = Field(gt=0)
    lr: float = Field(1.0, gt=0)
    penalties: float = Field(1.0, gt=0)
    ema_half_life: float = Field(1.0, ge=0)
    augmentation: float = Field(1.0, ge=0)
    beta2: Share | None = None

    def between(self, start: float, end: float, examples: int) -> float:
        """The value after so many examples seen, of one that goes from `start` to `end`."""
        done = (1 - math.cos(math.pi * min(1.0, examples / self.examples))) / 2
        return start + (end - start) * done
