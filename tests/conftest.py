"""Small sources and a cache of its own for every test session."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from sparring.data.source import ScanReport, Source


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


class ArraySource(Source):
    """Pictures made from a seed: each class a bright bar at its own height, so that there is something to learn."""

    modality, fit = "image", "crop"

    def __init__(self, shape=(1, 8, 8), classes=3, train=120, test=30, seed=0):
        self.shape, self.classes, self.name = shape, tuple(f"class {number}" for number in range(classes)), "bars"
        rng = np.random.default_rng(seed)
        self._labels = {split: np.arange(count) % max(1, classes) for split, count in (("train", train), ("test", test), ("validation", 0))}
        self._values = {split: rng.integers(0, 60, (len(labels), *shape), dtype=np.uint8) for split, labels in self._labels.items()}
        for split, labels in self._labels.items():
            for picture, label in zip(self._values[split], labels, strict=True):
                picture[:, int(label * shape[1] / max(1, classes))] += 180
        self.content_hash = hashlib.sha256(
            b"".join(self._values[split].tobytes() for split in ("train", "test")) + str(self.classes).encode()
        ).hexdigest()
        counts = {name: int((self._labels["train"] == number).sum()) for number, name in enumerate(self.classes)}
        self.notes, self.report = (), ScanReport(counts={"train": train, "test": test}, labels=counts)

    def count(self, split="train"):
        return len(self._labels[split])

    def values(self, indices, split="train"):
        return self._values[split][indices]

    def labels(self, indices, split="train"):
        return self._labels[split][indices].astype(np.int64)


@pytest.fixture
def bars():
    return ArraySource()
