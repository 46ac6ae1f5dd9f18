"""New samples as files."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..networks import sampling
from .generator import load

MOST_VALUES = 4 << 30  # pixels times channels


def generate_files(
    run: Path,
    out: Path,
    count: int,
    *,
    seed: int = 0,
    label: str | int | None = None,
    truncation: float | None = None,
    where: str | None = None,
    length: int | None = None,
    batch_size: int = 64,
    grid: bool = False,
) -> list[Path]:
    """Write `count` samples of a run to `out` (a folder of single files, or one file by its suffix) and return what was written.

    Sample i depends on (seed, i), label, truncation, where and length alone: the files are the same whatever the batch size, which says how many
    samples are in the making at once.
    """
    gan = load(run)
    chunk = sampling.chunk(gan.generator)
    whole = max(chunk, batch_size // chunk * chunk)  # whole chunks, so that every pass has the same shape
    parts = (gan.at(range(start, min(count, start + whole)), seed, label, truncation, where, length) for start in range(0, count, whole))
    if gan.modality.writes_stream and not grid:
        return gan.modality.write_stream(parts, out, gan.codec, seed)
    needed = count * prod(gan.codec.shape) * ((length or 0) // gan.codec.shape[0] + 1)
    if needed > MOST_VALUES:
        raise UserError(f"{count:,} samples of this model do not fit into memory at once; make them in several goes with other seeds")
    numbers = gan.labels(range(count), seed, label)
    names = None if numbers is None else [gan.classes[number] for number in numbers]
    return gan.modality.write(np.concatenate(list(parts)), names, out, grid, gan.codec, seed)
