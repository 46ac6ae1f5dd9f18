"""Metrics of any samples: from sample sets to scores. The mathematics of each is in `sparring.metrics`."""

from __future__ import annotations

import numpy as np

from .. import modalities
from ..data.source import SimulatedSource
from ..metrics.density_coverage import density_coverage
from ..metrics.frechet import MIN_EXTRAPOLATED_A_FEATURE, frechet_distance, frechet_error, frechet_extrapolated
from ..metrics.inception_score import inception_score
from ..metrics.intervals import Estimate, jackknife, wilson
from ..metrics.intra_class_diversity import intra_class_diversity
from ..metrics.kernel import kernel_distance_estimate
from ..metrics.label_agreement import label_agreement
from ..metrics.memorisation import memorisation
from ..metrics.modes import mode_coverage
from ..metrics.ms_ssim import ms_ssim_of_pairs
from ..metrics.power_spectrum import MIN_SIDE, power_by_octave, power_ratios
from ..metrics.precision_recall import precision_recall
from ..metrics.scores import Score, score_from
from .metric import NotApplicable
from .sample_sets import SampleSets

PAIRS = 1000  # pairs of pictures for MS-SSIM
WIDE = 512  # features from which an extrapolation costs seconds a point
MAX_DISCRIMINATED = 2000  # examples of each set that the discriminator classifies


def fid_scores(sets: SampleSets) -> list[Score]:
    """The Frechet distance between generated and held-out features."""
    generated, real = sets.generated.features, sets.held_out.features
    plain = Estimate(frechet_distance(generated, real), frechet_error(generated, real))
    return [score_from("frechet_distance", plain, least=0)]


def fid_infinite_scores(sets: SampleSets) -> list[Score]:
    """The Frechet distance extrapolated to infinitely many samples, where there are enough for that."""
    generated, real = sets.generated.features, sets.held_out.features
    fewest, needed = min(len(generated), len(real)), MIN_EXTRAPOLATED_A_FEATURE * generated.shape[1]
    if fewest < needed:
        raise NotApplicable(
            f"{fewest:,} examples cannot carry an extrapolation to infinitely many, which needs "
            f"{MIN_EXTRAPOLATED_A_FEATURE} for each of {generated.shape[1]:,} features: {needed:,} samples and as many "
            "held-out examples"
        )
    points = 15 if generated.shape[1] <= WIDE else 5
    return [score_from("frechet_distance_infinite", frechet_extrapolated(generated, real, points, both=True).estimate)]


def kid_scores(sets: SampleSets) -> list[Score]:
    """The kernel distance between generated and held-out features."""
    if min(len(sets.generated), len(sets.held_out)) < 2:
        raise NotApplicable("the kernel distance needs at least two samples and two held-out examples")
    return [score_from("kernel_distance", kernel_distance_estimate(sets.generated.features, sets.held_out.features))]


def inception_scores(sets: SampleSets) -> list[Score]:
    """The inception score of the class probabilities of generated samples."""
    if sets.generated.probabilities is None:
        raise NotApplicable(
            "the inception score needs features with class probabilities: a labelled source, or --features inception"
        )
    parts = inception_score(sets.generated.probabilities)
    error = parts.deviation / np.sqrt(parts.parts) if parts.parts > 1 else np.inf
    return [score_from("inception_score", Estimate(parts.value, error), least=1)]


def prdc_scores(sets: SampleSets) -> list[Score]:
    """Precision, recall, density and coverage of generated features against held-out features."""
    generated, real = sets.generated.features, sets.held_out.features
    pr, dc = precision_recall(generated, real), density_coverage(generated, real)
    shares = {
        "precision": (pr.precision, len(generated)),
        "recall": (pr.recall, len(real)),
        "coverage": (dc.coverage, len(real)),
    }
    scores = [score_from(name, wilson(round(share * count), count)) for name, (share, count) in shares.items()]
    return [*scores, score_from("density", Estimate(dc.density, dc.density_error), least=0)]


def label_scores(sets: SampleSets) -> list[Score]:
    """The agreement of requested and predicted classes, and the shift of class frequencies from held-out examples."""
    if sets.predicted is None:
        raise NotApplicable("classes are recognised with the features 'classifier' of a labelled source")
    (predicted, predicted_in_real), scores = sets.predicted, []
    requested, true = sets.generated.labels, sets.held_out.labels
    if requested is not None and true is not None:
        samples = label_agreement(predicted, requested).overall
        real = label_agreement(predicted_in_real, true).overall
        scores.append(Score("label_agreement", samples.value, samples.low, samples.high, real.value))
    return [*scores, Score("class_shift", class_shift(predicted, predicted_in_real, len(sets.classes)))]


def class_shift(generated: np.ndarray, real: np.ndarray, classes: int) -> float:
    """The total variation between the class frequencies of N generated and M real examples, given as class numbers.

    It is the share of samples that would have to change class. Chance alone makes it positive, the more so the fewer
    samples there are; the value of as many real examples shows by how much.
    """
    shares = [np.bincount(numbers, minlength=classes) / len(numbers) for numbers in (generated, real)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def classification_accuracy_scores(sets: SampleSets) -> list[Score]:
    """Ravuri & Vinyals 2019 (arXiv:1905.10887): train a classifier on generated examples, test it on real ones."""
    if sets.train_classifier is None or sets.generated.labels is None or sets.held_out.labels is None:
        raise NotApplicable("the classification accuracy score needs a generator that was trained with labels")
    right = int((sets.train_classifier(sets.generated) == sets.held_out.labels).sum())
    return [score_from("classification_accuracy", wilson(right, len(sets.held_out)))]


def diversity_scores(sets: SampleSets) -> list[Score]:
    """The diversity of generated features within each class and, for pictures, MS-SSIM between generated pairs."""
    generated, real = sets.generated, sets.held_out
    labels, real_labels = generated.labels, real.labels
    if labels is None or real_labels is None:
        labels, real_labels = (np.zeros(len(each), dtype=np.int64) for each in (generated, real))

    def diversity(features: np.ndarray, numbers: np.ndarray) -> float:
        return intra_class_diversity(features, real.features, numbers, real_labels).value

    estimate = jackknife(diversity, generated.features, labels, groups=10, together=True)
    scores = [score_from("diversity", estimate, least=0)]
    values, present = generated.values, np.unique(labels)
    if modalities.get(generated.source.modality).has_pixels:
        pairs = max(10, PAIRS // len(present))
        parts = [ms_ssim_of_pairs(values[labels == label], pairs) for label in present]
        error = float(np.sqrt(sum(part.error**2 for part in parts))) / len(parts)
        mean = float(np.mean([part.value for part in parts]))
        scores.append(score_from("ms_ssim", Estimate(mean, error), least=0))
    return scores


def power_scores(sets: SampleSets) -> list[Score]:
    """The power of generated pictures by octave, relative to held-out pictures: the finest, the worst other."""
    side = min(sets.held_out.values.shape[2:])
    if side < MIN_SIDE:
        raise NotApplicable(f"pictures with a side of {side} pixels have no octaves; {MIN_SIDE} are needed")
    generated, real = (power_by_octave(each.values) for each in (sets.generated, sets.held_out))
    if not real.mean(axis=0).all():
        raise NotApplicable("some octaves of the held-out pictures have no power at all to compare with")

    def fine(a: np.ndarray, b: np.ndarray) -> float:
        return float(power_ratios(a, b)[0])

    def deviation(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.abs(power_ratios(a, b)[1:] - 1).max())

    return [
        score_from(name, jackknife(statistic, generated, real, groups=10), least=0)
        for name, statistic in (("fine_detail", fine), ("spectrum_deviation", deviation))
    ]


def mode_scores(sets: SampleSets) -> list[Score]:
    """How many modes of a simulated source the samples hit, the share near a mode, and the divergence over modes."""
    source = sets.held_out.source
    if not isinstance(source, SimulatedSource) or source.centres is None or source.std is None:
        raise NotApplicable("modes are counted on simulated sources whose centres are known")
    values = sets.generated.values
    found = mode_coverage(values, source.centres, source.std)
    return [
        Score("modes_hit", found.hit),
        score_from("good_share", wilson(round(found.good * len(values)), len(values))),
        Score("mode_divergence", found.divergence),
    ]


def memorisation_scores(sets: SampleSets) -> list[Score]:
    """The reference is half of the held-out examples, compared with the other half."""
    found, real = sets.memorisation, sets.held_out
    half = None
    if len(real) > 1:
        half = memorisation(real.features[::2], sets.all_training().features, real.features[1::2])
    close = wilson(round(found.share * len(sets.generated)), len(sets.generated))
    return [
        Score("copied_share", close.value, close.low, close.high, half.share if half else None),
        Score("closer_than_held_out", found.closer, real=half.closer if half else None),
    ]


def discriminator_scores(sets: SampleSets) -> list[Score]:
    """The shares of training, held-out and generated examples that the discriminator classifies as real."""
    discriminator = sets.discriminator
    if discriminator is None or discriminator.objective is None:
        raise NotApplicable("it needs a run whose discriminator was kept")
    logits = {}
    for name, samples in (("training", sets.training), ("held_out", sets.held_out), ("generated", sets.generated)):
        some = samples.subsample(MAX_DISCRIMINATED)
        found = discriminator.outputs(some.source, some.split, some.indices).logits
        logits[name] = found.flatten(1).mean(dim=1) if found.ndim > 1 else found  # of places in an example, their mean
    border = float(discriminator.objective.decision_threshold(logits["training"], logits["generated"]))
    real = {name: int((values.numpy() > border).sum()) for name, values in logits.items()}
    count = len(logits["generated"])
    return [
        score_from("discriminator_accuracy_training", wilson(real["training"], len(logits["training"]))),
        score_from("discriminator_accuracy_held_out", wilson(real["held_out"], len(logits["held_out"]))),
        score_from("discriminator_accuracy_generated", wilson(count - real["generated"], count)),
        score_from("fooling_rate", wilson(real["generated"], count)),
    ]
