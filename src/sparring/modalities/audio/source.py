"""Sounds, opened: decoded, brought to one rate and one length, split and numbered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data import archives, arrays, readers
from ...data.arranged import ArrangedSource, hashes_of_wholes, skipped_summary
from ...data.contents import Contents
from ...data.in_memory import InMemory
from ...data.options import OpenContext
from ...data.source import ScanReport
from ...data.splits import Arrangement, arrange
from ...errors import UserError
from ...signals import faults
from . import windows
from .options import AudioOptions
from .scan import Scan, scan

FEW_FILES = 10  # from which on windows of one recording are held out together
MAX_BYTES = 8 << 30  # of all values together, which lie in memory


class AudioSource(ArrangedSource):
    """Values are float32, N x channels x samples, full scale at -1 and 1; exact zeros follow the end of each.

    rate: samples a second. bits: 16, or 24 where some file is deeper.
    """

    modality, unit = "audio", "sounds"

    def __init__(
        self,
        name: str,
        values: np.ndarray,
        done: Arrangement,
        hashes: Sequence[bytes],
        rate: int,
        bits: int,
        report: ScanReport,
    ):
        self.rate, self.bits = rate, bits
        super().__init__(name, values, done, hashes, report)

    def about_values(self) -> list[str]:
        return [f"{self.rate} Hz"]

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "rate": self.rate}


def open_path(path: Path, options: AudioOptions, context: OpenContext) -> AudioSource:
    """Open the sounds of a folder, an archive or a file. Raises UserError where none is usable."""
    if path.is_file() and not archives.is_archive(path) and path.suffix.lower() not in (".npy", ".npz", ".parquet"):
        contents = readers.single_file(path)
    else:
        contents = readers.read(path, options.labels, options.encoding)
    try:
        return build(readers.name_of(path, "sounds"), contents, options, context)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def open_in_memory(memory: InMemory, options: AudioOptions, context: OpenContext) -> AudioSource:
    """Open an array of sounds: N x samples, or with an axis of channels. Raises UserError for other objects."""
    contents = arrays.from_memory(memory, "sounds", "give an array, N x samples or N x channels x samples", 2)
    return build("sounds", contents, options, context)


def build(name: str, contents: Contents, options: AudioOptions, context: OpenContext) -> AudioSource:
    """Scan contents and arrange them into a source."""
    like = context.like
    if like is not None:
        kind = "mono" if like.channels == 1 else "stereo"
        options = options.model_copy(update={"rate": like.rate, "channels": kind, "seconds": like.length / like.rate})
    found = scan(contents, options)
    how = windows.choose(found.lengths, found.rate, options.seconds)
    values, files, dropped = _values(found, how)
    hashes = [hashlib.sha256(value.tobytes()).digest() for value in values]
    every, kept = list(contents.each()), [found.kept[number] for number in files]
    apart = len(found.kept) < FEW_FILES
    together = hashes if apart else hashes_of_wholes(files, hashes)
    done = arrange([every[index] for index in kept], together, contents, options.labels, options.label_level)
    report = ScanReport(
        lengths=_by_seconds(found.lengths, found.rate),
        modes=dict(found.kinds.most_common()),
        skipped=[*contents.skipped, *found.skipped, *done.skipped],
    )
    source = AudioSource(name, values, done, hashes, found.rate, found.bits, report)
    pieces = _about_windows(len(found.kept), len(values), dropped, apart) if how.windows else []
    about = (_hours(found), *found.notes, *how.notes, *pieces)
    source.notes = (*contents.notes, *about, *done.notes, *skipped_summary(report, "sounds"))
    return source


def _values(found: Scan, how: windows.Cut) -> tuple[np.ndarray, list[int], int]:
    """All values; the number of the sound that each is of; and how many silent windows were left out."""
    needed = 4 * found.channels * how.length * max(len(found.kept), sum(found.lengths) // how.length)
    if needed > MAX_BYTES:
        raise UserError(
            f"these sounds need {needed / 2**30:.0f} GB of memory, and {MAX_BYTES >> 30} GB is the most: ask for a "
            "lower --rate, for --channels mono, or give fewer files"
        )
    parts, files, dropped = list[np.ndarray](), list[int](), 0
    for number, sound in enumerate(found.sounds):
        for part in windows.cut(sound, found.rate, how):
            if faults.silent(part).all():
                dropped += 1
                continue
            parts.append(part)
            files.append(number)
    if not parts:
        raise UserError("every window of these recordings is silent: ask for longer ones with --seconds")
    return np.stack(parts), files, dropped


def _by_seconds(lengths: Sequence[int], rate: int) -> dict[str, int]:
    """How many sounds have each length, in bands that double."""
    bounds, counts = [0, 0.25, 0.5, 1, 2, 4, 8, 16, 60, float("inf")], dict[str, int]()
    for low, high in zip(bounds, bounds[1:], strict=False):
        count = sum(low < length / rate <= high for length in lengths)
        if count:
            counts[f"up to {high:g} s" if high < float("inf") else "longer"] = count
    return counts


def _hours(found: Scan) -> str:
    seconds = [length / found.rate for length in found.lengths]
    total = sum(seconds)
    amount = (
        f"{total / 3600:.1f} hours" if total > 5400 else f"{total / 60:.1f} minutes" if total > 90 else f"{total:.3g} s"
    )
    sides = "mono" if found.channels == 1 else "stereo"
    return (
        f"{len(seconds):,} sounds, {amount}, {min(seconds):.2g} to {max(seconds):.3g} s each (half up to "
        f"{np.median(seconds):.2g} s), {found.rate:,} Hz, {sides}."
    )


def _about_windows(files: int, values: int, dropped: int, apart: bool) -> list[str]:
    silent = f", without {dropped:,} that are silent" if dropped else ""
    held = (
        f"as there are fewer than {FEW_FILES} recordings, windows of one are held out too, so that scores look better "
        "than for others."
        if apart
        else "those of one recording stay together when some are held out."
    )
    return [f"{files:,} recordings give {values:,} windows{silent}; {held}"]
