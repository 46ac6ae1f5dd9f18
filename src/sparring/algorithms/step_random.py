"""The random numbers of one gradient step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Latent
from ..networks.sampling import draw_latents
from ..util.random import make_rng


@dataclass(frozen=True)
class StepRandom:
    """Random numbers that depend only on the step's address and on their purpose, not on earlier random numbers.

    Each call generates the numbers of the whole batch and returns the rows [start, stop) of the micro-batch.

    address: (seed, attempt, examples seen, index of the phase, index of the gradient step in the phase).
    batch: Examples in the whole batch.
    device: The device of the results.
    """

    address: tuple[int | str, ...]
    batch: int
    start: int
    stop: int
    device: torch.device

    def latent(self, latent: Latent, purpose: str = "latent") -> Tensor:
        """N x latent.size random numbers of the latent's distribution."""
        return self._rows(draw_latents(make_rng(*self.address, purpose), latent, self.batch))

    def uniform(self, purpose: str, values: int) -> Tensor:
        """N x values random numbers of U[0, 1)."""
        return self._rows(make_rng(*self.address, purpose).random((self.batch, values), dtype=np.float32))

    def normal(self, purpose: str, values: int) -> Tensor:
        """N x values random numbers of N(0, 1)."""
        return self._rows(make_rng(*self.address, purpose).standard_normal((self.batch, values), dtype=np.float32))

    def _rows(self, numbers: np.ndarray) -> Tensor:
        return torch.from_numpy(numbers[self.start : self.stop]).to(self.device)
