"""From (seed, index) to samples: latent i depends on the seed and on i alone, and every forward pass has the same shape.

A matrix product may round differently for different batch sizes. So samples are made in chunks of a fixed size, the last one
padded: the same seed gives the same bits however many are asked for at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .config import Latent
from .draws import numpy_generator

CHUNK = 16


def shape_draw(uniform_or_normal: np.random.Generator, latent: Latent, count: int) -> np.ndarray:
    """`count` x latent.size float32 values of the latent's distribution."""
    size = (count, latent.size)
    if latent.distribution == "normal":
        return uniform_or_normal.standard_normal(size, dtype=np.float32)
    drawn = uniform_or_normal.random(size, dtype=np.float32)
    return drawn if latent.distribution == "unit-uniform" else drawn * 2 - 1


def latents(latent: Latent, seed: int, indices: Sequence[int]) -> Tensor:
    """len(indices) x latent.size: row j is drawn from (seed, indices[j]) alone."""
    return torch.from_numpy(np.concatenate([shape_draw(numpy_generator(seed, "sample", index), latent, 1) for index in indices]))


def classes(shares: Sequence[float], seed: int, indices: Sequence[int]) -> Tensor:
    """Class numbers (int64) drawn with these shares, each from (seed, index) alone."""
    edges = np.cumsum(shares) / np.sum(shares)
    drawn = [
        min(int(np.searchsorted(edges, numpy_generator(seed, "class", index).random(), side="right")), len(edges) - 1) for index in indices
    ]
    return torch.tensor(drawn, dtype=torch.int64)


@torch.no_grad()
def sample(
    generator: nn.Module, latent: Tensor, condition: dict[str, Tensor] | None, device: torch.device | str = "cpu", chunk: int = CHUNK
) -> Iterator[Tensor]:
    """The generator's float32 output for these latents, chunk by chunk, on the CPU. The generator must be in eval mode."""
    assert not generator.training
    for start in range(0, len(latent), chunk):
        part = slice(start, start + chunk)
        count = len(latent[part])
        conditions = None if condition is None else {name: _padded(value[part], chunk).to(device) for name, value in condition.items()}
        yield generator(_padded(latent[part], chunk).to(device), conditions)[:count].float().cpu()


def _padded(rows: Tensor, to: int) -> Tensor:
    """Repeats the last row until there are `to` of them."""
    return torch.cat([rows, rows[-1:].expand(to - len(rows), *rows.shape[1:])]) if len(rows) < to else rows
