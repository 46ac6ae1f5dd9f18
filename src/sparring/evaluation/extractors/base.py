"""What every extractor does: values -> features, whatever the batches, with a description for fingerprints."""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...data.source import Source, Split
from ...metrics.feature_net import Progress
from . import cache

BLOCK = 2048  # examples of a source in one cached file: an interruption costs at most so many
MAX_NUMBERS = 1 << 26  # float32 numbers in one chunk of values


class Extracted(NamedTuple):
    """The features of N values and, if the extractor knows classes, the probabilities of K classes."""

    features: np.ndarray  # float32, N x D
    probabilities: np.ndarray | None = None  # float32, N x K


@dataclass(frozen=True)
class Options:
    """What the builder of an extractor is given."""

    weights: Path | None = None
    device: str = "cpu"
    progress: Progress | None = None  # of building


class Extractor(ABC):
    """Maps decoded values (pictures: N x C x H x W, from 0 to 255) to features.

    Values go through `extract` in chunks of `chunk`, counted from the first value; the last chunk is filled up. So
    features do not depend on the caller's batches, not even in the last bit.
    """

    name: str
    width: int  # D
    classes: int = 0  # K; 0 where there are no probabilities
    chunk: int = 32
    cached: bool = True  # whether features are worth a place on the disk
    fast: bool = False  # thousands of values a second on a CPU
    notes: tuple[str, ...] = ()  # sentences for the user

    @abstractmethod
    def extract(self, values: np.ndarray) -> Extracted:
        """The features of one chunk. Raises UserError for unsuitable values."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Everything that the features depend on, as plain values: name, weights, resize, input, width."""

    def identity(self) -> str:
        """A hash of the description. Features with different identities must not be compared."""
        return hashlib.sha256(json.dumps(self.describe(), sort_keys=True).encode()).hexdigest()[:16]

    def __call__(self, values: np.ndarray) -> Extracted:
        """The features of any number of values."""
        return self.extract_batches([values])

    def extract_batches(
        self, batches: Iterable[np.ndarray], progress: Callable[[int], None] | None = None
    ) -> Extracted:
        """The features of values that come in batches of any sizes. `progress` is told how many are done."""
        found, done = [], 0
        for values in _chunks(batches, self.chunk):
            missing = self.chunk - len(values)
            filled = np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing else values
            features, probabilities = self.extract(filled)
            found.append(
                Extracted(features[: len(values)], None if probabilities is None else probabilities[: len(values)])
            )
            done += len(values)
            if progress:
                progress(done)
        return _joined(found, self)

    def extract_source(
        self,
        source: Source,
        split: Split = "train",
        indices: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> Extracted:
        """The features of these examples of a source (None: all of the split), from the cache where it has them.

        The cache is keyed by the source's contents, this extractor's identity, the split and the indices of a block of
        examples, so an interrupted extraction continues where it stopped.
        """
        indices = np.arange(source.count(split)) if indices is None else np.asarray(indices, dtype=np.int64)
        identity, blocks, what = self.identity(), [], f"{self.name} features of {source.name}"
        for start in range(0, len(indices), BLOCK):
            block = indices[start : start + BLOCK]
            key = cache.key(source.content_hash, identity, split, block)
            stored = cache.load(key, (len(block), self.width), (len(block), self.classes)) if self.cached else None
            if stored is None:
                found = self.extract_batches(
                    _read(source, split, block, self.chunk), _share(progress, start, len(indices), what)
                )
                if self.cached:
                    cache.store(key, found.features, found.probabilities)
            else:
                found = Extracted(*stored)
                if progress:
                    progress((start + len(block)) / len(indices), what)
            blocks.append(found)
        return _joined(blocks, self)


@contextmanager
def exact() -> Iterator[None]:
    """Full float32, without gradients, autocast and TF32 convolutions, whatever the caller's settings."""
    cudnn = torch.backends.cudnn
    flags = cudnn.flags(enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.no_grad(), torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False), flags:
        yield


def weights_hash(tensors: dict[str, Tensor]) -> str:
    """A hash of names and values, which does not depend on the kind of file."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def limit_chunk(chunk: int, shape: Sequence[int]) -> int:
    """The largest size of a chunk, at most `chunk`, whose values of this shape have at most MAX_NUMBERS numbers."""
    return max(1, min(chunk, MAX_NUMBERS // max(1, math.prod(shape))))


def array(tensor: Tensor) -> np.ndarray:
    """A tensor as a float32 array in the memory of the CPU."""
    return tensor.float().cpu().numpy()


def _chunks(batches: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    held: list[np.ndarray] = []
    count = 0
    for batch in batches:
        while len(batch):
            taken, batch = batch[: size - count], batch[size - count :]
            held.append(taken)
            count += len(taken)
            if count == size:
                yield np.concatenate(held)
                held, count = [], 0
    if held:
        yield np.concatenate(held)


def _read(source: Source, split: Split, indices: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(indices), size):
        yield source.values(indices[start : start + size], split)


def _share(progress: Progress | None, before: int, total: int, what: str) -> Callable[[int], None] | None:
    def share(done: int) -> None:
        if progress:
            progress((before + done) / total, what)

    return share if progress else None


def _joined(parts: list[Extracted], extractor: Extractor) -> Extracted:
    """Several results as one, of the right width even where there are none."""
    features = [np.zeros((0, extractor.width), np.float32), *(part.features for part in parts)]
    probabilities = [
        np.zeros((0, extractor.classes), np.float32),
        *(part.probabilities for part in parts if part.probabilities is not None),
    ]
    return Extracted(np.concatenate(features), np.concatenate(probabilities) if extractor.classes else None)
