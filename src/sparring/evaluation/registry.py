"""What can be measured of a generator: one function a measure, from evidence to scores. Each metric's own mathematics is in its own file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import modalities
from ..data.source import SequentialSource, SimulatedSource, TabularSource
from ..errors import UserError
from ..metrics.density_coverage import density_coverage
from ..metrics.detection import detection
from ..metrics.efficacy import FEWEST, efficacy, predictive, target_of
from ..metrics.frechet import frechet_distance, frechet_error, frechet_extrapolated
from ..metrics.inception_score import inception_score
from ..metrics.intervals import Estimate, jackknife, wilson
from ..metrics.intra_class_diversity import intra_class_diversity
from ..metrics.kernel import kernel_distance_estimate
from ..metrics.label_agreement import label_agreement
from ..metrics.memorisation import memorisation
from ..metrics.modes import mode_coverage
from ..metrics.ms_ssim import ms_ssim_of_pairs
from ..metrics.precision_recall import precision_recall
from ..metrics.scores import Score, scored
from ..metrics.series import autocorrelation_distance, cross_correlation_distance, spectral_distance, traits
from ..metrics.tabular import category_coverage, column_shapes, exact_rows, pair_trends, range_coverage
from .sample_sets import SampleSets, Side

NEIGHBOURS = 5000  # examples of a side where all pairs are looked at
MOST_ROWS = 50_000  # of a table, of each side
PAIRS = 1000  # of pictures whose structural similarity is measured


class NotApplicable(UserError):
    """This measure has nothing to look at here; the sentence says what is missing."""


@dataclass(frozen=True)
class Metric:
    """floor: what reals in the place of generated examples get means something. most: examples of a side, equally many generated and
    held-out ones where `equal`. slow: only when asked for. only: the one modality whose values it reads; None: any."""

    of: Callable[[SampleSets], list[Score]]
    about: str
    floor: bool = True
    most: int | None = None
    equal: bool = False
    slow: bool = False
    only: str | None = None

    @property
    def cut(self) -> tuple[int | None, bool]:
        return self.most, self.equal


def frechet(evidence: SampleSets) -> list[Score]:
    generated, real = evidence.generated.features, evidence.held_out.features
    plain = Estimate(frechet_distance(generated, real), frechet_error(generated, real))
    points = 15 if generated.shape[1] <= 512 else 5  # each costs seconds in wide features
    return [
        scored("frechet_distance", plain, least=0),
        scored("frechet_distance_infinite", frechet_extrapolated(generated, real, points, both=True).estimate),
    ]


def kernel(evidence: SampleSets) -> list[Score]:
    if min(len(evidence.generated), len(evidence.held_out)) < 2:
        raise NotApplicable("the kernel distance needs at least two samples and two held-out examples")
    return [scored("kernel_distance", kernel_distance_estimate(evidence.generated.features, evidence.held_out.features))]


def inception(evidence: SampleSets) -> list[Score]:
    if evidence.generated.probabilities is None:
        raise NotApplicable("the inception score needs features with class probabilities: a labelled source, or --features inception")
    parts = inception_score(evidence.generated.probabilities)
    return [
        scored("inception_score", Estimate(parts.value, parts.deviation / np.sqrt(parts.parts) if parts.parts > 1 else np.inf), least=1)
    ]


def neighbourhoods(evidence: SampleSets) -> list[Score]:
    generated, real = evidence.generated.features, evidence.held_out.features
    pr, dc = precision_recall(generated, real), density_coverage(generated, real)
    shares = {"precision": (pr.precision, len(generated)), "recall": (pr.recall, len(real)), "coverage": (dc.coverage, len(real))}
    found = [scored(name, wilson(round(share * count), count)) for name, (share, count) in shares.items()]
    return [*found, scored("density", Estimate(dc.density, dc.density_error), least=0)]


def labels(evidence: SampleSets) -> list[Score]:
    if evidence.recognised is None:
        raise NotApplicable("classes are recognised with the features 'classifier' of a labelled source")
    (seen, seen_in_reals), found = evidence.recognised, []
    asked, true = evidence.generated.labels, evidence.held_out.labels
    if asked is not None and true is not None:
        agreement, reals = label_agreement(seen, asked).overall, label_agreement(seen_in_reals, true).overall
        found.append(Score("label_agreement", agreement.value, agreement.low, agreement.high, reals.value))
    return [*found, Score("class_shift", class_shift(seen, seen_in_reals, len(evidence.classes)))]


def class_shift(seen: np.ndarray, in_reals: np.ndarray, classes: int) -> float:
    """The share of samples that would have to be of another class for the classes to be as frequent as among reals (total variation).

    Above 0 by chance, the more so the fewer samples there are, which no bootstrap mends: what as many reals get says how much.
    """
    shares = [np.bincount(each, minlength=classes) / len(each) for each in (seen, in_reals)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def classification_accuracy(evidence: SampleSets) -> list[Score]:
    """Ravuri & Vinyals 2019 (arXiv:1905.10887): the accuracy on held-out reals of a classifier that has seen generated examples alone."""
    if evidence.classify is None or evidence.generated.labels is None or evidence.held_out.labels is None:
        raise NotApplicable("the classification accuracy score needs a generator that was trained with labels")
    right = int((evidence.classify(evidence.generated) == evidence.held_out.labels).sum())
    return [scored("classification_accuracy", wilson(right, len(evidence.held_out)))]


def diversity(evidence: SampleSets) -> list[Score]:
    of, reals = evidence.generated, evidence.held_out
    mine, theirs = (of.labels, reals.labels) if of.labels is not None and reals.labels is not None else (_one(of), _one(reals))

    def varied(features: np.ndarray, numbers: np.ndarray) -> float:
        return intra_class_diversity(features, reals.features, numbers, theirs).value

    found = [scored("diversity", jackknife(varied, of.features, mine, groups=10, together=True), least=0)]
    values, present = of.values, np.unique(mine)
    if modalities.get(of.source.modality).has_pixels:
        pairs = max(10, PAIRS // len(present))
        parts = [ms_ssim_of_pairs(values[mine == label], pairs) for label in present]
        error = float(np.sqrt(sum(part.error**2 for part in parts))) / len(parts)
        found.append(scored("ms_ssim", Estimate(float(np.mean([part.value for part in parts])), error), least=0))
    return found


def modes(evidence: SampleSets) -> list[Score]:
    source = evidence.held_out.source
    if not isinstance(source, SimulatedSource) or source.centres is None or source.std is None:
        raise NotApplicable("modes are counted on simulated sources whose centres are known")
    values = evidence.generated.values
    found = mode_coverage(values, source.centres, source.std)
    return [
        Score("modes_hit", found.hit),
        scored("good_share", wilson(round(found.good * len(values)), len(values))),
        Score("mode_divergence", found.divergence),
    ]


def discriminator(evidence: SampleSets) -> list[Score]:
    """What share of training examples, held-out ones and samples the discriminator takes for real: the tutorials' mean(D(G(z)) > 0.5)."""
    if evidence.verdicts is None:
        raise NotApplicable("the discriminator's verdicts need a run whose discriminator is at hand")
    logits, border = evidence.verdicts()
    real = {kind: int((values > border).sum()) for kind, values in logits.items()}
    fooled, count = real["generated"], len(logits["generated"])
    return [
        *(scored(f"judged_right_{kind}", wilson(real[kind], len(logits[kind]))) for kind in ("training", "held_out")),
        scored("judged_right_generated", wilson(count - fooled, count)),
        scored("fooling_rate", wilson(fooled, count)),
    ]


def copies(evidence: SampleSets) -> list[Score]:
    found, real = evidence.memorised, evidence.held_out
    half = memorisation(real.features[::2], evidence.all_training().features, real.features[1::2]) if len(real) > 1 else None
    close = wilson(round(found.share * len(evidence.generated)), len(evidence.generated))
    return [
        Score("copied_share", close.value, close.low, close.high, half.share if half else None),
        Score("closer_than_held_out", found.closer, real=half.closer if half else None),
    ]


def columns(evidence: SampleSets) -> list[Score]:
    numeric, mine, real = _cells(evidence)
    trends = pair_trends(mine, real, numeric)
    found = {"column_shapes": float(np.mean(column_shapes(mine, real, numeric)))}
    if np.isfinite(trends).any():
        found["pair_trends"] = float(np.nanmean(trends))
    found["category_coverage"], found["range_coverage"] = category_coverage(mine, real, numeric), range_coverage(mine, real, numeric)
    return [Score(name, value) for name, value in found.items() if np.isfinite(value)]


def detected(evidence: SampleSets) -> list[Score]:
    numeric, mine, real = _cells(evidence)
    if min(len(mine), len(real)) < FEWEST:
        raise NotApplicable(f"detection needs {FEWEST} rows of both kinds")
    return [scored("detection", detection(mine, real, numeric), least=0)]


def usefulness(evidence: SampleSets) -> list[Score]:
    """Of samples and, as what real data gets, of as many training rows."""
    numeric, mine, real = _cells(evidence)
    training = evidence.training.values
    target = target_of(training, numeric)
    of_samples, of_reals = (None if target is None else efficacy(side, real, numeric, target) for side in (mine, training))
    if of_samples is None or of_reals is None:
        raise NotApplicable("models learn to predict a column, and there are too few rows, or none to predict")
    found = [Score("efficacy", of_samples.mean, real=of_reals.mean)]
    return found if of_samples.area is None else [*found, Score("efficacy_area", of_samples.area, real=of_reals.area)]


def same_rows(evidence: SampleSets) -> list[Score]:
    _, mine, real = _cells(evidence)
    training = evidence.all_training().values
    return [Score("exact_rows", exact_rows(mine, training), real=exact_rows(real, training))]


def in_time(evidence: SampleSets) -> list[Score]:
    channels, mine, real = _series(evidence)
    found = {
        "spectral_distance": spectral_distance(mine, real),
        "autocorrelation_distance": autocorrelation_distance(mine, real),
        "cross_correlation_distance": cross_correlation_distance(mine, real),
    }
    shapes = column_shapes(mine.reshape(-1, channels), real.reshape(-1, channels), (True,) * channels)
    found["channel_shapes"] = float(np.mean(shapes))
    return [Score(name, value) for name, value in found.items() if np.isfinite(value)]


def told_apart(evidence: SampleSets) -> list[Score]:
    """The discriminative score of TimeGAN (Yoon et al. 2019, NeurIPS, section 5.2), with boosted trees that are shown traits and values."""
    _, mine, real = _series(evidence)
    if min(len(mine), len(real)) < FEWEST:
        raise NotApplicable(f"a classifier needs {FEWEST} series of both kinds")
    mine, real = traits(mine), traits(real)
    return [scored("discriminative", detection(mine, real, (True,) * mine.shape[1]), least=0)]


def foretold(evidence: SampleSets) -> list[Score]:
    """TimeGAN's predictive score (ibid.): what is learned from samples of the next step, and, as what real data gets, from as many training series."""
    _, mine, real = _series(evidence)
    training = _series(evidence, evidence.training)[1]
    of_samples, of_reals = (predictive(side, real) for side in (mine, training))
    if of_samples is None or of_reals is None:
        raise NotApplicable("the next step is predicted where enough steps follow one another without gaps")
    return [Score("predictive", of_samples, real=of_reals)]


def _series(evidence: SampleSets, side: Side | None = None) -> tuple[int, np.ndarray, np.ndarray]:
    """How many numbers change along series, and those of a side (None: the samples) and of held-out series."""
    source = evidence.held_out.source
    if not isinstance(source, SequentialSource):
        raise NotApplicable("this is measured where the data is series")
    return len(source.channels), source.numbers((side or evidence.generated).values), source.numbers(evidence.held_out.values)


def _cells(evidence: SampleSets) -> tuple[tuple[bool, ...], np.ndarray, np.ndarray]:
    """Which columns are numbers, and the cells of samples and of held-out rows."""
    source = evidence.held_out.source
    if not isinstance(source, TabularSource):
        raise NotApplicable("columns are compared where the data is a table")
    return source.numeric, evidence.generated.values, evidence.held_out.values


METRICS: dict[str, Metric] = {
    "fid": Metric(frechet, "Frechet distance, also extrapolated to infinitely many samples"),
    "kid": Metric(kernel, "kernel distance with its standard error: for few samples", most=NEIGHBOURS),
    "is": Metric(inception, "inception score"),
    "prdc": Metric(neighbourhoods, "precision, recall, density, coverage", most=NEIGHBOURS, equal=True),
    "labels": Metric(labels, "are classes what was asked for, and as frequent as among reals"),
    "diversity": Metric(diversity, "how unlike one another the samples of a class are", most=2000),
    "modes": Metric(modes, "modes of a simulated source that are hit"),
    "discriminator": Metric(discriminator, "what the discriminator takes for real", floor=False),
    "memorisation": Metric(copies, "are training examples copied", floor=False, most=NEIGHBOURS),
    "columns": Metric(columns, "how alike columns and pairs of columns of a table are", most=MOST_ROWS, only="table"),
    "detection": Metric(detected, "can a classifier tell rows from real ones", most=NEIGHBOURS, equal=True, only="table"),
    "efficacy": Metric(usefulness, "what models learn from rows, tested on real ones", floor=False, most=MOST_ROWS, only="table"),
    "rows": Metric(same_rows, "rows of a table that equal a training row", floor=False, only="table"),
    "series": Metric(in_time, "spectra, autocorrelations and distributions of series", most=NEIGHBOURS, only="series"),
    "discriminative": Metric(told_apart, "can a classifier tell series from real ones", most=2000, equal=True, only="series"),
    "predictive": Metric(
        foretold, "what is learned from series of the next step, tested on real ones", floor=False, most=2000, only="series"
    ),
    "cas": Metric(classification_accuracy, "train a classifier on samples, test it on reals (slow)", slow=True),
}


def _one(side: Side) -> np.ndarray:
    return np.zeros(len(side), dtype=np.int64)
