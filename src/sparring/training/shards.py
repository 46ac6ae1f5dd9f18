"""Computes the gradients of a batch in shards, each by a thread of its own.

A step of a small network is too little work for several cores at once: two threads inside every operation compute
hardly more than one. Two halves of a batch, each on a core, compute nearly twice as much (docs/experiments.md, "Shards
of a batch").
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch
from torch import Tensor, nn

from ..algorithms import Algorithm, Batch, Phase, StepRandom
from ..networks.base import running_statistics
from .gradients import seeded_layers

Scalars = list[tuple[dict[str, Tensor], float]]  # for each micro-batch, its scalars and its share of the batch
Parameters = dict[str, list[nn.Parameter]]  # by player


class Shards:
    """An algorithm and copies of it that share its weights, each for its part of every batch.

    The parts, their random numbers and the order in which gradients are added are fixed: results do not depend on which
    thread is first. Batch normalisation sees one part; the copies' running statistics are averaged after each step.

    Attributes:
        copies: The algorithm, and its copies.
        phases: The phases of each of them.
        parameters: The parameters of each player, which the optimizers change. Collecting them again at every step
            would take a tenth of a step.

    Args:
        algorithm: The algorithm. Its recipe states the number of shards.
        device: The device of the players.
    """

    def __init__(self, algorithm: Algorithm, device: torch.device):
        self.recipe, self.device, count = algorithm.recipe, device, algorithm.recipe.shards or 1
        self.copies = [algorithm, *(_sharing_weights(algorithm) for _ in range(count - 1))]
        self.phases = [each.phases() for each in self.copies]
        self._parameters = [_parameters(each.players) for each in self.copies]
        self.parameters = self._parameters[0]
        self._buffers, self._statistics = self._of_copies(nn.Module.buffers), self._of_copies(running_statistics)
        self._pool: ThreadPoolExecutor | None = None
        if count > 1:
            threads = max(1, torch.get_num_threads() // count)
            self._pool = ThreadPoolExecutor(count, "shard", torch.set_num_threads, (threads,))

    def burn_in(self, examples: int) -> None:
        for each in self.copies:
            each.burn_in(examples)

    def augment_more(self) -> None:
        for each in self.copies:
            each.augment_more()

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Restore the algorithm's state, and give the copies the buffers of its players."""
        for each in self.copies:
            each.load_state(state)
        for first, *others in self._buffers:
            for other in others:
                other.copy_(first)

    def require_gradients(self, phase: Phase) -> None:
        """Freeze all players whose gradients the phase does not need."""
        wanted = {*phase.players, *phase.graph_of}
        for players in self._parameters:
            for name, parameters in players.items():
                for parameter in parameters:
                    parameter.requires_grad_(name in wanted)

    def clear_gradients(self, names: Sequence[str]) -> None:
        for players in self._parameters:
            for name in names:
                for parameter in players[name]:
                    parameter.grad = None

    def gradients(
        self, number: int, batch: Batch, address: tuple[int, ...], micro_batch: int
    ) -> tuple[Tensor, Scalars]:
        """Compute the gradients of a phase's loss, a mean over the batch.

        number: The index of the phase. address: (seed, attempt, examples seen, index of the phase, index of the
        gradient step in it). Returns the loss and the scalars.
        """
        self.clear_gradients(self.phases[0][number].players)
        count, shards = len(batch.real), len(self.copies)
        bounds = [(count * shard // shards, count * (shard + 1) // shards) for shard in range(shards)]
        if self._pool is None:
            with seeded_layers(self.device, *address):
                return self._of_shard(0, number, batch, address, micro_batch, bounds[0])
        tasks = [
            self._pool.submit(self._of_shard, shard, number, batch, address, micro_batch, bounds[shard])
            for shard in range(shards)
        ]
        wait(tasks)
        results = [task.result() for task in tasks]
        self._add_gradients(self.phases[0][number].players)
        loss = torch.stack([loss for loss, _ in results]).sum()
        return loss, [each for _, scalars in results for each in scalars]

    @torch.no_grad()
    def average_statistics(self) -> None:
        """Give all copies the mean of their running statistics."""
        for tensors in self._statistics:
            if len(tensors) > 1:
                mean = torch.stack(tensors).mean(dim=0)
                for each in tensors:
                    each.copy_(mean)

    def _of_copies(self, tensors_of: Callable[[nn.Module], Iterable[Tensor]]) -> list[tuple[Tensor, ...]]:
        """The tensors of every player, each with those of the copies."""
        return [
            tensors
            for name in self.copies[0].players
            for tensors in zip(*(tensors_of(each.players[name]) for each in self.copies), strict=True)
        ]

    def _of_shard(
        self, shard: int, number: int, batch: Batch, address: tuple[int, ...], micro_batch: int, bounds: tuple[int, int]
    ) -> tuple[Tensor, Scalars]:
        """The gradients of the rows [start, stop) of a batch, summed over micro-batches."""
        phase, count = self.phases[shard][number], len(batch.real)
        loss, scalars = torch.zeros((), device=self.device), Scalars()
        kind = "penalties" if phase.is_penalty else "losses"
        bfloat16 = self.recipe.precision == "bfloat16" and not phase.full_precision
        begin, end = bounds
        for start in range(begin, end, micro_batch):
            stop = min(end, start + micro_batch)
            share = (stop - start) / count
            # The cache of casts is common to all threads, and which of them fills it is a matter of chance.
            with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16, cache_enabled=self._pool is None):
                rng = StepRandom(address, count, start, stop, self.device)
                result = phase.loss(batch.rows(start, stop), rng)
            (result.loss * share).backward()
            loss = loss + result.loss.detach() * share
            scalars.append(({f"{kind}.{phase.label}": result.loss.detach(), **result.scalars}, share))
        return loss, scalars

    def _add_gradients(self, names: Sequence[str]) -> None:
        """Add the gradients of the copies to those of the algorithm's players, in the order of the copies."""
        for name in names:
            gradients = [[each.grad for each in players[name] if each.grad is not None] for players in self._parameters]
            for other in gradients[1:]:
                torch._foreach_add_(gradients[0], other)


def _sharing_weights(algorithm: Algorithm) -> Algorithm:
    """Another algorithm of the same kind whose players have the same weights in memory, and gradients of their own."""
    players: dict[str, Any] = copy.deepcopy(algorithm.players)
    for name, player in players.items():
        for own, shared in zip(player.parameters(), algorithm.players[name].parameters(), strict=True):
            own.data = shared.data
    return type(algorithm)(algorithm.recipe, players, algorithm.feature_net)


def _parameters(players: dict[str, nn.Module]) -> Parameters:
    return {name: list(player.parameters()) for name, player in players.items()}
