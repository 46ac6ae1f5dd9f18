"""Texts as a source: cut to one length, in splits and classes, with the codec that suits them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data import readers
from ...data.arranged import ArrangedSource, skipped_summary
from ...data.in_memory import InMemory
from ...data.options import OpenContext
from ...data.source import ScanReport
from ...data.splits import Arrangement, arrange
from ...data.text_rows import rows_of
from ...errors import UserError
from . import columns, cutting, gather
from .codec import TextCodec, fit_codec
from .options import TextOptions

FEW_TEXTS = 10  # from which on passages of one text are held out together
MAX_BYTES = 4 << 30  # of all values together, which lie in memory
LENGTHS = (0, 10, 30, 100, 300, 1000, 10_000, float("inf"))  # bounds of the bands in a report, in characters


class TextSource(ArrangedSource):
    """Values are uint8, N x bytes: the UTF-8 of each text, with zeros after its end."""

    modality, unit = "text", "texts"

    def __init__(
        self,
        name: str,
        values: np.ndarray,
        done: Arrangement,
        hashes: Sequence[bytes],
        codec: TextCodec,
        kind: cutting.Kind,
        length: int,
        report: ScanReport,
    ):
        self.codec, self.kind, self.length = codec, kind, length
        super().__init__(name, values, done, hashes, report)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "texts": self.kind, "characters": self.length}


def open_path(path: Path, options: TextOptions, context: OpenContext) -> TextSource:
    """Open texts. Raises UserError where none is usable."""
    found = gather.from_path(path, options)
    try:
        return build(readers.name_of(path.with_name(_stem(path.name)), "texts"), found, options, context)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def open_in_memory(memory: InMemory, options: TextOptions, context: OpenContext) -> TextSource:
    """Open a list of strings, or a table. Raises UserError for other objects."""
    return build("texts", gather.from_memory(memory, options), options, context)


def build(name: str, found: gather.Gathered, options: TextOptions, context: OpenContext) -> TextSource:
    """Cut texts and arrange them into a source."""
    how = cutting.choose([len(text) for text in found.texts], options.characters, found.kind)
    parts = [cutting.pieces(text, how) for text in found.texts]
    texts, owners = [piece for each in parts for piece in each], _owners(parts)
    apart = len(found.texts) < FEW_TEXTS or len(texts) == len(found.texts)
    together = _apart(texts) if apart else _apart(found.texts, owners)
    items = [found.items[owner] for owner in owners]
    done = arrange(items, together, found.contents, options.labels, options.label_level)
    if context.like is not None:
        codec, note = context.like, _too_long(texts, context.like)
    else:
        codec, note = fit_codec(_of(texts, done, "train"), texts, options.alphabet, found.kind == "passages")
    if len(texts) * codec.width > MAX_BYTES:
        raise UserError(
            f"these texts need {len(texts) * codec.width >> 30:,} GB of memory, and {MAX_BYTES >> 30} GB is the most: "
            "ask for fewer --characters, or give fewer texts"
        )
    report = ScanReport(lengths=_bands(found.texts), skipped=[*found.contents.skipped, *done.skipped])
    hashes = [hashlib.sha256(text.encode()).digest() for text in texts]
    values = rows_of(texts, codec.width)
    source = TextSource(name, values, done, hashes, codec, found.kind, how.length, report)
    about = [*found.notes, f"{gather.named(found.texts)}.", *_about_cuts(found, how, len(texts)), note]
    source.notes = tuple(
        each for each in (*found.contents.notes, *about, *done.notes, _overlap(texts, done), *_repeated(report)) if each
    )
    return source


def _owners(parts: Sequence[Sequence[str]]) -> list[int]:
    """The number of the text that each piece is of."""
    return [number for number, pieces in enumerate(parts) for _ in pieces]


def _apart(texts: Sequence[str], owners: Sequence[int] | None = None) -> list[bytes]:
    """Hashes by which texts are held out: those of equal texts differ, so that each may be held out on its own.

    Real texts repeat, and a share of held-out ones that is trained on too is what copies are counted against.
    """
    seen, found = Counter[str](), list[bytes]()
    for text in texts:
        seen[text] += 1
        found.append(hashlib.sha256(f"{seen[text]} {text}".encode()).digest())
    return found if owners is None else [found[owner] for owner in owners]


def _of(texts: Sequence[str], done: Arrangement, split: Any) -> list[str]:
    return [texts[row] for row in done.among(split)]


def _too_long(texts: Sequence[str], codec: TextCodec) -> str:
    """A note on texts that do not fit into the values of other texts."""
    longer = sum(len(text.encode()) > codec.width for text in texts)
    return (
        f"{longer:,} texts are longer than {codec.width:,} bytes, as long as texts were learned, and are cut."
        * bool(longer)
    )


def _overlap(texts: Sequence[str], done: Arrangement) -> str:
    training, held_out = set(_of(texts, done, "train")), _of(texts, done, "test")
    both = sum(text in training for text in held_out)
    if not both:
        return ""
    return (
        f"{both:,} of the {len(held_out):,} held-out texts ({both / len(held_out):.0%}) occur among the training texts "
        "too: copies of a generator are counted against this share."
    )


def _repeated(report: ScanReport) -> list[str]:
    return skipped_summary(report, "texts")


def _about_cuts(found: gather.Gathered, how: cutting.Cut, pieces: int) -> list[str]:
    longer, notes = sum(len(text) > how.length for text in found.texts), list[str]()
    if found.empty:
        notes.append(f"{found.empty:,} empty texts or lines are left out.")
    if longer and how.passages:
        notes.append(
            f"Passages of up to {how.length:,} characters are learned, {pieces:,} of them; they end with a line or a "
            "word (--characters says how long)."
        )
    elif longer:
        notes.append(
            f"{longer:,} of {len(found.texts):,} texts are longer than {how.length:,} characters, and their beginnings "
            "are learned (--characters takes more)."
        )
    return notes


def _bands(texts: Sequence[str]) -> dict[str, int]:
    """How many texts have each length, in bands."""
    counts = dict[str, int]()
    for low, high in zip(LENGTHS, LENGTHS[1:], strict=False):
        count = sum(low < len(text) <= high for text in texts)
        if count:
            counts[f"up to {high:,} characters" if high < float("inf") else "longer"] = count
    return counts


def _stem(name: str) -> str:
    """The name of a file without the suffixes of texts and tables."""
    lower = name.lower()
    suffix = next((each for each in (*gather.SUFFIXES, *columns.SUFFIXES) if lower.endswith(each)), "")
    return name[: len(name) - len(suffix)] or name
