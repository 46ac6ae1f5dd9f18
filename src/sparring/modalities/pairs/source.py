"""Pairs of pictures, opened: what is given, and what is to be made of it."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...data import readers
from ...data.archives import is_archive
from ...data.contents import Contents, Member, Skipped
from ...data.progress import track
from ...data.source import DataOptions, ScanReport, Source, Split
from ...data.splits import Arrangement, arrange
from ...errors import UserError
from ..image import source as pictures
from ..image.codec import MODES, ImageCodec
from ..image.decode import Unusable
from . import maps
from .codec import PairCodec
from .maps import Legend, MapCodec
from .matching import Matched, matched
from .side_by_side import SIDES, halved

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Pairs(Source):
    """What the sources of this folder have in common. paired: the two sides of a pair show the same."""

    modality, unit = "pairs", "pairs of pictures"
    paired = True

    @abstractmethod
    def codec(self, value_range: str) -> PairCodec: ...


@dataclass(frozen=True)
class Side:
    """One side of every pair, in order: uint8, N x C x H x W. legend: of label maps."""

    name: str
    values: np.ndarray
    legend: Legend | None = None

    def codec(self, value_range: str, fit: str) -> ImageCodec | MapCodec:
        channels, height, width = self.values.shape[1:]
        if self.legend:
            return MapCodec(height, width, self.legend)
        return ImageCodec(channels, height, width, value_range, fit, MODES[channels])


class PairSource(Pairs):
    """Two folders with matching names, or a table of pairs."""

    def __init__(self, name: str, given: Side, made: Side, done: Arrangement, hashes: list[bytes], fit: str, report: ScanReport):
        self.name, self.fit, self.report = name, fit, report
        self._given, self._made = given, made
        self.columns = (f"{given.name}, as given", "made of it", f"{made.name}, the truth")
        self.maps = "given" if given.legend else "made" if made.legend else None
        self.shape, self.given, self.classes = tuple(made.values.shape[1:]), tuple(given.values.shape[1:]), ()
        self._rows = {split: np.array(sorted(done.among(split), key=lambda row: hashes[row]), dtype=np.int64) for split in SPLITS}
        report.counts = {split: self.count(split) for split in SPLITS}
        lines = [f"{hashes[row].hex()} {split}" for split in SPLITS for row in self._rows[split].tolist()]
        about = [str((self.shape, self.given, given.legend, made.legend)), *sorted(lines)]
        self.content_hash = hashlib.sha256("\n".join(about).encode()).hexdigest()
        self.notes = ()

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return np.asarray(self._made.values[self._rows[split][np.asarray(indices, dtype=np.int64)]])

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        return np.asarray(self._given.values[self._rows[split][np.asarray(indices, dtype=np.int64)]])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} holds pairs, which have no labels")

    def codec(self, value_range: str) -> PairCodec:
        return PairCodec(self._given.codec(value_range, self.fit), self._made.codec(value_range, self.fit))


def recognises(path: Path) -> bool:
    """Folders named as the two sides of pairs are (input and target, images and labels, A and B), or a table of pairs."""
    if not path.is_dir() and not is_archive(path):
        return False
    try:
        found = matched(readers.listed(path))
    except UserError:
        return True  # it will say what is wrong
    return found is not None and (found.named or found.of_table)


def open_path(path: Path, options: DataOptions) -> PairSource:
    """Raises UserError where there are no pairs, or none that can be used."""
    contents = readers.listed(path)
    try:
        return _build(pictures.name_of(path), contents, options)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _build(name: str, contents: Contents, options: DataOptions) -> PairSource:
    found = (None if options.given in SIDES else matched(contents, options.given)) or halved(contents, options.given)
    if found is None:
        raise UserError(
            "There are no pairs here: give two folders whose files have the same names (input/1.jpg and target/1.png), a pairs.csv "
            "with two columns of paths, or pictures twice as wide as high that hold both side by side (of other even widths: --given left)."
        )
    if options.size and min(options.size) < 1:
        raise UserError(f"The size {options.size[0]}x{options.size[1]} has no pixels: give height and width from 1 up.")
    found, legends = _with_legends(found, contents, options)
    if all(legends):
        raise UserError(f"Both {found.sides[0]} and {found.sides[1]} hold label maps: one side has to be pictures.")
    report = ScanReport(skipped=[*contents.skipped, *found.skipped])
    first = 0 if legends[0] is None else 1  # pictures: they say at which size
    sides, notes = dict[int, tuple[np.ndarray, list[int]]](), list[str]()
    if options.fit == "cut":
        raise UserError("pairs are not cut into pieces; use --fit crop, and --size for what is trained at")
    size = options.size
    for position in (first, 1 - first):
        members, legend = (found.given, found.made)[position], legends[position]
        if legend is None:
            scanned, values, _ = pictures.decoded(Contents(members=members, stamp=contents.stamp), replace(options, size=size))
            sides[position], size = (values, scanned.kept), scanned.size
            report.skipped += scanned.skipped
            notes += [f"{found.sides[position]}: {note}" for note in scanned.notes]
        else:
            assert size
            sides[position] = _maps(members, size, options.fit, legend, report.skipped)
            notes.append(f"{found.sides[position]}: label maps of {len(legend.ids)} classes ({', '.join(legend.names[:12])}).")
    both = sorted(set(sides[0][1]) & set(sides[1][1]))
    if not both:
        raise UserError("None of the pairs can be used: " + "; ".join(f"{which} is {reason}" for which, reason in report.skipped[:2]) + ".")
    given, made = (
        Side(found.sides[position], values[np.searchsorted(kept, both)] if len(both) < len(kept) else values, legends[position])
        for position, (values, kept) in sorted(sides.items())
    )
    hashes = [hashlib.sha256(one.tobytes() + other.tobytes()).digest() for one, other in zip(given.values, made.values, strict=True)]
    used = Contents(members=[replace(found.made[row], name=found.names[row]) for row in both])
    done = arrange(list(used.each()), hashes, used, replace(options, labels="none"))
    report.sizes = {f"{made.values.shape[2]}x{made.values.shape[3]}": len(both)}
    report.skipped += done.skipped
    source = PairSource(name, given, made, done, hashes, options.fit, report)
    what = f"{len(both)} pairs: {given.name} is given, {made.name} is made of it (the other way round: --given {made.name})."
    source.notes = (*contents.notes, what, *notes, *done.notes)
    if report.skipped:
        source.notes += (f"Files skipped: {len(report.skipped)}; the first is {report.skipped[0][0]}, {report.skipped[0][1]}.",)
    return source


def _with_legends(found: Matched, contents: Contents, options: DataOptions) -> tuple[Matched, list[Legend | None]]:
    """The classes of the sides that are label maps; turned round where a recipe wants the maps on the other side and nobody said which."""
    legends = [maps.legend_of(contents, side, name) for side, name in zip((found.given, found.made), found.sides, strict=True)]
    wanted = {"given": 0, "made": 1, None: -1}[options.maps]
    if options.given is None and wanted >= 0 and legends[wanted] is None and legends[1 - wanted] is not None:
        return found.turned(), legends[::-1]
    return found, legends


def _maps(members: Sequence[Member], size: tuple[int, int], fit: str, legend: Legend, skipped: Skipped) -> tuple[np.ndarray, list[int]]:
    values, kept = np.empty((len(members), 1, *size), np.uint8), list[int]()
    for row, member in enumerate(track(members, len(members), "Reading label maps")):
        try:
            values[len(kept), 0] = maps.read(member, size, fit, legend)
            kept.append(row)
        except Unusable as reason:
            skipped.append((member.shown, str(reason)))
    return values[: len(kept)], kept
