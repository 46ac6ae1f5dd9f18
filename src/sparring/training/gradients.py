"""Tools of a gradient step: seeded layers, gradient norms, and whether a batch may be split into micro-batches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from ..algorithms import Phase, algorithm_class
from ..config.recipe import Recipe
from ..errors import UserError
from ..networks.base import DrawsNumbers, is_batch_coupled
from ..util.random import derive_seed


class NotFinite(Exception):
    """A loss or a gradient is not finite. The gradient step was not taken."""


@contextlib.contextmanager
def seeded_layers(device: torch.device, *address: int | str) -> Iterator[None]:
    """A context in which layers with random numbers of their own (dropout) are seeded by `address`.

    The states of torch's global generators are restored afterwards.
    """
    generators = [torch.default_generator]
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    before = [generator.get_state() for generator in generators]
    # torch.manual_seed would take a millisecond: without a GPU it records a stack trace each time.
    for generator in generators:
        generator.manual_seed(derive_seed(*address, "layers"))
    try:
        yield
    finally:
        for generator, state in zip(generators, before, strict=True):
            generator.set_state(state)


def gradient_norm(parameters: Sequence[Tensor]) -> Tensor:
    """The Euclidean norm of the gradients of all parameters together."""
    return torch.nn.utils.get_total_norm([each.grad for each in parameters if each.grad is not None])


def refuse_infinity(phase: Phase, loss: Tensor, norms: dict[str, Tensor]) -> None:
    """Raise NotFinite, saying whose loss or gradient it is. norms: of the gradients, by player."""
    if torch.isfinite(torch.stack([loss, *norms.values()])).all():
        return
    if not torch.isfinite(loss):
        raise NotFinite(f"the {' and '.join(phase.players)}'s loss is not finite")
    broken = [name for name, norm in norms.items() if not torch.isfinite(norm)]
    raise NotFinite(f"the {' and '.join(broken)}'s gradient is not finite")


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error means that memory ran out.

    torch has an error class for GPUs; the allocator of the CPU raises a plain RuntimeError.
    """
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def batch_coupled(recipe: Recipe, players: dict[str, nn.Module]) -> list[str]:
    """The names of the players and terms of the losses that need a whole batch.

    Without such players and terms, a batch may be split into micro-batches.
    """
    normalised = [name for name, player in players.items() if is_batch_coupled(player)]
    return [*normalised, *algorithm_class(recipe).batch_coupled(recipe)]


def draws_numbers(players: dict[str, nn.Module]) -> bool:
    """Whether a player has layers with random numbers of their own.

    They draw from a generator that all threads have in common, so that shards cannot be computed by threads.
    """
    return any(_is_random(layer) for player in players.values() for layer in player.modules())


def _is_random(layer: nn.Module) -> bool:
    return isinstance(layer, DrawsNumbers) or (isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0)


def refuse_split(recipe: Recipe, players: dict[str, nn.Module], micro_batch: int, batch: int) -> None:
    """Raise UserError where memory ran out and micro-batches cannot be halved."""
    coupled = batch_coupled(recipe, players)
    if micro_batch > 1 and not coupled:
        return
    why = f"the {' and '.join(coupled)} sees it as a whole" if micro_batch > 1 else "one example is too much"
    raise UserError(
        f"out of memory with a batch of {batch}, which cannot be split ({why}); train into another --out with "
        "--set batch=N, N smaller, with a smaller --size, or with narrower networks"
    )
