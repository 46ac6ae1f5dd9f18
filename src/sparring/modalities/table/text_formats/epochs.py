"""Times as numbers: how many seconds, or parts of seconds, have passed since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dates import EMPTY

UNITS = {1: "seconds", 1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
FIRST_TOO_LARGE = 100_000_000_000  # seconds since 1970 stay below this until the year 5138


@dataclass(frozen=True)
class EpochFormat:
    """Numbers that count parts of seconds since 1970. parts: in a second."""

    parts: int = 1
    missing: str | None = None

    kind = "epoch"

    @property
    def per_second(self) -> int:
        """Counts in a second, as those of DateFormat."""
        return max(1_000_000, self.parts)

    def counts(self, numbers: Iterable[Any]) -> np.ndarray:
        """Numbers, or texts of them -> int64 in UTC, EMPTY where there is none."""
        scale = self.per_second // self.parts
        found = []
        for number in numbers:
            try:
                value = float(number)
                exact = int(number) if value == int(value) else None
                found.append(exact * scale if exact is not None else round(value * scale))
            except (TypeError, ValueError, OverflowError):
                found.append(EMPTY)
        return np.array(found, np.int64)

    def numbers(self, counts: np.ndarray) -> np.ndarray:
        """Counts as numbers, float64; NaN where there is none."""
        return np.where(counts == EMPTY, np.nan, counts / (self.per_second // self.parts))

    def texts(self, counts: np.ndarray) -> list[str | None]:
        """Counts as texts."""
        scale = self.per_second // self.parts
        return [self.missing if count == EMPTY else f"{count / scale:.15g}" if count % scale else str(count // scale)
                for count in counts.tolist()]  # fmt: skip

    def about(self) -> str:
        """For people."""
        return f"written as {UNITS[self.parts]} since 1970"


def epoch_of(largest: float) -> EpochFormat:
    """The unit of time in which the largest of some numbers lies nearest to our days."""
    parts = 1
    while abs(largest) >= FIRST_TOO_LARGE * parts and parts < 1_000_000_000:
        parts *= 1_000
    return EpochFormat(parts)
