"""New samples as files."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from .. import sampling
from ..errors import UserError
from ..gan import load

MOST_VALUES = 4 << 30  # pixels times channels


def generate_files(
    run: Path,
    out: Path,
    count: int,
    *,
    seed: int = 0,
    label: str | int | None = None,
    truncation: float | None = None,
    batch_size: int = 64,
    grid: bool = False,
) -> list[Path]:
    """Write `count` samples of a run to `out` (a folder of single files, or one file by its suffix) and return what was written.

    Sample i depends on (seed, i), label and truncation alone: the files are the same whatever the batch size, which says how many
    samples are in the making at once.
    """
    gan = load(run)
    needed = count * prod(gan.codec.shape)
    if needed > MOST_VALUES:
        raise UserError(f"{count:,} samples of this model do not fit into memory at once; make them in several goes with other seeds")
    whole = max(sampling.CHUNK, batch_size // sampling.CHUNK * sampling.CHUNK)  # whole chunks, so that every pass has the same shape
    parts = []
    for start in range(0, count, whole):
        indices = range(start, min(count, start + whole))
        parts.append(gan.at(indices, seed, label, truncation))
    numbers = gan.labels(range(count), seed, label)
    names = None if numbers is None else [gan.classes[number] for number in numbers]
    return gan.modality.write(np.concatenate(parts), names, out, grid)
