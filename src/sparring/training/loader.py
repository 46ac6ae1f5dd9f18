"""Batches of real examples. Which examples a step sees depends only on the seed, the attempt and the examples seen."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch

from ..algorithms import Batch
from ..data.source import Source, Split, TranslationSource
from ..modalities import Codec
from ..util.random import MAX_ORDER, derive_seed, shuffled
from .processes import ALONE, Processes

ORDERS_KEPT = 3  # epochs whose order stays in memory


def batch_of(source: Source, codec: Codec, indices: np.ndarray, split: Split, seed: int = 0) -> Batch:
    """Encoded examples of a source with their conditions: classes, inputs and extras.

    seed: The seed of random degradations and extras.
    """
    condition = {}
    if source.classes:
        condition["class"] = torch.from_numpy(source.labels(indices, split))
    if isinstance(source, TranslationSource):
        condition["input"] = codec.input.encode(source.input_values(indices, split, seed))
    for name, each in source.extras(indices, split, seed).items():
        condition[name] = torch.from_numpy(each) if each.ndim == 1 else codec.encode(each)
    return Batch(codec.encode(source.values(indices, split)), condition or None)


class Loader:
    """Batches of encoded training examples, in a new random order for each epoch.

    A thread prepares the next batch while a step computes.

    waited: Seconds that the training waited for data since `waited` was last set to 0.

    Args:
        source: The data.
        codec: The codec of the data.
        batch: Examples in a batch.
        seed: The seed of the order, of random degradations and of extras.
        device: The device of the batches.
        channels_last: Whether the examples have the memory format channels_last, for convolutional networks.
        processes: Those of the training. Each reads its part of a batch only.
    """

    def __init__(
        self,
        source: Source,
        codec: Codec,
        batch: int,
        seed: int,
        device: torch.device,
        channels_last: bool = False,
        processes: Processes = ALONE,
    ):
        self.source, self.codec, self.batch, self.seed, self.device = source, codec, batch, seed, device
        self.own = processes.own(batch)
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.waited = 0.0
        self._orders: dict[tuple[int | str, ...], np.ndarray] = {}
        self._ahead: tuple[tuple[int, int], Future] | None = None
        self._worker = ThreadPoolExecutor(1, "loader")

    def at(self, examples: int, attempt: int) -> Batch:
        """Own examples of the batch that follows after `examples` examples seen, on the device."""
        started = time.perf_counter()
        wanted = (examples, attempt)
        ahead = (
            self._ahead[1] if self._ahead and self._ahead[0] == wanted else self._worker.submit(self._prepare, *wanted)
        )
        real, condition = ahead.result()
        following = (examples + self.batch, attempt)
        self._ahead = (following, self._worker.submit(self._prepare, *following))
        self.waited += time.perf_counter() - started
        return Batch(real, condition).to(self.device)

    def indices(self, examples: int, attempt: int) -> np.ndarray:
        """The indices of own training examples in the batch that follows after `examples` examples seen."""
        count = self.source.count("train")
        positions = examples + np.asarray(self.own)
        epochs = positions // count
        parts = [self._ordered(positions[epochs == epoch] % count, int(epoch), attempt) for epoch in np.unique(epochs)]
        return np.concatenate(parts)

    def _prepare(self, examples: int, attempt: int) -> tuple[torch.Tensor, dict[str, torch.Tensor] | None]:
        seed = derive_seed(self.seed, attempt, "given", examples)
        found = batch_of(self.source, self.codec, self.indices(examples, attempt), "train", seed)
        real, condition = found.real.contiguous(memory_format=self.format), found.condition
        if self.device.type == "cuda":
            real = real.pin_memory()
            condition = condition and {name: value.pin_memory() for name, value in condition.items()}
        return real, condition

    def _ordered(self, places: np.ndarray, epoch: int, attempt: int) -> np.ndarray:
        """The indices at these places in the order of an epoch."""
        count, address = self.source.count("train"), (self.seed, attempt, "order", epoch)
        if count > MAX_ORDER:
            return shuffled(places, count, *address)
        if address not in self._orders:
            while len(self._orders) >= ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
            self._orders[address] = shuffled(np.arange(count), count, *address)
        return self._orders[address][places]
