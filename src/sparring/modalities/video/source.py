"""Films, opened: decoded, brought to one size and one frame rate, cut, split and numbered."""

from __future__ import annotations

import hashlib
from collections import Counter
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
from . import windows
from .options import MAX_RATE, VideoOptions
from .scan import Scan, parts_of, scan

FEW_FILMS = 10  # from which on windows of one film are held out together
MAX_BYTES = 8 << 30  # of all values together, which lie in memory
ARRAYS = (".npy", ".npz", ".parquet")


class VideoSource(ArrangedSource):
    """Values are uint8, N x frames x channels x height x width.

    fps: frames a second. whole: is every value a film from its beginning? fit: how frames are brought to the size.
    """

    modality, unit = "video", "films"

    def __init__(
        self,
        name: str,
        values: np.ndarray,
        done: Arrangement,
        hashes: Sequence[bytes],
        report: ScanReport,
        fps: float,
        whole: bool,
        fit: str,
    ):
        self.fps, self.whole, self.fit = fps, whole, fit
        super().__init__(name, values, done, hashes, report)

    def about_values(self) -> list[str]:
        return [f"{self.fps:g} frames a second"]

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "fps": self.fps}


def open_path(path: Path, options: VideoOptions, context: OpenContext) -> VideoSource:
    """Open the films of a folder, an archive or a file. Raises UserError where none is usable."""
    if path.is_file() and not archives.is_archive(path) and path.suffix.lower() not in ARRAYS:
        contents = readers.single_file(path)
    else:
        contents = readers.read(path, options.labels, options.encoding)
    try:
        return build(readers.name_of(path, "films"), contents, options, context)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def open_in_memory(memory: InMemory, options: VideoOptions, context: OpenContext) -> VideoSource:
    """Open an array of films: N x frames x height x width, or with channels. Raises UserError for other objects."""
    contents = arrays.from_memory(memory, "films", "give an array of them, N x frames x height x width")
    return build("films", contents, options, context)


def build(name: str, contents: Contents, options: VideoOptions, context: OpenContext) -> VideoSource:
    """Scan contents and arrange them into a source. Raises UserError where no film is usable."""
    fit = options.fit or context.fit or "crop"
    if fit == "patches":
        raise UserError("films are not cut into patches: use --fit crop, pad or stretch")
    like = context.like
    if like is not None:
        same = {"size": (like.height, like.width), "frames": like.frames, "fps": like.fps, "fit": like.fit}
        options = options.model_copy(update=same)
    if options.fps is None and 0 < contents.numbers.get("fps", 0) <= MAX_RATE:
        options = options.model_copy(update={"fps": contents.numbers["fps"]})
    found = scan(contents, options, context)
    how = windows.choose(found.lengths, options.frames)
    values, films, cuts = _values(found, how)
    hashes = [hashlib.sha256(value.tobytes()).digest() for value in values]
    items = [found.clips[found.kept[film]].item for film in films]
    apart = len(found.kept) < FEW_FILMS
    done = arrange(
        items, hashes if apart else hashes_of_wholes(films, hashes), contents, options.labels, options.label_level
    )
    report = ScanReport(
        sizes={f"{height}x{width}": count for (height, width), count in found.sizes.most_common()},
        lengths=_by_frames(found.lengths),
        modes=dict(found.kinds.most_common()),
        skipped=[*contents.skipped, *found.skipped, *done.skipped],
    )
    source = VideoSource(name, values, done, hashes, report, found.fps, how.whole, fit)
    about = (_amount(found), *found.notes, *how.notes, *_about_windows(found, len(values), cuts, how, apart))
    source.notes = (*contents.notes, *about, *done.notes, *skipped_summary(report, "films"))
    return source


def _values(found: Scan, how: windows.Cut) -> tuple[np.ndarray, list[int], tuple[int, int]]:
    """All values; the film that each is of; how many cuts there are, and parts between them that are too short."""
    channels = 3 if found.mode == "RGB" else 1
    needed = channels * found.size[0] * found.size[1] * sum(found.lengths)
    if needed > MAX_BYTES:
        raise UserError(
            f"these films need {needed / 2**30:.0f} GB of memory, and {MAX_BYTES >> 30} GB is the most: ask for a "
            "smaller --size, a lower --fps, or give fewer films"
        )
    parts, films, cuts, short = list[np.ndarray](), list[int](), 0, 0
    for number, film in enumerate(found.films):
        scenes = parts_of(found, film)
        cuts += len(scenes) - 1
        before = len(parts)
        short += sum(len(scene) < how.frames for scene in scenes) if len(scenes) > 1 else 0
        for scene in scenes:
            for start in windows.starts(len(scene), how):
                parts.append(scene[start : start + how.frames])
                films.append(number)
        if len(parts) == before:
            shown = found.clips[found.kept[number]].item.shown
            within = " between two cuts" if len(scenes) > 1 else ""
            found.skipped.append((shown, f"too short: fewer than {how.frames} frames{within}"))
    if not parts:
        raise UserError(f"no film has {how.frames} frames without a cut: ask for fewer with --frames")
    return np.stack(parts), films, (cuts, short)


def _by_frames(lengths: Sequence[int]) -> dict[str, int]:
    """How many films have each length, in bands that double where there are many lengths."""
    counts = Counter(lengths)
    if len(counts) <= 8:
        return {f"{length:,} frames": counts[length] for length in sorted(counts)}
    bounds = [2**power for power in range(1, 24)]
    banded = {f"up to {high:,} frames": sum(high // 2 < each <= high for each in lengths) for high in bounds}
    return {band: count for band, count in banded.items() if count}


def _amount(found: Scan) -> str:
    frames = np.array(found.lengths)
    each = f"{frames.min():,}" if frames.min() == frames.max() else f"{frames.min():,} to {frames.max():,}"
    colour = "colour" if found.mode == "RGB" else "grey"
    return f"{len(frames):,} films, {each} frames each, {found.fps:g} frames a second, {colour}."


def _about_windows(found: Scan, values: int, cuts: tuple[int, int], how: windows.Cut, apart: bool) -> list[str]:
    notes = []
    if cuts[0]:
        short = (
            f"; {cuts[1]:,} parts between them have fewer than {how.frames} frames and are left out" if cuts[1] else ""
        )
        notes.append(f"{cuts[0]:,} cuts were found, where a film goes on with another picture: none is learned{short}.")
    if not how.whole:
        held = (
            f"as there are fewer than {FEW_FILMS} films, parts of one are held out too, so that scores look better "
            "than for others."
            if apart
            else "those of one film stay together when some are held out."
        )
        notes.append(f"{len(found.kept):,} films give {values:,} parts; {held}")
    return notes
