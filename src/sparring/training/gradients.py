"""What a gradient step needs beside its loss: seeded layers, norms, and whether a batch may be split when memory runs
out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from ..algorithms import algorithm_class
from ..config.recipe import Recipe
from ..networks.base import is_batch_coupled
from ..util.random import derive_seed


@contextlib.contextmanager
def seeded_layers(device: torch.device, *address: int | str) -> Iterator[None]:
    """Layers that draw by themselves (dropout) draw from this address; torch's global generators are put back
    afterwards.
    """
    generators = [torch.default_generator]
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    before = [generator.get_state() for generator in generators]
    # not by torch.manual_seed: where there is no GPU it notes down a stack trace each time, which takes a millisecond
    for generator in generators:
        generator.manual_seed(derive_seed(*address, "layers"))
    try:
        yield
    finally:
        for generator, state in zip(generators, before, strict=True):
            generator.set_state(state)


def gradient_norm(parameters: Sequence[Tensor]) -> Tensor:
    """The norm of all their gradients together."""
    return torch.nn.utils.get_total_norm([each.grad for each in parameters if each.grad is not None])


def out_of_memory(error: RuntimeError) -> bool:
    """Whether memory ran out. torch has a class for GPUs; the CPU's allocator raises a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def batch_coupled(recipe: Recipe, players: dict[str, nn.Module]) -> list[str]:
    """What makes a batch more than its parts, by name: players, and parts of the algorithm's losses.

    With none, it may be split.
    """
    normalised = [name for name, player in players.items() if is_batch_coupled(player)]
    return [*normalised, *algorithm_class(recipe).batch_coupled(recipe)]
