"""The processes of one training, which torchrun starts: what they exchange, and in which order it is added.

Every sum over the shards of a batch is taken along one fixed binary tree. Its lowest levels lie within a process, the
others between processes, so that the number of processes changes no bit of a result.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import IntEnum

import torch
from torch import Tensor
from torch import distributed as dist

from ..config.recipe import Recipe
from ..errors import UserError
from ..util.versions import versions

FIRST_SECONDS = 60  # for the first contact
ANSWER_SECONDS = 600  # a process that takes longer over its part of a step is taken for dead
ORDER_SECONDS = 7 * 24 * 3600  # for orders: the first process may learn features or score for long
SENTENCE_BYTES = 1024  # of a refusal
TIMED_SUMS = 3


class Order(IntEnum):
    """What the first process tells the others to do, each with one number."""

    END = 0
    BEGIN = 1  # the training of the run folder, from the checkpoint at this number of examples
    STEP = 2
    ROLL_BACK = 3  # to the checkpoint at this number of examples
    AUGMENT = 4  # more strongly
    SUM = 5  # this many numbers, to time it


class Processes:
    """A process that computes all shards alone; the base of the others.

    Attributes:
        rank: The number of this process; the first, 0, gives orders and writes files.
        count: The number of processes.
    """

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    def own(self, number: int) -> range:
        """What this process computes of so many shards, or examples, of a batch: an equal part of them."""
        each = number // self.count
        return range(self.rank * each, (self.rank + 1) * each)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace the tensors, sums over own shards, by the sums over the shards of all processes."""

    def gather(self, numbers: Sequence[float]) -> list[list[float]]:
        """The numbers of every process, as many of each, in the order of the processes."""
        return [list(numbers)]

    def tell(self, order: Order, number: int = 0) -> None:
        """Tell the other processes what to do, if this is the first."""

    def told(self) -> tuple[Order, int]:
        """Wait for what the first process tells."""
        raise NotImplementedError("a process alone takes no orders")

    def agree(self, refusal: str = "") -> None:
        """Wait for all processes. Raises UserError with the first refusal, a sentence, that one of them gave."""
        if refusal:
            raise UserError(refusal)

    def sum_seconds(self, numbers: int) -> float:
        """The time that adding this many numbers takes between all processes."""
        return 0.0


ALONE = Processes()


class Rehearsal(Processes):
    """The first of several processes without the others, to time its own part of a step."""

    def gather(self, numbers: Sequence[float]) -> list[list[float]]:
        return [list(numbers)] * self.count


class Group(Processes):
    """One of several processes that torchrun started, connected by torch.distributed.

    Args:
        device: Where the gradients are.
    """

    def __init__(self, device: torch.device):
        rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        super().__init__(rank, count)
        self._device = device
        if count & (count - 1):
            raise UserError(f"a training takes 2, 4, 8, 16 ... processes, not {count}; set --nproc-per-node")
        with _connected():
            dist.init_process_group("gloo", store=_store(), rank=rank, world_size=count)
            kind = "nccl" if device.type == "cuda" else "gloo"
            self._sums = dist.new_group(backend=kind, timeout=timedelta(seconds=ANSWER_SECONDS))
            self._numbers = dist.new_group(backend="gloo", timeout=timedelta(seconds=ANSWER_SECONDS))
            self._orders = dist.new_group(backend="gloo", timeout=timedelta(seconds=ORDER_SECONDS))
        self._refuse_other_versions()

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Recursive doubling: at each level two processes exchange their sums, and both add the same two numbers.

        Addition commutes to the bit, so all processes end with the same sums.
        """
        if not any(each.numel() for each in tensors):
            return
        total = torch.cat([each.reshape(-1) for each in tensors])
        other = torch.empty_like(total)
        for level in range(self.count.bit_length() - 1):
            partner = self.rank ^ (1 << level)
            transfers = [
                dist.P2POp(dist.isend, total, partner, self._sums),
                dist.P2POp(dist.irecv, other, partner, self._sums),
            ]
            with _connected():
                for work in dist.batch_isend_irecv(transfers):
                    work.wait()
            total += other
        for each, part in zip(tensors, total.split([each.numel() for each in tensors]), strict=True):
            each.copy_(part.view_as(each))

    def gather(self, numbers: Sequence[float]) -> list[list[float]]:
        return [each.tolist() for each in self._gathered(torch.tensor(numbers, dtype=torch.float64), self._numbers)]

    def tell(self, order: Order, number: int = 0) -> None:
        if self.rank == 0:
            self._broadcast(torch.tensor([order, number]))

    def told(self) -> tuple[Order, int]:
        order, number = self._broadcast(torch.zeros(2, dtype=torch.int64)).tolist()
        return Order(order), number

    def agree(self, refusal: str = "") -> None:
        if refusals := [sentence for sentence in self._sentences(refusal) if sentence]:
            raise UserError(refusals[0])

    def sum_seconds(self, numbers: int) -> float:
        self.tell(Order.SUM, numbers)
        started = time.perf_counter()
        self.take_part_in_sums(numbers)
        return (time.perf_counter() - started) / TIMED_SUMS

    def take_part_in_sums(self, numbers: int) -> None:
        """What every process does after the order SUM."""
        tensor = torch.zeros(numbers, device=self._device)
        for _ in range(TIMED_SUMS):
            self.add([tensor])

    def _broadcast(self, numbers: Tensor) -> Tensor:
        with _connected():
            dist.broadcast(numbers, 0, group=self._orders)
        return numbers

    def _gathered(self, tensor: Tensor, group: dist.ProcessGroup) -> list[Tensor]:
        found = [torch.empty_like(tensor) for _ in range(self.count)]
        with _connected():
            dist.all_gather(found, tensor, group=group)
        return found

    def _sentences(self, sentence: str) -> list[str]:
        """The sentence of every process."""
        written = sentence.encode()[:SENTENCE_BYTES].ljust(SENTENCE_BYTES, b"\0")
        found = self._gathered(torch.frombuffer(bytearray(written), dtype=torch.uint8), self._orders)
        return [bytes(each.tolist()).rstrip(b"\0").decode(errors="ignore") for each in found]

    def _refuse_other_versions(self) -> None:
        for number, theirs in enumerate(found := self._sentences(str(versions()))):
            if theirs != found[0]:
                raise UserError(
                    f"process {number + 1} has other versions ({theirs}) than process 1 ({found[0]}); install the same "
                    "on every machine"
                )


def refuse_unshared(recipe: Recipe, processes: Processes) -> None:
    """Raise UserError if the shards of an existing run cannot be shared by this number of processes."""
    assert recipe.shards
    if recipe.shards % processes.count:
        raise UserError(
            f"this run cuts its batches into {recipe.shards} shards, which {processes.count} processes cannot share "
            "equally; start another number of them"
        )


def _store() -> dist.Store:
    """What the processes use to find each other.

    torchrun keeps it when it starts them again, with addresses of dead ones, so that each start has a part of its own.
    """
    store, _, _ = next(dist.rendezvous("env://", timeout=timedelta(seconds=FIRST_SECONDS)))
    return dist.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)


def is_one_of_several() -> bool:
    """Whether torchrun started this process as one of several."""
    return dist.is_torchelastic_launched() and int(os.environ["WORLD_SIZE"]) > 1


def own_device(device: torch.device) -> torch.device:
    """The device of this process: of several GPUs, the one with its number on this machine."""
    if device.type == "cuda" and device.index is None and is_one_of_several():
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """The processes of this training: those that torchrun started with this one, or this one alone.

    When the first leaves this block, it ends the others.
    """
    if not is_one_of_several():
        yield ALONE
        return
    group = Group(device)
    try:
        yield group
    finally:
        with suppress(UserError):  # where the connection is lost, nobody listens
            group.tell(Order.END)
        dist.destroy_process_group()


@contextmanager
def _connected() -> Iterator[None]:
    """Turns the errors of a connection, which torch raises as RuntimeError, into a sentence."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).splitlines()[0].rsplit("] ", 1)[-1].split(". ")[0].lower()  # without a place in C++
        raise UserError(
            f"the connection to the other processes is lost ({reason}): one of them ended or hangs, and its own "
            "message says why; run the same command to go on from what is saved"
        ) from None
