"""The random numbers of one turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Latent
from ..networks.sampling import draw_latents
from ..util.random import make_rng


@dataclass(frozen=True)
class TurnDraws:
    """The random numbers of one turn, drawn for the whole batch; a micro-batch sees its rows [start, stop)."""

    address: tuple[int | str, ...]
    batch: int
    start: int
    stop: int
    device: torch.device

    def latent(self, latent: Latent, purpose: str = "latent") -> Tensor:
        return self._mine(draw_latents(make_rng(*self.address, purpose), latent, self.batch))

    def uniform(self, purpose: str, values: int) -> Tensor:
        return self._mine(make_rng(*self.address, purpose).random((self.batch, values), dtype=np.float32))

    def normal(self, purpose: str, values: int) -> Tensor:
        return self._mine(make_rng(*self.address, purpose).standard_normal((self.batch, values), dtype=np.float32))

    def _mine(self, drawn: np.ndarray) -> Tensor:
        return torch.from_numpy(drawn[self.start : self.stop]).to(self.device)
