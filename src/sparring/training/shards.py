"""Computes the gradients of a batch in shards, by threads or processes.

A step of a small network is too little work for several cores at once: two threads inside every operation compute
hardly more than one. Two halves of a batch, each on a core, compute nearly twice as much (docs/experiments.md, "Shards
of a batch").
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch
from torch import Tensor, nn

from ..algorithms import Algorithm, Batch, Phase, StepRandom
from ..networks.base import running_statistics
from .gradients import draws_numbers, out_of_memory, seeded_layers
from .processes import ALONE, Processes

Scalars = list[tuple[dict[str, Tensor], float]]  # for each micro-batch, its scalars and its share of the batch
Result = tuple[Tensor, Scalars]  # of a shard: its share of the loss, and its scalars
Parameters = dict[str, list[nn.Parameter]]  # by player


class Shards:
    """An algorithm and copies of it that share its weights, each for its part of every batch.

    The parts, their random numbers and the tree along which gradients are added are fixed: results do not depend on
    which thread is first, nor on the number of processes. Batch normalisation sees one part; the running statistics of
    all parts are averaged after each step.

    Attributes:
        count: The number of shards.
        own: The numbers of those that this process computes.
        copies: The algorithm, and its copies, one for each own shard.
        phases: The phases of each of them.
        parameters: The parameters of each player, which the optimizers change. Collecting them again at every step
            would take a tenth of a step.

    Args:
        algorithm: The algorithm. Its recipe states the number of shards.
        device: The device of the players.
        processes: Those of the training.
    """

    def __init__(self, algorithm: Algorithm, device: torch.device, processes: Processes = ALONE):
        self.recipe, self.device, self.processes = algorithm.recipe, device, processes
        self.count = algorithm.recipe.shards or 1
        self.own = processes.own(self.count)
        self.copies = [algorithm, *(_sharing_weights(algorithm) for _ in self.own[1:])]
        self.phases = [each.phases() for each in self.copies]
        self._parameters = [_parameters(each.players) for each in self.copies]
        self.parameters = self._parameters[0]
        self._buffers, self._statistics = (
            [[tensor for player in each.players.values() for tensor in tensors(player)] for each in self.copies]
            for tensors in (nn.Module.buffers, running_statistics)
        )
        self._threads: list[ThreadPoolExecutor] = []
        if len(self.own) > 1 and not draws_numbers(algorithm.players):
            threads = max(1, torch.get_num_threads() // len(self.own))
            # A thread for each shard, always the same: autograd orders the nodes of a graph by a counter of the thread
            # that made them, and a graph that one phase keeps for the next must not be made by two threads.
            self._threads = [ThreadPoolExecutor(1, "shard", torch.set_num_threads, (threads,)) for _ in self.own]

    def burn_in(self, examples: int) -> None:
        for each in self.copies:
            each.burn_in(examples)

    def augment_more(self) -> None:
        for each in self.copies:
            each.augment_more()

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Restore the algorithm's state, and give the copies the buffers of its players."""
        self.load_states([state] * len(self.copies))
        for buffers in self._buffers[1:]:
            for own, first in zip(buffers, self._buffers[0], strict=True):
                own.copy_(first)

    def states(self) -> list[dict[str, Tensor]]:
        """The state of each copy, which differ within a step."""
        return [each.state() for each in self.copies]

    def load_states(self, states: list[dict[str, Tensor]]) -> None:
        """Undo what a phase that ran out of memory has changed."""
        for each, state in zip(self.copies, states, strict=True):
            each.load_state(state)

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

        number: The index of the phase. batch: The examples of this process. address: (seed, attempt, examples seen,
        index of the phase, index of the gradient step in it). Returns the loss and the scalars.
        """
        players = self.phases[0][number].players
        self.clear_gradients(players)
        results = self._all_processes(self._own_shards(number, batch, address, micro_batch))
        gradients = [
            [each.grad for name in players for each in copy[name] if each.grad is not None] for copy in self._parameters
        ]
        add_up(gradients)
        self.processes.add(gradients[0])
        loss = torch.stack([loss for loss, _ in results]).sum()
        return loss, [each for _, scalars in results for each in scalars]

    @torch.no_grad()
    def end_step(self) -> None:
        """Give all copies, in all processes, the mean of their running statistics, and what the algorithm remembers."""
        memory = self.copies[0].memory()
        if self.count > 1:
            memories = [each.memory().to(self.device) for each in self.copies]
            sums = [
                [each.clone() for each in (*statistics, memory)]
                for statistics, memory in zip(self._statistics, memories, strict=True)
            ]
            add_up(sums)
            self.processes.add(sums[0])
            *means, memory = sums[0]
            if means:
                torch._foreach_div_(means, self.count)
                for statistics in self._statistics:
                    torch._foreach_copy_(statistics, means)
        for each in self.copies:
            each.remember(memory)

    def _own_shards(self, number: int, batch: Batch, address: tuple[int, ...], micro_batch: int) -> list[Result]:
        """Compute the gradients of own shards. Memory runs out in all processes or in none."""
        results: list[Result] = []
        short: RuntimeError | None = None
        try:
            if not self._threads:
                for place, shard in enumerate(self.own):
                    with seeded_layers(self.device, *address, *([shard] if self.count > 1 else [])):
                        results.append(self._of_shard(place, number, batch, address, micro_batch))
            else:
                tasks = [
                    thread.submit(self._of_shard, place, number, batch, address, micro_batch)
                    for place, thread in enumerate(self._threads)
                ]
                wait(tasks)
                results = [task.result() for task in tasks]
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            short = error
        if any(flag for (flag,) in self.processes.gather([short is not None])):
            raise short or torch.OutOfMemoryError("another process ran out of memory")
        return results

    def _all_processes(self, own: list[Result]) -> list[Result]:
        """The results of the shards of all processes, in the order of the shards.

        All shards are equally large, so that the results of others have the form of own ones.
        """
        if self.processes.count == 1:
            return own
        numbers = [
            float(each)
            for loss, scalars in own
            for each in (loss, *(value for values, _ in scalars for value in values.values()))
        ]
        return [result for theirs in self.processes.gather(numbers) for result in _in_the_form_of(own, iter(theirs))]

    def _of_shard(self, place: int, number: int, batch: Batch, address: tuple[int, ...], micro_batch: int) -> Result:
        """The gradients of an own shard, summed over micro-batches. place: Among own shards. batch: Own examples."""
        phase, each = self.phases[place][number], len(batch.real) // len(self.own)
        count, offset = each * self.count, each * self.own[0]
        loss, scalars = torch.zeros((), device=self.device), Scalars()
        kind = "penalties" if phase.is_penalty else "losses"
        bfloat16 = self.recipe.precision == "bfloat16" and not phase.full_precision
        for start in range(each * place, each * (place + 1), micro_batch):
            stop = min(each * (place + 1), start + micro_batch)
            share = (stop - start) / count
            # The cache of casts is common to all threads, and which of them fills it is a matter of chance.
            with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16, cache_enabled=self.count == 1):
                rng = StepRandom(address, count, offset + start, offset + stop, self.device)
                result = phase.loss(batch.rows(start, stop), rng)
            (result.loss * share).backward()
            loss = loss + result.loss.detach() * share
            scalars.append(({f"{kind}.{phase.label}": result.loss.detach(), **result.scalars}, share))
        return loss, scalars


def add_up(parts: Sequence[list[Tensor]]) -> None:
    """Add all parts to the first, in place, along a binary tree: the halves of the parts, the halves of those ...

    parts: Lists of as many tensors each.
    """
    if len(parts) > 1:
        half = len(parts) // 2
        add_up(parts[:half])
        add_up(parts[half:])
        torch._foreach_add_(parts[0], parts[half])


def _in_the_form_of(results: list[Result], numbers: Iterator[float]) -> list[Result]:
    """Results with the names, types and shares of these, and with other numbers."""

    def tensor(like: Tensor) -> Tensor:
        return torch.tensor(next(numbers), dtype=like.dtype, device=like.device)

    return [
        (tensor(loss), [({name: tensor(each) for name, each in values.items()}, share) for values, share in scalars])
        for loss, scalars in results
    ]


def _sharing_weights(algorithm: Algorithm) -> Algorithm:
    """Another algorithm of the same kind whose players have the same weights in memory, and gradients of their own."""
    players: dict[str, Any] = copy.deepcopy(algorithm.players)
    for name, player in players.items():
        for own, shared in zip(player.parameters(), algorithm.players[name].parameters(), strict=True):
            own.data = shared.data
    return type(algorithm)(algorithm.recipe, players, algorithm.feature_net)


def _parameters(players: dict[str, nn.Module]) -> Parameters:
    return {name: list(player.parameters()) for name, player in players.items()}
