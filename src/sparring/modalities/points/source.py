"""Simulated points in the plane: their modes can be seen and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from ...data.options import DataOptions
from ...data.source import ScanReport, SimulatedSource, Split
from ...errors import UserError

COUNTS: dict[Split, int] = {"train": 50_000, "validation": 0, "test": 10_000}
SEED = 2014
RING = 2 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
GRID = np.array([(x, y) for y in range(-4, 5, 2) for x in range(-4, 5, 2)], dtype=float)


Drawn = tuple[np.ndarray, np.ndarray]  # points, N x 2, and the modes they come from


class PointsSource(SimulatedSource):
    """Values are float32, N x 2."""

    modality, unit = "points", "points"

    def __init__(
        self, name: str, parts: dict[Split, Drawn], centres: np.ndarray | None, std: float | None, labelled: bool
    ):
        self.name, self.shape, self.centres, self.std = name, (2,), centres, std
        self.classes = tuple(str(mode) for mode in range(len(centres))) if labelled and centres is not None else ()
        self._parts = parts
        counts = np.bincount(parts["train"][1], minlength=len(self.classes)).tolist()
        self.report = ScanReport(
            counts={split: len(values) for split, (values, _) in parts.items()},
            labels=dict(zip(self.classes, counts, strict=False)),
        )
        modes = (
            f"{len(centres)} normal distributions of standard deviation {std:g}"
            if centres is not None
            else "a spiral with noise"
        )
        self.notes = (f"Simulated points in the plane: {modes}.",)
        content = hashlib.sha256(repr(self.classes).encode())
        for split in sorted(parts):
            content.update(
                split.encode() + parts[split][0].tobytes() + (parts[split][1].tobytes() if self.classes else b"")
            )
        self.content_hash = content.hexdigest()

    def count(self, split: Split = "train") -> int:
        return len(self._parts[split][0])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._parts[split][0][np.asarray(indices, dtype=np.int64)]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._parts[split][1][np.asarray(indices, dtype=np.int64)]


def open_name(name: str, options: DataOptions) -> PointsSource:
    """`ring` (8 modes), `grid` (25 modes) or `swiss-roll`: always the same 50,000 training and 10,000 test points.

    Raises UserError where labels are asked for that these points do not have.
    """
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}': its labels are the modes (auto) or none.")
    rng = np.random.Generator(np.random.Philox(SEED))
    draw, centres, std = SETS[name]
    parts = {split: draw(rng, count) for split, count in COUNTS.items()}
    return PointsSource(name, parts, centres, std, options.labels == "auto")


def _mixture(centres: np.ndarray, std: float) -> Callable[[np.random.Generator, int], Drawn]:
    def draw(rng: np.random.Generator, count: int) -> Drawn:
        modes = rng.integers(len(centres), size=count)
        return (centres[modes] + std * rng.standard_normal((count, 2))).astype(np.float32), modes.astype(np.int64)

    return draw


def _swiss_roll(rng: np.random.Generator, count: int) -> Drawn:
    turn = 1.5 * np.pi * (1 + 2 * rng.random(count))
    roll = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 7
    return (roll + 0.05 * rng.standard_normal((count, 2))).astype(np.float32), np.zeros(count, np.int64)


SETS: dict[str, tuple[Callable[[np.random.Generator, int], Drawn], np.ndarray | None, float | None]] = {
    "ring": (_mixture(RING, 0.02), RING, 0.02),  # radius and deviation: Metz et al. 2017 (arXiv:1611.02163), appendix A
    "grid": (_mixture(GRID, 0.05), GRID, 0.05),  # spacing 2
    "swiss-roll": (_swiss_roll, None, None),
}
