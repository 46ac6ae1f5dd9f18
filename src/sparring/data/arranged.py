"""A source whose values lie in one array, in splits and classes that `splits.arrange` gave them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from .source import SPLITS, ScanReport, Source, Split
from .splits import Arrangement


def hashes_of_wholes(wholes: Sequence[int], hashes: Sequence[bytes]) -> list[bytes]:
    """For every value, the hash of the whole that it is a part of, so that parts are held out together.

    wholes: for every value, the number of its whole, such as a recording. hashes: of each value.
    """
    parts: dict[int, list[bytes]] = {}
    for whole, own in zip(wholes, hashes, strict=True):
        parts.setdefault(whole, []).append(own)
    found = {whole: own[0] if len(own) == 1 else hashlib.sha256(b"".join(own)).digest() for whole, own in parts.items()}
    return [found[whole] for whole in wholes]


class ArrangedSource(Source):
    """Values of one array, in memory or mapped from a file.

    Examples are in the order of the hashes of their content, so that the same values under other names train the same
    way. Subclasses say in `about_values` what else makes equal numbers mean something else.
    """

    def __init__(self, name: str, values: np.ndarray, done: Arrangement, hashes: Sequence[bytes], report: ScanReport):
        """Counts, labels and duplicates are added to the report. hashes: of each value."""
        self.name, self.report = name, report
        self.shape, self.classes, self.notes = tuple(values.shape[1:]), done.classes, ()
        self._values = values
        self._rows = {
            split: np.array(sorted(done.among(split), key=lambda row: hashes[row]), dtype=np.int64) for split in SPLITS
        }
        self._labels = np.array([-1 if label is None else label for label in done.labels], dtype=np.int64)
        report.counts = {split: self.count(split) for split in SPLITS}
        training = Counter(self._labels[self._rows["train"]].tolist())
        report.labels = {label: training[number] for number, label in enumerate(self.classes)}
        used = np.concatenate([self._rows[split] for split in SPLITS]).tolist()
        report.duplicates = len(used) - len({hashes[row] for row in used})
        self.content_hash = self._hash(hashes)

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return np.asarray(self._values[self._rows[split][np.asarray(indices, dtype=np.int64)]])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._labels[self._rows[split][np.asarray(indices, dtype=np.int64)]]

    def about_values(self) -> list[str]:
        """What the numbers mean, where that is not plain."""
        return []

    def _hash(self, hashes: Sequence[bytes]) -> str:
        lines = [
            f"{hashes[row].hex()} {split} {self.classes[self._labels[row]] if self.classes else ''}"
            for split in SPLITS
            for row in self._rows[split].tolist()
        ]
        return hashlib.sha256("\n".join([str(self.shape), *self.about_values(), *sorted(lines)]).encode()).hexdigest()


def skipped_summary(report: ScanReport, unit: str) -> list[str]:
    """Notes on duplicates and on skipped files."""
    notes = []
    if report.duplicates:
        notes.append(f"Duplicates of other {unit}: {report.duplicates}.")
    if report.skipped:
        reasons = Counter(reason.split(":")[0] for _, reason in report.skipped).most_common(4)
        told = ", ".join(f"{count} {reason}" for reason, count in reasons)
        more = len(report.skipped) - sum(count for _, count in reasons)
        notes.append(
            f"Files skipped: {len(report.skipped)} ({told}{f', {more} for other reasons' if more else ''}); the "
            "report names each."
        )
    return notes
