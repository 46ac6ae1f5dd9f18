"""From (seed, index) to samples: latent i depends on the seed and on i alone, and every forward pass has the same shape.

A matrix product may round differently for different batch sizes. So samples are made in chunks of a fixed size, the last one
padded: the same seed gives the same bits however many are asked for at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..config.recipe import Latent
from ..util.random import make_rng

CHUNK = 16


def chunk(generator: object) -> int:
    """Samples of one forward pass of this generator: its own number, where it has one."""
    return getattr(generator, "chunk", CHUNK)


def shape_draw(rng: np.random.Generator, latent: Latent, count: int) -> np.ndarray:
    """`count` x latent.size float32 values of the latent's distribution."""
    size = (count, latent.size)
    if latent.distribution == "normal":
        return rng.standard_normal(size, dtype=np.float32)
    drawn = rng.random(size, dtype=np.float32)
    return drawn if latent.distribution == "unit-uniform" else drawn * 2 - 1


def latents(latent: Latent, seed: int, indices: Sequence[int], threshold: float | None = None, choosing: int = 0) -> Tensor:
    """len(indices) x latent.size: row j is drawn from (seed, indices[j]) alone.

    threshold: normal values larger than this are drawn again (the truncation trick: Brock et al. 2019, arXiv:1809.11096, section 3.1),
    but for the first `choosing`, which choose among kinds of samples and must not rule any out.
    """
    if threshold is not None:
        return torch.from_numpy(
            np.stack([_truncated(make_rng(seed, "sample", index), latent.size, threshold, choosing) for index in indices])
        )
    return torch.from_numpy(np.concatenate([shape_draw(make_rng(seed, "sample", index), latent, 1) for index in indices]))


def _truncated(normal: np.random.Generator, size: int, threshold: float, choosing: int) -> np.ndarray:
    drawn = normal.standard_normal(size, dtype=np.float32)
    while (large := np.abs(drawn[choosing:]) > threshold).any():
        drawn[choosing:][large] = normal.standard_normal(int(large.sum()), dtype=np.float32)
    return drawn


def classes(shares: Sequence[float], seed: int, indices: Sequence[int]) -> Tensor:
    """Class numbers (int64) drawn with these shares, each from (seed, index) alone."""
    edges = np.cumsum(shares) / np.sum(shares)
    drawn = [min(int(np.searchsorted(edges, make_rng(seed, "class", index).random(), side="right")), len(edges) - 1) for index in indices]
    return torch.tensor(drawn, dtype=torch.int64)


def noise(generator: nn.Module, seed: int, indices: Sequence[int]) -> Tensor | None:
    """len(indices) x generator.noise_size normal values, each row from (seed, index) alone; None for a generator that takes none."""
    size = getattr(generator, "noise_size", 0)
    if not size:
        return None
    drawn = [make_rng(seed, "noise", index).standard_normal((1, size), dtype=np.float32) for index in indices]
    return torch.from_numpy(np.concatenate(drawn))


@torch.no_grad()
def sample(
    generator: Any,
    latent: Tensor,
    condition: dict[str, Tensor] | None,
    device: torch.device | str = "cpu",
    size: int | None = None,
    seed: int = 0,
    indices: Sequence[int] | None = None,
    psi: float | None = None,
) -> Iterator[Tensor]:
    """The generator's float32 output for these latents, chunk by chunk, on the CPU. The generator must be in eval mode.

    Row j gets the noise of (seed, indices[j]); without indices every row gets that of index 0, so that only the latents differ.
    size: samples of a forward pass, None: the generator's own. psi: how much of a style's distance to the mean style is kept (style-based generators).
    """
    assert not generator.training
    size = size or chunk(generator)
    indices = [0] * len(latent) if indices is None else indices
    for start in range(0, len(latent), size):
        part = slice(start, start + size)
        count = len(latent[part])
        conditions = None if condition is None else {name: _padded(value[part], size).to(device) for name, value in condition.items()}
        drawn = noise(generator, seed, indices[part])
        if drawn is not None:
            drawn = _padded(drawn, size).to(device)
        given = _padded(latent[part], size).to(device)
        if psi is None:
            made = generator(given, conditions, drawn)
        else:
            made = generator.synthesise(generator.truncate(generator.map(given, conditions), psi), drawn)
        yield made[:count].float().cpu()


def _padded(rows: Tensor, to: int) -> Tensor:
    """Repeats the last row until there are `to` of them."""
    return torch.cat([rows, rows[-1:].expand(to - len(rows), *rows.shape[1:])]) if len(rows) < to else rows
