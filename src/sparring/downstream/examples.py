"""What judges learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Examples(NamedTuple):
    """N values and their class numbers, N int64."""

    values: np.ndarray
    labels: np.ndarray

    def joined(self, more: Examples) -> Examples:
        """These examples and others behind them."""
        return Examples(
            np.concatenate([self.values, more.values.astype(self.values.dtype, copy=False)]),
            np.concatenate([self.labels, more.labels]),
        )


@dataclass(frozen=True)
class Training:
    """What one judge is trained with.

    classic: the name of the classic augmentation, see `views`. weights: of the examples, N; None: all 1.
    """

    examples: Examples
    classic: str = "none"
    weights: np.ndarray | None = None


class Unavailable(Exception):
    """An arm cannot be tried on these data. The message says why."""
