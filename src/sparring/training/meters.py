"""Measurements over a tick: means of scalars, which stay on their device until they are read, and times."""

from __future__ import annotations

import time
from collections.abc import Mapping

import torch
from torch import Tensor


class Meters:
    """Weighted means of named scalars. sums, weights: The state, by name."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.weights: dict[str, float] = {}

    def add(self, values: Mapping[str, Tensor], weight: float) -> None:
        """Add values with a weight, their share of a batch. This reads nothing from the device."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.float() * weight
            self.weights[name] = self.weights.get(name, 0.0) + weight

    def means(self) -> dict[str, float]:
        return {name: float(self.sums[name]) / self.weights[name] for name in sorted(self.sums)}

    def clear(self) -> None:
        self.sums, self.weights = {}, {}

    def load(self, sums: Mapping[str, Tensor], weights: Mapping[str, float], device: torch.device) -> None:
        self.sums = {name: value.to(device) for name, value in sums.items()}
        self.weights = dict(weights)


class Clock:
    """Measures time and speed since the last tick. observing: Seconds that the callbacks took at the last tick."""

    def __init__(self) -> None:
        self.observing = 0.0
        self.restart(0)

    def restart(self, examples: int) -> None:
        self._started, self._examples = time.perf_counter(), examples

    def values(self, examples: int, waited: float) -> dict[str, float]:
        """Seconds, examples per second, and the shares of time spent waiting for data and in callbacks.

        examples: Examples seen. waited: Seconds that the training waited for data.
        """
        seconds = time.perf_counter() - self._started
        return {
            "seconds": round(seconds, 3),
            "examples_per_second": round((examples - self._examples) / max(seconds, 1e-9), 1),
            "data_wait": round(waited / max(seconds, 1e-9), 4),
            "observing": round(self.observing / max(seconds + self.observing, 1e-9), 4),
        }
