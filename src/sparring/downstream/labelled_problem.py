"""Augmentation of examples in classes: pictures, and rows with a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import modalities
from ..data.source import Source
from ..inference.generator import Gan
from ..modalities.labelled import Labelled
from ..runs.folder import Run
from ..util import files
from .arms_trial import Progress, Way
from .describe import described
from .division import divide
from .filtering import KEPT
from .outcome import Outcome, opened
from .problem import DRAW_SEED, Problem
from .store import Store
from .supply import GanSupply
from .tasks import setting_of
from .trial import Trial


class LabelledProblem(Problem):
    """Examples in classes. seen: has a generator learned from all examples but the source's own test?"""

    def __init__(self, labelled: Labelled, seen: bool):
        self.labelled, source = labelled, labelled.source
        self.task, self.name, self.unit = labelled.task, source.name, source.unit  # type: ignore[misc]
        self.classes, self.content_hash = labelled.classes, source.content_hash
        about = (labelled.labels, labelled.splits, labelled.classes, source.unit, labelled.groups)
        self.division = divide(*about, seen=seen)
        self.notes = (*labelled.notes, *self.division.notes)
        self.counts = {name: len(getattr(self.division, name)) for name in ("train", "validation", "test")}

    def examples(self, out: Path) -> Source:
        return self.labelled.part(self.division.train, self.division.validation)

    def check(self, gan: Gan) -> None:
        self.labelled.check(gan)

    def trial(self, gan: Gan, run: Run, amount: int | None, seeds: int, out: Path, progress: Progress) -> Trial:
        supply = GanSupply(gan, run, self.labelled, DRAW_SEED)
        setting = setting_of(self.labelled, self.division, supply, amount, seeds)
        return Trial(setting, Store(out / "fits"), progress)

    def opened(self, trial: Trial, ways: Sequence[Way]) -> Outcome:
        return opened(trial, ways, self.labelled.labels[self.division.test])

    def described(self, outcome: Outcome, trial: Trial) -> dict[str, Any]:
        return described(outcome, trial)

    def write(self, out: Path, trial: Trial, way: Way) -> tuple[Path, int]:
        added = trial.added(way)
        path = self.labelled.write(out, self.division.test, added.values, added.labels, DRAW_SEED)
        return path, len(added.labels)

    def write_sheets(self, out: Path, trial: Trial, way: Way | None) -> None:
        """What the filter keeps and drops, of every class."""
        assert trial.candidates is not None
        write_sheets(out, self.labelled.source, trial.candidates.of(0))


def write_sheets(out: Path, source: Source, drawn: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """kept.png and dropped.png. drawn: of each class the values, and what the filter says of each."""
    modality = modalities.get(source.modality)
    codec = modality.fit_codec(source)
    for name, kept in (("kept.png", True), ("dropped.png", False)):
        values = [
            each[(reasons == KEPT) == kept][: max(1, modality.preview_count // len(drawn))] for each, reasons in drawn
        ]
        shown = np.concatenate(values)
        (out / name).unlink(missing_ok=True)
        if len(shown):
            files.write_bytes(out / name, modality.preview(shown, codec).png)
