"""Pictures, opened: decoded, split, numbered and held ready."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...data import readers
from ...data.arranged import ArrangedSource, hashes_of_wholes, skipped_summary
from ...data.contents import Contents, Item
from ...data.options import OpenContext
from ...data.source import Fit, PictureSource, ScanReport
from ...data.splits import Arrangement, arrange
from ...errors import UserError
from ...util.files import cache_folder
from . import cache
from .fit import CHANNELS
from .options import Form, ImageOptions, form_of
from .scale import Scale
from .scan import Scan, final_values, scan
from .spool import RAM_LIMIT


class ImageSource(ArrangedSource, PictureSource):
    """Values are N x C x H x W, in memory or mapped from the cache. C is 1 (L), 2 (LA), 3 (RGB) or 4 (RGBA).

    They lie from 0 to 255: uint8, or float32 for data deeper than 8 bits. scale: what they mean in the data's own
    numbers.
    """

    modality, unit = "image", "pictures"

    def __init__(
        self,
        name: str,
        values: np.ndarray,
        done: Arrangement,
        hashes: list[bytes],
        mode: str,
        fit: Fit,
        scale: Scale,
        report: ScanReport,
    ):
        self.mode, self.fit = mode, fit
        self.scale: Scale = scale
        super().__init__(name, values, done, hashes, report)

    def about_values(self) -> list[str]:
        return [] if self.scale.is_plain else [str(self.scale)]


def open_path(path: Path, options: ImageOptions, context: OpenContext) -> ImageSource:
    """Open the pictures of a folder or file.

    Raises UserError where none is usable or something asked for is not there.
    """
    contents = readers.read(path, options.labels, options.encoding)
    try:
        return build(readers.name_of(path, "pictures"), contents, options, context)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def build(name: str, contents: Contents, options: ImageOptions, context: OpenContext) -> ImageSource:
    """Scan contents and arrange them into a source."""
    form = form_of(options, context)
    found, values, hashes = decoded(contents, form)
    every = list(contents.each())
    kept = [every[index] for index in found.kept]
    together = hashes_of_wholes(found.kept, hashes) if found.kept_together else hashes
    try:
        done = arrange(kept, together, contents, options.labels, options.label_level)
    except UserError as error:
        name, why = next(iter(found.skipped), ("", ""))
        more = f" Skipped: {len(found.skipped):,}, such as {name}: {why}." if why else ""
        raise UserError(f"{error}{more}") from None
    if _same_names(kept, done):
        done.notes.append(
            "The two class folders hold files of the same names: if these are pairs, learn one side from the other "
            "with --recipe pix2pix."
        )
    skipped = [*contents.skipped, *found.skipped, *done.skipped]
    report = ScanReport(
        sizes={f"{height}x{width}": count for (height, width), count in sorted(found.sizes.items())},
        modes=dict(sorted(found.modes.items())),
        skipped=skipped,
    )
    source = ImageSource(name, values, done, hashes, found.mode, form.fit, found.written_scale, report)
    source.notes = (*contents.notes, *found.notes, *done.notes, *skipped_summary(report, "pictures"))
    return source


def _same_names(items: Sequence[Item], done: Arrangement) -> bool:
    """Are there two classes, with files of the same names for the most part?"""
    if len(done.classes) != 2:
        return False
    names: dict[int, set[str]] = {0: set(), 1: set()}
    for item, label in zip(items, done.labels, strict=True):
        if label is not None:
            names[label].add(item.name.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    return "" not in names[0] and len(names[0] & names[1]) > max(map(len, names.values())) / 2


def decoded(contents: Contents, form: Form) -> tuple[Scan, np.ndarray, list[bytes]]:
    """Scan, values and their hashes; from the cache where they are there.

    Raises UserError where no picture is usable.
    """
    many = len(contents.members) > cache.MIN_FILES
    name = cache.key(contents, form)
    cached = cache.load(name) if many or _estimate(contents) > RAM_LIMIT else None
    if cached:
        return cached
    found, spool = scan(contents, form)
    shape = (len(spool), CHANNELS[found.mode], *found.size)
    if (needed := int(np.prod(shape, dtype=np.int64)) * found.scale.dtype.itemsize) > RAM_LIMIT:
        try:
            cache.store(name, found, final_values(found, spool), shape)
        except OSError as error:
            raise UserError(
                f"The decoded pictures need {needed / 2**30:.1f} GB in "
                f"{cache_folder('decoded')}, which failed "
                f"({error.strerror}): free some room, set SPARRING_CACHE to another disk, or ask for a smaller size."
            ) from None
        stored = cache.load(name)
        if stored is None:
            raise UserError(
                f"The decoded pictures in {cache_folder('decoded')} changed while they were written: open the data "
                "again."
            )
        return stored
    values = np.empty(shape, found.scale.dtype)
    for index, item in enumerate(final_values(found, spool)):
        values[index] = item
    if many:
        try:
            cache.store(name, found, values, shape)
        except OSError:
            found.notes.append(
                "The decoded pictures could not be kept in the cache (no room or no permission), so the next opening "
                "takes as long."
            )
    return found, values, cache.item_hashes(values)


def _estimate(contents: Contents) -> int:
    """Bytes of the decoded pictures: exact for arrays, roughly for files."""
    return sum(part.values.nbytes for part in contents.arrays) or len(contents) << 18
