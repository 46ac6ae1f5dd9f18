"""Real examples by position: which ones a step sees depends on how many were seen, on nothing else."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch

from ..data.source import Source
from ..draws import numpy_generator
from ..games import Batch
from ..modalities import Codec


class Feed:
    """Batches of encoded training examples in an order drawn anew each epoch; the next one is prepared while a step computes."""

    def __init__(self, source: Source, codec: Codec, batch: int, seed: int, device: torch.device, channels_last: bool = False):
        self.source, self.codec, self.batch, self.seed, self.device = source, codec, batch, seed, device
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.waited = 0.0  # seconds the training spent waiting for data since this was last set to 0
        self._orders: dict[tuple[int, int], np.ndarray] = {}
        self._ahead: tuple[tuple[int, int], Future] | None = None
        self._worker = ThreadPoolExecutor(1, "feed")

    def at(self, images: int, attempt: int) -> Batch:
        """The batch shown after `images` real examples, on the device."""
        start = time.perf_counter()
        wanted = (images, attempt)
        ahead = self._ahead[1] if self._ahead and self._ahead[0] == wanted else self._worker.submit(self._prepare, *wanted)
        real, labels = ahead.result()
        following = (images + self.batch, attempt)
        self._ahead = (following, self._worker.submit(self._prepare, *following))
        self.waited += time.perf_counter() - start
        condition = None if labels is None else {"class": labels.to(self.device, non_blocking=True)}
        return Batch(real.to(self.device, non_blocking=True), condition)

    def indices(self, images: int, attempt: int) -> np.ndarray:
        """Which training examples the batch after `images` holds."""
        count = self.source.count("train")
        positions = np.arange(images, images + self.batch)
        epochs = positions // count
        return np.concatenate([self._order(epoch, attempt)[positions[epochs == epoch] % count] for epoch in np.unique(epochs)])

    def _prepare(self, images: int, attempt: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        indices = self.indices(images, attempt)
        real = self.codec.encode(self.source.values(indices)).contiguous(memory_format=self.format)
        labels = torch.from_numpy(self.source.labels(indices)) if self.source.classes else None
        if self.device.type == "cuda":
            real, labels = real.pin_memory(), labels.pin_memory() if labels is not None else None
        return real, labels

    def _order(self, epoch: int, attempt: int) -> np.ndarray:
        wanted = (int(epoch), attempt)
        if wanted not in self._orders:
            while len(self._orders) >= 3:
                del self._orders[next(iter(self._orders))]
            self._orders[wanted] = numpy_generator(self.seed, attempt, "order", int(epoch)).permutation(self.source.count("train"))
        return self._orders[wanted]
