"""All metrics of a set of generated examples, with the values of real examples and with fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import modalities
from ..data.source import Source, Split
from ..data.subset import Subset
from ..errors import UserError
from ..metrics.feature_net import Progress
from ..metrics.frechet import enough_samples
from ..metrics.online_score import MAX_REALS, choose_examples
from ..metrics.scores import Score
from ..metrics.temperature_curve import CurvePoint
from ..util.versions import __version__
from .classes import ClassRow, class_rows
from .discriminator import RunDiscriminator
from .extractors import Extractor
from .metric import Metric, NotApplicable
from .registry import METRICS, choose_metrics
from .sample_sets import SEED, SampleSet, SampleSets, extract_set

MAX_SEARCHED_FOR_COPIES = 100_000  # training examples, where features are quick to compute
CLASSIFIED_AT_ONCE = 1000


@dataclass(frozen=True)
class NearestPair:
    """A sample and the training example nearest to it, both by index, and their distance."""

    sample: int
    training: int
    distance: float


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Args:
        scores: By name.
        headline: The score to read first.
        why: Why it is that one; "" where it is the usual one.
        classes: One row a class.
        nearest_pairs: The samples nearest to training examples, the nearest first.
        copying: A sentence that says whether training examples are copied.
        left_out: Metrics that could not be computed, each with the reason.
        measured: Metrics that were computed.
        temperatures: What temperatures make of a language model.
        report: The page of the run into which all this was written; None where it was not.
    """

    scores: dict[str, Score]
    headline: str
    why: str
    classes: list[ClassRow]
    nearest_pairs: list[NearestPair]
    copying: str
    left_out: dict[str, str]
    measured: tuple[str, ...]
    temperatures: list[CurvePoint] = field(default_factory=list)
    report: Path | None = None

    def described(self) -> dict[str, Any]:
        """As plain values for JSON."""
        found = {**asdict(self), "scores": {name: score.described() for name, score in self.scores.items()}}
        return {name: value for name, value in found.items() if name not in ("measured", "report")}


def evaluate_samples(
    generated: Source,
    real: Source,
    extractor: Extractor,
    metrics: Sequence[str] | None = None,
    discriminator: RunDiscriminator | None = None,
    progress: Progress | None = None,
    likelihoods: Callable[[SampleSet], np.ndarray] | None = None,
    curves: Callable[[SampleSets], list[CurvePoint]] | None = None,
) -> Evaluation:
    """Compare the training split of `generated`, which holds all samples, with the held-out split of `real`.

    Args:
        metrics: Names from METRICS, or ["all"] that apply. None: all that apply and are not slow.
        likelihoods, curves: See SampleSets.

    Raises:
        UserError: A requested metric does not apply, or the two sources hold values of different shapes.
    """
    names = choose_metrics(metrics, real)
    requested = metrics is not None and list(metrics) != ["all"]
    refuse_different_shapes(generated, real)
    sets = _sample_sets(generated, real, extractor, discriminator, progress)
    sets = replace(sets, likelihoods=likelihoods, curves=curves)
    limited = cache(sets.limited)  # metrics with the same limits see the same examples
    scores: dict[str, Score] = {}
    left_out: dict[str, str] = {}
    for number, name in enumerate(names):
        if progress:
            progress(number / len(names), f"measuring: {METRICS[name].about}")
        try:
            found = _compute(name, METRICS[name], limited(*METRICS[name].limits), extractor)
        except NotApplicable as reason:
            if requested:
                raise
            left_out[name] = str(reason)
            continue
        scores |= {score.name: score for score in found}
    headline, why = _headline(scores, sets)
    measured = tuple(name for name in names if name not in left_out)
    searched = limited(*METRICS["memorisation"].limits) if "memorisation" in names else None
    return Evaluation(
        scores,
        headline,
        why,
        class_rows(sets) if "labels" in names else [],
        [] if searched is None else _nearest_pairs(searched),
        "" if searched is None else _copying(searched, real),
        left_out,
        measured,
        limited(*METRICS["temperatures"].limits).temperature_curves if "temperatures" in measured else [],
    )


def refuse_different_shapes(generated: Source, real: Source) -> None:
    """Raises UserError where the two hold values of different shapes."""
    if generated.shape != real.shape:
        shapes = f"{generated.name} holds values of shape {generated.shape} and {real.name} of {real.shape}"
        raise UserError(f"{shapes}: bring them to one size and mode")


def _compute(name: str, metric: Metric, sets: SampleSets, extractor: Extractor) -> list[Score]:
    """The scores of one metric, with those of real examples and with fingerprints."""
    found, references = metric.function(sets), _real_references(metric, sets)
    if not all(isinstance(score, Score) for score in found):
        raise UserError(f"the metric '{name}' should return a list of Score, and it returned {found!r}"[:300])
    unknown = [score.name for score in found if score.name not in metric.scores]
    if unknown:
        raise UserError(f"the metric '{name}' returned scores that it does not declare: {', '.join(unknown)}")
    fingerprint = _fingerprint(sets, extractor)
    scores = [
        replace(score, fingerprint=fingerprint if score.fingerprint is None else score.fingerprint) for score in found
    ]
    return [_with_reference(score, references.get(score.name)) for score in scores]


def _with_reference(score: Score, real: Score | None) -> Score:
    """The score with the value of real examples and its interval, where it does not have them yet."""
    if real is None or score.real is not None:
        return score
    return replace(score, real=real.value, real_low=real.low, real_high=real.high)


def _real_references(metric: Metric, sets: SampleSets) -> dict[str, Score]:
    """The scores of real training examples.

    Nothing where there are fewer training examples than samples, because distances shrink with the number of examples.
    """
    if not metric.real_reference or len(sets.training) < len(sets.generated):
        return {}
    try:
        return {score.name: score for score in metric.function(sets.with_real_as_generated())}
    except NotApplicable:
        return {}


def _sample_sets(
    generated: Source,
    real: Source,
    extractor: Extractor,
    discriminator: RunDiscriminator | None,
    progress: Progress | None,
) -> SampleSets:
    def real_set(split: Split, count: int, purpose: str) -> SampleSet:
        indices = choose_examples(real.count(split), count, SEED, purpose)
        return extract_set(real, split, indices, extractor, progress)

    count = generated.count("train")
    held_out, training = real_set("test", MAX_REALS, "held-out"), real_set("train", count, "training")

    @cache
    def all_training() -> SampleSet:
        if not extractor.fast or real.count("train") <= len(training):
            return training
        return real_set("train", MAX_SEARCHED_FOR_COPIES, "copies")

    def train_classifier(samples: SampleSet) -> np.ndarray:
        examples = Subset(samples.source, samples.split, samples.indices)
        net = modalities.get(real.modality).fit_features(examples, SEED + 1, progress)
        parts = np.array_split(held_out.indices, max(1, len(held_out) // CLASSIFIED_AT_ONCE))
        return np.concatenate([net(real.values(part, "test"))[1] for part in parts])

    return SampleSets(
        generated=extract_set(generated, "train", np.arange(count), extractor, progress),
        held_out=held_out,
        training=training,
        all_training=all_training,
        predicts_classes=extractor.name == "classifier" and extractor.classes == len(real.classes) > 0,
        train_classifier=train_classifier if real.classes else None,
        discriminator=discriminator,
    )


def _fingerprint(sets: SampleSets, extractor: Extractor) -> dict[str, Any]:
    about, real = extractor.describe(), sets.held_out.source
    return {
        "features": extractor.name,
        "features_hash": extractor.identity(),
        **({"resize": about["resize"]} if "resize" in about else {}),
        "generated": len(sets.generated),
        "real": len(sets.held_out),
        "split": "test",
        "source": real.content_hash[:16],
        "seed": SEED,
        "sparring": __version__,
        "torch": str(torch.__version__),
    }


def _headline(scores: Mapping[str, Score], sets: SampleSets) -> tuple[str, str]:
    """The score to read first, and why it is not the Frechet distance."""
    fewest = min(len(sets.generated), len(sets.held_out))
    few = not enough_samples(fewest, sets.generated.features.shape[1])
    if "kernel_distance" in scores and (few or "frechet_distance" not in scores):
        which = "held-out examples" if len(sets.held_out) == fewest else "samples"
        why = f"with {fewest:,} {which} the Frechet distance is mostly bias; the kernel distance has no bias"
        return "kernel_distance", why if few else ""
    return "frechet_distance" if "frechet_distance" in scores else next(iter(scores), ""), ""


def _copying(sets: SampleSets, real: Source) -> str:
    searched, there = len(sets.all_training()), real.count("train")
    among = f" (searched: {searched:,} of {there:,} training examples)" if searched < there else ""
    return sets.memorisation.summary + among


def _nearest_pairs(sets: SampleSets) -> list[NearestPair]:
    found, training = sets.memorisation, sets.all_training()
    return [
        NearestPair(int(sets.generated.indices[sample]), int(training.indices[neighbour]), float(distance))
        for sample, neighbour, distance in zip(found.samples, found.neighbours, found.distances, strict=True)
    ]
