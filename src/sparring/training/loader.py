"""Real examples by position: which ones a step sees depends on how many were seen, on nothing else."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch

from ..algorithms import Batch
from ..data.source import Source, Split, TranslationSource
from ..modalities import Codec
from ..util.random import derive_seed, make_rng

ORDERS_KEPT = 3  # epochs whose order is remembered


def batch_of(source: Source, codec: Codec, indices: np.ndarray, split: Split, seed: int = 0) -> Batch:
    """Examples of a source, encoded, with their conditions: classes, inputs, and extras drawn from `seed`."""
    condition = {}
    if source.classes:
        condition["class"] = torch.from_numpy(source.labels(indices, split))
    if isinstance(source, TranslationSource):
        condition["input"] = codec.input.encode(source.input_values(indices, split, seed))
    for name, each in source.extras(indices, split, seed).items():
        condition[name] = torch.from_numpy(each) if each.ndim == 1 else codec.encode(each)
    return Batch(codec.encode(source.values(indices, split)), condition or None)


class Loader:
    """Batches of encoded training examples, in an order drawn anew for each epoch.

    The next batch is prepared in a thread while a step computes.

    waited: Seconds that the training spent waiting for data since this was last set to 0.

    Args:
        source: The data.
        codec: Its codec.
        batch: Examples of a batch.
        seed: Of the order and of what is drawn with the examples.
        device: Where batches are needed.
        channels_last: Whether they are pictures for convolutional networks.
    """

    def __init__(
        self, source: Source, codec: Codec, batch: int, seed: int, device: torch.device, channels_last: bool = False
    ):
        self.source, self.codec, self.batch, self.seed, self.device = source, codec, batch, seed, device
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.waited = 0.0
        self._orders: dict[tuple[int, int], np.ndarray] = {}
        self._ahead: tuple[tuple[int, int], Future] | None = None
        self._worker = ThreadPoolExecutor(1, "loader")

    def at(self, examples: int, attempt: int) -> Batch:
        """The batch that is shown after `examples` real examples, on the device."""
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
        """Which training examples the batch after `examples` holds."""
        count = self.source.count("train")
        positions = np.arange(examples, examples + self.batch)
        epochs = positions // count
        parts = [self._order(epoch, attempt)[positions[epochs == epoch] % count] for epoch in np.unique(epochs)]
        return np.concatenate(parts)

    def _prepare(self, examples: int, attempt: int) -> tuple[torch.Tensor, dict[str, torch.Tensor] | None]:
        seed = derive_seed(self.seed, attempt, "given", examples)
        found = batch_of(self.source, self.codec, self.indices(examples, attempt), "train", seed)
        real, condition = found.real.contiguous(memory_format=self.format), found.condition
        if self.device.type == "cuda":
            real = real.pin_memory()
            condition = condition and {name: value.pin_memory() for name, value in condition.items()}
        return real, condition

    def _order(self, epoch: int, attempt: int) -> np.ndarray:
        wanted = (int(epoch), attempt)
        if wanted not in self._orders:
            while len(self._orders) >= ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
            rng = make_rng(self.seed, attempt, "order", int(epoch))
            self._orders[wanted] = rng.permutation(self.source.count("train"))
        return self._orders[wanted]
