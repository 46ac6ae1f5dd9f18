"""From (seed, index) to samples: latent i depends on the seed and on i alone.

Every forward pass has the same shape: a matrix product may round differently at different batch sizes. So samples are
made in chunks of a fixed size, the last one padded: the same seed gives the same bits however many samples are asked
for at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Latent
from ..util.random import make_rng
from .base import Generator


def draw_latents(rng: np.random.Generator, latent: Latent, count: int) -> np.ndarray:
    """`count` x latent.size float32 values of the latent's distribution."""
    size = (count, latent.size)
    if latent.distribution == "normal":
        return rng.standard_normal(size, dtype=np.float32)
    drawn = rng.random(size, dtype=np.float32)
    return drawn if latent.distribution == "unit-uniform" else drawn * 2 - 1


def latents(
    latent: Latent, seed: int, indices: Sequence[int], threshold: float | None = None, untruncated: int = 0
) -> Tensor:
    """len(indices) x latent.size: row j is drawn from (seed, indices[j]) alone.

    Args:
        latent: Size and distribution.
        seed: Any number.
        indices: Numbers of the samples.
        threshold: Normal values larger than this in magnitude are drawn again: the truncation trick (Brock et al. 2019,
            arXiv:1809.11096, section 3.1). None: no truncation.
        untruncated: How many of the first values are never drawn again, see Generator.untruncated_latents.
    """
    rngs = (make_rng(seed, "sample", index) for index in indices)
    if threshold is not None:
        return torch.from_numpy(np.stack([_truncated(rng, latent.size, threshold, untruncated) for rng in rngs]))
    return torch.from_numpy(np.concatenate([draw_latents(rng, latent, 1) for rng in rngs]))


def _truncated(rng: np.random.Generator, size: int, threshold: float, untruncated: int) -> np.ndarray:
    drawn = rng.standard_normal(size, dtype=np.float32)
    while (large := np.abs(drawn[untruncated:]) > threshold).any():
        drawn[untruncated:][large] = rng.standard_normal(int(large.sum()), dtype=np.float32)
    return drawn


def classes(shares: Sequence[float], seed: int, indices: Sequence[int]) -> Tensor:
    """Class numbers (N, int64) drawn with probabilities proportional to `shares`, each from (seed, index) alone."""
    edges = np.cumsum(shares) / np.sum(shares)
    uniform = [make_rng(seed, "class", index).random() for index in indices]
    numbers = [min(int(np.searchsorted(edges, each, side="right")), len(edges) - 1) for each in uniform]
    return torch.tensor(numbers, dtype=torch.int64)


def noise(generator: Generator, seed: int | Sequence[int], indices: Sequence[int]) -> Tensor | None:
    """len(indices) x generator.noise_size normal values, each row from (seed, index) alone; None where that is 0.

    seed: One for all rows, or one for each.
    """
    if not generator.noise_size:
        return None
    seeds = [seed] * len(indices) if isinstance(seed, int) else seed
    rngs = (make_rng(each, "noise", index) for each, index in zip(seeds, indices, strict=True))
    drawn = [rng.standard_normal((1, generator.noise_size), dtype=np.float32) for rng in rngs]
    return torch.from_numpy(np.concatenate(drawn))


@torch.no_grad()
def sample(
    generator: Any,
    latent: Tensor,
    condition: dict[str, Tensor] | None,
    device: torch.device | str | None = None,
    chunk_size: int | None = None,
    seed: int | Sequence[int] = 0,
    indices: Sequence[int] | None = None,
    psi: float | None = None,
) -> Iterator[Tensor]:
    """Yields the generator's float32 outputs for N latents, chunk by chunk, on the CPU.

    Args:
        generator: A Generator in eval mode; a StyleGenerator where psi is given.
        latent: N x latent size.
        condition: Named tensors of N rows each, or None.
        device: Where the generator is; None: where its first parameter is.
        chunk_size: Samples of one forward pass; None: the generator's own.
        seed: Of the noise, one for all rows or one for each.
        indices: Row j gets the noise of (seed, indices[j]); None: every row gets that of index 0, so that the latents
            alone differ.
        psi: Share of a style's distance to the mean style that is kept (style-based generators); None: no truncation.
    """
    assert not generator.training
    size = chunk_size or generator.chunk_size
    device = device or device_of(generator)
    indices = [0] * len(latent) if indices is None else indices
    for start in range(0, len(latent), size):
        part = slice(start, start + size)
        count = len(latent[part])
        conditions = condition and {name: _padded(value[part], size).to(device) for name, value in condition.items()}
        drawn = noise(generator, seed if isinstance(seed, int) else seed[part], indices[part])
        if drawn is not None:
            drawn = _padded(drawn, size).to(device)
        inputs = _padded(latent[part], size).to(device)
        if psi is None:
            outputs = generator(inputs, conditions, drawn)
        else:
            outputs = generator.synthesise(generator.truncate(generator.map(inputs, conditions), psi), drawn)
        yield outputs[:count].float().cpu()


def device_of(network: Any) -> torch.device:
    """Where a network is: the device of its first parameter, the CPU if it has none."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def _padded(rows: Tensor, length: int) -> Tensor:
    """The rows, the last one repeated until there are `length` of them."""
    return torch.cat([rows, rows[-1:].expand(length - len(rows), *rows.shape[1:])]) if len(rows) < length else rows
