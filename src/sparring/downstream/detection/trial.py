"""A trial of detectors: what they learn from in each arm, and how they are scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...metrics.average_precision import OVERLAPS, Truth, matched
from ...util.random import make_rng
from ..amounts import Amount
from ..arms import Arm, pasted_arms
from ..arms_trial import ArmsTrial, Way
from ..examples import Examples, Unavailable
from ..store import Said
from .canvas import Canvas, Seen, seen
from .detector import SmallDetectorJudge, detections
from .generated import GeneratedObjects
from .supply import Made, Paster

USUAL = OVERLAPS[:1]  # an overlap of a half, at which detectors of small data are compared


@dataclass(frozen=True)
class DetectionSetting:
    """What a trial of detectors is about.

    test: values alone; their boxes are kept elsewhere until everything is chosen. judged: numbers of the classes that
    are scored. amounts: of scenes. candidates: gives the generated objects; it is called once, after the cheap arms,
    and raises Unavailable where none can be made.
    """

    train: Seen
    validation: Seen
    test: np.ndarray
    classes: int
    judged: Sequence[int]
    judges: Sequence[SmallDetectorJudge]
    cheap: Sequence[Arm]
    amounts: Sequence[Amount]
    paster: Paster
    canvas: Canvas
    candidates: Callable[[], GeneratedObjects]
    seeds: int


@dataclass
class DetectionTrial(ArmsTrial):
    """A trial of detectors. without: why no objects are generated, where none are."""

    setting: DetectionSetting
    candidates: GeneratedObjects | None = None
    without: str = ""

    def further(self, classic: str) -> list[Arm]:
        return pasted_arms(self.setting.amounts, classic)

    def prepare(self) -> None:
        try:
            self.candidates = self.setting.candidates()
        except Unavailable as reason:
            self.without = str(reason)

    def training(self, arm: Arm, seed: int) -> tuple[Seen, str]:
        setting, pictures = self.setting, self.setting.train
        if arm.kind == "duplicates":
            assert arm.amount is not None
            rng = make_rng(seed, "duplicates")
            pictures = pictures.joined(pictures.at(rng.integers(len(pictures.objects), size=arm.amount.total)))
        elif arm.kind != "real":
            added = [(made.pixels, made.objects) for made in self.made(arm, seed)]
            pictures = pictures.joined(seen(added, setting.canvas))
        return pictures, arm.classic

    def made(self, arm: Arm, seed: int) -> list[Made]:
        """The scenes that an arm adds. Raises Unavailable where they cannot be made."""
        assert arm.amount is not None
        if arm.kind == "pasted":
            return self.setting.paster.scenes(arm.amount.total, seed)
        return self.setting.paster.scenes(arm.amount.total, seed, self._objects(arm, seed))

    def _objects(self, arm: Arm, seed: int) -> Examples:
        if self.candidates is None:
            raise Unavailable(self.without)
        assert arm.amount is not None
        needed = Amount(arm.amount.name, self.setting.paster.needed(arm.amount.total))
        return self.candidates.take(needed, arm.kind == "pasted filtered", seed)

    def answers(self, judge: SmallDetectorJudge, training: tuple[Seen, str], seed: int) -> Said:
        setting = self.setting
        detect = judge.fit(*training, setting.classes, seed)
        return Said(detect(setting.validation.values), detect(setting.test))

    def way(self, judge: str, arm: Arm) -> Way:
        truth, scores = self.setting.validation.truth(), []
        for seed in range(self.setting.seeds):
            found = precision(truth, self.said[judge, arm, seed].validation, self.setting.judged, USUAL)
            scores.append(float(found.mean()))
        return Way(judge, arm, tuple(1 - score for score in scores), tuple(scores))


def precision(truth: Sequence[Truth], rows: np.ndarray, judged: Sequence[int], overlaps: np.ndarray) -> np.ndarray:
    """Average precision, classes x overlaps. rows: what a detector said of these pictures (see `detector.detected`)."""
    said = detections(rows, len(truth))
    return np.stack([matched(truth, said, label, overlaps).average_precision() for label in judged])
