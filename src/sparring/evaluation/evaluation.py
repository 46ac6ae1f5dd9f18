"""Every measure of a set of generated examples beside what real ones get, with all that the numbers depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch

from .. import modalities
from ..data.source import Source
from ..data.subset import Subset
from ..errors import UserError, nearest
from ..metrics.feature_net import Progress
from ..metrics.online_score import ENOUGH, MOST, chosen
from ..metrics.scores import Score
from ..util.versions import __version__
from .classes import ClassRow, by_class
from .extractors import Extractor
from .registry import METRICS, Metric, NotApplicable
from .sample_sets import SEED, SampleSets, Side, look

EVERY = 100_000  # training examples that copies are looked for among, where features are quickly made
Verdicts = Callable[[Side, Side, Side], tuple[Mapping[str, np.ndarray], float]]  # of training, held-out and generated examples


@dataclass(frozen=True)
class Suspect:
    """A sample and the training example nearest to it, both by index, and their distance."""

    sample: int
    training: int
    distance: float


@dataclass(frozen=True)
class Evaluation:
    """headline: the score to read first, and why it is that one. left_out: measures that had nothing to look at, each with the reason.
    suspects: the samples nearest to training examples, nearest first; copying: what they say. measured: the measures that were taken."""

    scores: dict[str, Score]
    headline: str
    why: str
    classes: list[ClassRow]
    suspects: list[Suspect]
    copying: str
    left_out: dict[str, str]
    measured: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        """For JSON."""
        found = {**asdict(self), "scores": {name: score.described() for name, score in self.scores.items()}}
        return {name: value for name, value in found.items() if name != "measured"}


def evaluate(
    generated: Source,
    real: Source,
    extractor: Extractor,
    measures: Sequence[str] | None = None,
    verdicts: Verdicts | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Compare the training split of `generated` (all that was generated) with the held-out split of `real`.

    measures: names of MEASURES, or ["all"] that apply; None: those of them that are not slow. Raises UserError where one that is asked for does not apply, or
    the two sources hold values of unlike shapes.
    """
    wanted = _known(measures, real.modality)
    refuse_unlike(generated, real)
    evidence = _evidence(generated, real, extractor, verdicts, progress)
    scores: dict[str, Score] = {}
    left_out: dict[str, str] = {}
    cuts: dict[tuple[int | None, bool], SampleSets] = {}
    for number, name in enumerate(wanted):
        if progress:
            progress(number / len(wanted), f"measuring: {METRICS[name].about}")
        measure = METRICS[name]
        mine = cuts.setdefault(measure.cut, evidence if measure.most is None else evidence.cut(measure.most, measure.equal))
        try:
            found = measure.of(mine)
        except NotApplicable as reason:
            if measures and list(measures) != ["all"]:
                raise
            left_out[name] = str(reason)
            continue
        floors = _floors(measure, mine)
        fingerprint = _fingerprint(mine, extractor)
        for score in found:
            scores[score.name] = replace(score, real=floors.get(score.name) if score.real is None else score.real, fingerprint=fingerprint)
    headline, why = _headline(scores, evidence)
    looked = cuts.get(METRICS["memorisation"].cut) if "memorisation" in wanted else None
    return Evaluation(
        scores,
        headline,
        why,
        by_class(evidence) if "labels" in wanted else [],
        [] if looked is None else _suspects(looked),
        "" if looked is None else _copying(looked, real),
        left_out,
        tuple(name for name in wanted if name not in left_out),
    )


def refuse_unlike(generated: Source, real: Source) -> None:
    """Raises UserError where the two hold values of unlike shapes."""
    if generated.shape != real.shape:
        shapes = f"{generated.name} holds values of shape {generated.shape} and {real.name} of {real.shape}"
        raise UserError(f"{shapes}: bring them to one size and mode")


def _floors(measure: Metric, evidence: SampleSets) -> dict[str, float]:
    """What real training examples get; nothing where there are fewer of them than samples, for distances shrink with their number."""
    if not measure.floor or len(evidence.training) < len(evidence.generated):
        return {}
    try:
        return {score.name: score.value for score in measure.of(evidence.of_reals())}
    except NotApplicable:
        return {}


def _known(measures: Sequence[str] | None, modality: str) -> list[str]:
    suitable = {name: measure for name, measure in METRICS.items() if measure.only in (None, modality)}
    if measures is None:
        return [name for name, measure in suitable.items() if not measure.slow]
    if list(measures) == ["all"]:
        return list(suitable)
    for name in measures:
        if name not in METRICS:
            raise UserError(f"there is no measure '{name}'; {nearest(name, [*METRICS, 'all'])}")
    return list(dict.fromkeys(measures))


def _evidence(generated: Source, real: Source, extractor: Extractor, verdicts: Verdicts | None, progress: Progress | None) -> SampleSets:
    count = generated.count("train")
    held_out = look(real, "test", chosen(real.count("test"), MOST, SEED, "held-out"), extractor, progress)
    training = look(real, "train", chosen(real.count("train"), count, SEED, "training"), extractor, progress)
    mine = look(generated, "train", np.arange(count), extractor, progress)
    own_classes = extractor.name == "classifier" and extractor.classes == len(real.classes) > 0

    @cache
    def all_training() -> Side:
        if not extractor.light or real.count("train") <= len(training):
            return training
        return look(real, "train", chosen(real.count("train"), EVERY, SEED, "copies"), extractor, progress)

    def classify(side: Side) -> np.ndarray:
        net = modalities.get(real.modality).fit_features(Subset(side.source, side.split, side.indices), SEED + 1, progress)
        seen: list[Any] = [net(real.values(part, "test"))[1] for part in np.array_split(held_out.indices, max(1, len(held_out) // 1000))]
        return np.concatenate(seen)

    return SampleSets(
        mine,
        held_out,
        training,
        all_training,
        own_classes,
        classify if real.classes else None,
        None if verdicts is None else lambda: verdicts(training, held_out, mine),
    )


def _fingerprint(evidence: SampleSets, extractor: Extractor) -> dict[str, Any]:
    about, real = extractor.describe(), evidence.held_out.source
    return {
        "features": extractor.name,
        "features_hash": extractor.identity(),
        **({"resize": about["resize"]} if "resize" in about else {}),
        "generated": len(evidence.generated),
        "real": len(evidence.held_out),
        "split": "test",
        "source": real.content_hash[:16],
        "seed": SEED,
        "sparring": __version__,
        "torch": str(torch.__version__),
    }


def _headline(scores: Mapping[str, Score], evidence: SampleSets) -> tuple[str, str]:
    fewest = min(len(evidence.generated), len(evidence.held_out))
    if "kernel_distance" in scores and (fewest < ENOUGH or "frechet_distance" not in scores):
        few = "held-out examples" if len(evidence.held_out) == fewest else "samples"
        return (
            "kernel_distance",
            f"with {fewest:,} {few} the Frechet distance is mostly bias, and the kernel distance has none" if fewest < ENOUGH else "",
        )
    return ("frechet_distance", "") if "frechet_distance" in scores else (next(iter(scores), ""), "")


def _copying(evidence: SampleSets, real: Source) -> str:
    looked, there = len(evidence.all_training()), real.count("train")
    among = f" (looked for among {looked:,} of {there:,} training examples)" if looked < there else ""
    return evidence.memorised.reading + among


def _suspects(evidence: SampleSets) -> list[Suspect]:
    found, training = evidence.memorised, evidence.all_training()
    return [
        Suspect(int(evidence.generated.indices[sample]), int(training.indices[neighbour]), float(distance))
        for sample, neighbour, distance in zip(found.samples, found.neighbours, found.distances, strict=True)
    ]
