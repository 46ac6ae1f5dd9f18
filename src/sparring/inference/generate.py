"""New samples as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .generator import Gan, load

MAX_VALUES = 4 << 30  # pixels times channels of all samples together


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
    fps: float | None = None,
    first: int = 0,
    temperature: float | None = None,
    prompt: str | None = None,
    candidates: int | None = None,
    copies: float | None = None,
    batch_size: int = 64,
    grid: bool = False,
    device: str = "cpu",
    note: Callable[[str], None] = lambda sentence: None,
) -> list[Path]:
    """Writes `count` samples of a run.

    Args:
        run: The run folder.
        out: A folder for single files, or one file, by its suffix.
        count: Number of samples.
        seed, label, truncation, where, length, fps, temperature, prompt, candidates, copies: See Gan.at; windows are
            joined. The files depend on these alone.
        first: Number of the first sample, where samples are written a part at a time: tables.
        batch_size: Samples that are in memory at once, rounded down to whole forward passes.
        grid: One sheet of all samples, whatever the count.
        device: See `load`.
        note: Is told what the file cannot hold.

    Returns:
        The paths written.

    Raises:
        UserError: As Gan.at, the samples do not fit into memory, or files in a folder would be replaced.
    """
    gan = load(run, device)
    options = {"seed": seed, "label": label, "truncation": truncation, "where": where, "length": length}
    options |= {"fps": fps, "temperature": temperature, "prompt": prompt, "candidates": candidates, "copies": copies}
    return write_samples(gan, out, count, options, first=first, batch_size=batch_size, grid=grid, note=note)


def write_samples(
    gan: Gan,
    out: Path,
    count: int,
    options: Mapping[str, Any],
    *,
    first: int = 0,
    batch_size: int = 64,
    grid: bool = False,
    note: Callable[[str], None] = lambda sentence: None,
    values: np.ndarray | None = None,
    max_values: int = MAX_VALUES,
) -> list[Path]:
    """Writes samples of a generator that is loaded, as `generate_files` does.

    options: `seed`, `label`, and what else Gan.at takes. values: The samples, where they are made already. max_values:
    pixels times channels of all samples that are written at once.
    """
    chunk = gan.generator.chunk_size
    size, end = max(chunk, batch_size // chunk * chunk), first + count
    numbered = (range(at, min(end, at + size)) for at in range(first, end, size))
    parts: Iterable[np.ndarray] = (gan.at(part, joined=True, **options) for part in numbered)
    if values is not None:
        parts = [values]
    seed, label, length, fps = options["seed"], options["label"], options["length"], options.get("fps")
    if first and (grid or not gan.modality.writes_stream):
        raise UserError("--first is for parts of a table; other samples have a seed of their own for each part")
    if gan.modality.writes_stream and not grid:
        _refuse_overwriting(out, gan, count, grid)
        return gan.modality.write_stream(parts, out, gan.codec, seed, first)
    codec = gan.codec if fps is None else gan.modality.codec_at(gan.codec, fps)
    _refuse_too_many(gan, count, length, max_values)
    _refuse_overwriting(out, gan, count, grid)
    if lost := gan.modality.lost_in(out, codec, count, grid):
        note(lost)
    numbers = gan.labels(range(count), seed, label)
    names = None if numbers is None else [gan.classes[number] for number in numbers]
    return gan.modality.write(np.concatenate(list(parts)), names, out, grid, codec, seed)


def _refuse_too_many(gan: Gan, count: int, length: int | None, max_values: int) -> None:
    longest = length if length is not None else gan.modality.max_joined_length(gan.codec)
    needed = count * prod(gan.codec.shape) * ((longest or 0) // gan.codec.shape[0] + 1)
    if needed > max_values:
        raise UserError(
            f"{count:,} samples of this model do not fit into memory; make them in several goes, other seeds"
        )


def _refuse_overwriting(out: Path, gan: Gan, count: int, grid: bool) -> None:
    """A folder may hold what somebody needs; a file that is named whole is meant to be replaced."""
    if not out.is_dir():
        return
    if (out / "recipe.yaml").is_file():
        raise UserError(f"{out} is the folder of a run: name another place for the samples")
    held = {entry.name for entry in out.iterdir()}
    names = gan.modality.names_in_folder(gan.codec, count, grid) if held else ()
    if there := next((name for name in names if name in held), None):
        raise UserError(f"{out} holds {there} already, which stays as it is: name another folder, or empty this one")
