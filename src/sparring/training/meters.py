"""Means of scalars over a tick, kept on their device until they are read."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Meters:
    """Weighted means of named scalars. sums, weights: Its state."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.weights: dict[str, float] = {}

    def add(self, values: Mapping[str, Tensor], weight: float) -> None:
        """Count values with a weight, their share of a batch. Nothing is read from the device."""
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
