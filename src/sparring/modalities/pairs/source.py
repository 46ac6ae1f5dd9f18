"""Pairs of pictures, opened: inputs, and the outputs that are to be made from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...data import readers
from ...data.archives import is_archive
from ...data.contents import Contents, Member, Skipped
from ...data.options import OpenContext
from ...data.source import SPLITS, Fit, PictureSource, ScanReport, Split, TranslationSource
from ...data.splits import Arrangement, arrange
from ...errors import UserError
from ...util.progress import track
from ..image import source as pictures
from ..image.codec import MODES, ImageCodec
from ..image.options import Form, form_of
from ..image.scale import Scale
from ..image.unusable import Unusable
from . import maps
from .codec import PairCodec
from .correspondence import correspond
from .maps import Legend, MapCodec
from .matching import Matched, matched
from .options import PairOptions
from .side_by_side import SIDES, side_by_side


class Pairs(TranslationSource, PictureSource):
    """What all sources of this folder have in common."""

    modality, unit = "pairs", "pairs of pictures"


@dataclass(frozen=True)
class Side:
    """One side of every pair, in order: N x C x H x W.

    legend: the classes of label maps; None for pictures. scale: what the values of pictures mean.
    """

    name: str
    values: np.ndarray
    legend: Legend | None = None
    scale: Scale = Scale()

    def codec(self, value_range: str, fit: Fit) -> ImageCodec | MapCodec:
        channels, height, width = self.values.shape[1:]
        if self.legend:
            return MapCodec(height, width, self.legend)
        return ImageCodec(channels, height, width, value_range, fit, MODES[channels], self.scale)


class PairSource(Pairs):
    """Pairs from two folders with matching names, from a table of pairs, or from pictures that hold both sides."""

    def __init__(
        self,
        name: str,
        inputs: Side,
        outputs: Side,
        arrangement: Arrangement,
        hashes: list[bytes],
        fit: Fit,
        report: ScanReport,
    ):
        self.name, self.fit, self.report = name, fit, report
        self._inputs, self._outputs = inputs, outputs
        self.columns = (f"input: {inputs.name}", "output", f"target: {outputs.name}")
        self.label_maps = "input" if inputs.legend else "output" if outputs.legend else None
        self.shape, self.input_shape, self.classes = tuple(outputs.values.shape[1:]), tuple(inputs.values.shape[1:]), ()
        self._rows = {
            split: np.array(sorted(arrangement.among(split), key=lambda row: hashes[row]), dtype=np.int64)
            for split in SPLITS
        }
        report.counts = {split: self.count(split) for split in SPLITS}
        lines = [f"{hashes[row].hex()} {split}" for split in SPLITS for row in self._rows[split].tolist()]
        about = [str((self.shape, self.input_shape, inputs.legend, outputs.legend)), *sorted(lines)]
        self.content_hash = hashlib.sha256("\n".join(about).encode()).hexdigest()
        self.notes = ()

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return np.asarray(self._outputs.values[self._rows[split][np.asarray(indices, dtype=np.int64)]])

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        return np.asarray(self._inputs.values[self._rows[split][np.asarray(indices, dtype=np.int64)]])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} holds pairs, which have no labels")

    def codec(self, value_range: str) -> PairCodec:
        return PairCodec(self._inputs.codec(value_range, self.fit), self._outputs.codec(value_range, self.fit))


def recognises(path: Path) -> bool:
    """Are there folders named like the sides of pairs, or a pairs.csv?

    Such names are input and target, images and labels (see `matching`). Of folders such as A and B, or low and high,
    which may be classes, the pictures decide; where they cannot, opening asks the person.
    """
    if not path.is_dir() and not is_archive(path):
        return False
    try:
        found = matched(readers.listed(path))
    except UserError:
        return True  # opening it will say what is wrong
    if found is None or found.named or found.from_table:
        return found is not None
    return found.perhaps_named and correspond(found.inputs, found.outputs) is not False


def open_path(path: Path, options: PairOptions, context: OpenContext) -> PairSource:
    """Raises UserError where there are no pairs, or none that can be used."""
    contents = readers.listed(path)
    if not context.modalities:
        _refuse_doubt(path, contents)
    try:
        return _build(readers.name_of(path, "pictures"), contents, options, context)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _refuse_doubt(path: Path, contents: Contents) -> None:
    """Raises UserError where nobody said that these are pairs, and they may be two classes as well."""
    found = matched(contents)
    if found is None or found.named or found.from_table or correspond(found.inputs, found.outputs):
        return
    one, other = found.sides
    raise UserError(
        f"{path}: {one} and {other} hold files of the same names, which may be pairs or two classes, and the pictures "
        "do not tell: for pairs say --recipe pix2pix, for classes --recipe mixture."
    )


def _build(name: str, contents: Contents, options: PairOptions, context: OpenContext) -> PairSource:
    form = form_of(options, context)
    if form.fit == "patches":
        raise UserError("pairs are not cut into pieces; use --fit crop, and --size for what is trained at")
    if options.labels not in ("auto", "none"):
        raise UserError("pairs have no labels: leave --labels out")
    found = (None if options.input in SIDES else matched(contents, options.input, options.encoding)) or side_by_side(
        contents, options.input
    )
    if found is None:
        raise UserError(
            "There are no pairs here: give two folders whose files have the same names (input/1.jpg and "
            "target/1.png), a pairs.csv "
            "with two columns of paths, or pictures twice as wide as high that hold both side by side (of other even "
            "widths: --input left)."
        )
    found, legends = _with_legends(found, contents, options, context)
    report = ScanReport(skipped=[*contents.skipped, *found.skipped])
    likes = (
        tuple(getattr(side, "scale", None) for side in (context.like.input, context.like.output))
        if context.like
        else (None, None)
    )
    sides, notes, scales = _decoded(found, legends, contents, form, report, likes)
    both = sorted(set(sides[0][1]) & set(sides[1][1]))
    if not both:
        raise UserError(
            "None of the pairs can be used: "
            + "; ".join(f"{which} is {reason}" for which, reason in report.skipped[:2])
            + "."
        )
    inputs, outputs = (
        Side(
            found.sides[at],
            values[np.searchsorted(kept, both)] if len(both) < len(kept) else values,
            legends[at],
            scales[at],
        )
        for at, (values, kept) in enumerate(sides)
    )
    hashes = [
        hashlib.sha256(one.tobytes() + other.tobytes()).digest()
        for one, other in zip(inputs.values, outputs.values, strict=True)
    ]
    used = Contents(members=[replace(found.outputs[row], name=found.names[row]) for row in both])
    arrangement = arrange(list(used.each()), hashes, used, labels="none")
    report.sizes = {f"{outputs.values.shape[2]}x{outputs.values.shape[3]}": len(both)}
    report.skipped += arrangement.skipped
    source = PairSource(name, inputs, outputs, arrangement, hashes, form.fit, report)
    other = f"for the other direction: --input {outputs.name}"
    what = (
        f"{len(both)} pairs, because both folders hold files of the same names: {outputs.name} is made from "
        f"{inputs.name} ({other}; if the folders are classes: --recipe mixture)."
    )
    source.notes = (*contents.notes, what, *notes, *arrangement.notes)
    if report.skipped:
        source.notes += (
            f"Files skipped: {len(report.skipped)}; the first is {report.skipped[0][0]}, {report.skipped[0][1]}.",
        )
    return source


def _with_legends(
    found: Matched, contents: Contents, options: PairOptions, context: OpenContext
) -> tuple[Matched, tuple[Legend | None, Legend | None]]:
    """The classes of the sides that are label maps.

    The sides are reversed where the program wants label maps on the other side and no person said which side is the
    input. Raises UserError where both sides are label maps.
    """
    members = zip((found.inputs, found.outputs), found.sides, strict=True)
    first, second = (maps.legend_of(contents, side, name) for side, name in members)
    if first and second:
        raise UserError(f"Both {found.sides[0]} and {found.sides[1]} hold label maps: one side has to be pictures.")
    here = "input" if first else "output"
    if options.input is None and (first or second) and context.label_maps not in (None, here):
        return found.reversed(), (second, first)
    return found, (first, second)


def _decoded(
    found: Matched,
    legends: tuple[Legend | None, Legend | None],
    contents: Contents,
    form: Form,
    report: ScanReport,
    likes: tuple[Scale | None, ...],
) -> tuple[list[tuple[np.ndarray, list[int]]], list[str], list[Scale]]:
    """Of both sides the values and which pairs they belong to; notes; and the scale of each side.

    What cannot be used is added to the report. likes: the scales with which the sides are read; None: found.
    """
    scales = [Scale(), Scale()]
    first = 0 if legends[0] is None else 1  # a side of pictures: it decides the size
    sides, notes, size = dict[int, tuple[np.ndarray, list[int]]](), list[str](), form.size
    for at in (first, 1 - first):
        members, legend = (found.inputs, found.outputs)[at], legends[at]
        if legend is None:
            scanned, values, _ = pictures.decoded(
                Contents(members=members, stamp=contents.stamp), replace(form, size=size, like=likes[at])
            )
            sides[at], size, scales[at] = (values, scanned.kept), scanned.size, scanned.written_scale
            report.skipped += scanned.skipped
            notes += [f"{found.sides[at]}: {note}" for note in scanned.notes]
        else:
            assert size
            sides[at] = _label_maps(members, size, form.fit, legend, report.skipped)
            notes.append(
                f"{found.sides[at]}: label maps of {len(legend.ids)} classes ({', '.join(legend.names[:12])})"
                + (f"; {', '.join(map(str, legend.void))} means no class." if legend.void else ".")
            )
    return [sides[0], sides[1]], notes, scales


def _label_maps(
    members: Sequence[Member], size: tuple[int, int], fit: Fit, legend: Legend, skipped: Skipped
) -> tuple[np.ndarray, list[int]]:
    """Class numbers, N x 1 x H x W, and the positions of the members that they come from."""
    values, kept = np.empty((len(members), 1, *size), np.uint8), list[int]()
    for row, member in enumerate(track(members, len(members), "Reading label maps")):
        try:
            values[len(kept), 0] = maps.read(member, size, fit, legend)
            kept.append(row)
        except Unusable as reason:
            skipped.append((member.shown, str(reason)))
    return values[: len(kept)], kept
