"""All metrics, by name. The command line, reports and `evaluate` read them from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..data.few_labels import FewLabels
from ..data.source import SimulatedSource, Source
from ..errors import UserError, nearest
from ..metrics.bleu import ORDERS
from ..metrics.score_facts import ScoreFacts, add_facts
from ..metrics.scores import Score
from ..util import checks
from ..util.registry import load_plugins
from .audio_metrics import fault_scores
from .error_rate import error_rate_scores
from .feature_metrics import (
    classification_accuracy_scores,
    discriminator_scores,
    diversity_scores,
    fid_infinite_scores,
    fid_scores,
    inception_scores,
    kid_scores,
    label_scores,
    memorisation_scores,
    mode_scores,
    power_scores,
    prdc_scores,
)
from .metric import Metric
from .sample_sets import SampleSets
from .series_metrics import discriminative_scores, predictive_scores, series_scores
from .table_metrics import column_scores, detection_scores, efficacy_scores, exact_row_scores
from .temperatures import temperature_scores
from .text_metrics import (
    bleu_scores,
    likelihood_scores,
    reverse_likelihood_scores,
    text_copy_scores,
    text_detection_scores,
    variety_scores,
)
from .video_metrics import film_metric_scores

MAX_ROWS = 50_000  # of a table, in each set
MAX_COMPARED_PAIRWISE = 5000  # examples in each set where a metric compares all pairs
MAX_TEXTS = 1000  # of each set, where the words of each are compared with those of all others
MAX_HEATED = 500  # texts at each temperature
MAX_REVERSED = 2000  # texts of each set that a model of runs of characters learns or predicts
MAX_FILMS = 1000  # of each set
MAX_SERIES = 2000  # of each set where a classifier or a forecast is trained

METRICS: dict[str, Metric] = {
    "fid": Metric(
        fid_scores,
        "Frechet distance",
        ("frechet_distance",),
    ),
    "fid-infinite": Metric(
        fid_infinite_scores,
        "Frechet distance extrapolated to infinitely many samples, where there are 20 a feature",
        ("frechet_distance_infinite",),
    ),
    "kid": Metric(
        kid_scores,
        "kernel distance with its standard error, for few samples",
        ("kernel_distance",),
        max_samples=MAX_COMPARED_PAIRWISE,
    ),
    "is": Metric(inception_scores, "inception score", ("inception_score",)),
    "prdc": Metric(
        prdc_scores,
        "precision, recall, density, coverage",
        ("precision", "recall", "density", "coverage"),
        max_samples=MAX_COMPARED_PAIRWISE,
        equal_counts=True,
    ),
    "labels": Metric(
        label_scores,
        "whether classes are those requested, and as frequent as in real data",
        ("label_agreement", "class_shift"),
    ),
    "diversity": Metric(
        diversity_scores, "how much samples of one class differ", ("diversity", "ms_ssim"), max_samples=2000
    ),
    "spectrum": Metric(
        power_scores,
        "the power of pictures by octave: too smooth, too grainy",
        ("fine_detail", "spectrum_deviation"),
        max_samples=2000,
        modality="image",
    ),
    "modes": Metric(
        mode_scores,
        "modes of a simulated source that are hit",
        ("modes_hit", "good_share", "mode_divergence"),
        source_type=SimulatedSource,
    ),
    "discriminator": Metric(
        discriminator_scores,
        "what the discriminator classifies as real",
        (
            "discriminator_accuracy_training",
            "discriminator_accuracy_held_out",
            "discriminator_accuracy_generated",
            "fooling_rate",
        ),
        real_reference=False,
    ),
    "memorisation": Metric(
        memorisation_scores,
        "whether training examples are copied",
        ("copied_share", "closer_than_held_out"),
        real_reference=False,
        max_samples=MAX_COMPARED_PAIRWISE,
    ),
    "columns": Metric(
        column_scores,
        "similarity of the columns of a table and of pairs of them",
        ("column_shapes", "pair_trends", "category_coverage", "range_coverage"),
        max_samples=MAX_ROWS,
        modality="table",
    ),
    "detection": Metric(
        detection_scores,
        "how well a classifier separates generated from real rows",
        ("detection",),
        max_samples=MAX_COMPARED_PAIRWISE,
        equal_counts=True,
        modality="table",
    ),
    "efficacy": Metric(
        efficacy_scores,
        "how well models trained on generated rows predict real ones",
        ("efficacy", "efficacy_area"),
        real_reference=False,
        max_samples=MAX_ROWS,
        modality="table",
    ),
    "rows": Metric(
        exact_row_scores,
        "rows of a table that equal a training row",
        ("exact_rows",),
        real_reference=False,
        modality="table",
    ),
    "series": Metric(
        series_scores,
        "spectra, autocorrelations and distributions of series",
        ("spectral_distance", "autocorrelation_distance", "cross_correlation_distance", "channel_shapes"),
        max_samples=MAX_COMPARED_PAIRWISE,
        modality="series",
    ),
    "discriminative": Metric(
        discriminative_scores,
        "how well a classifier separates generated from real series",
        ("discriminative",),
        max_samples=MAX_SERIES,
        equal_counts=True,
        modality="series",
    ),
    "predictive": Metric(
        predictive_scores,
        "how well models trained on generated series predict the next real step",
        ("predictive",),
        real_reference=False,
        max_samples=MAX_SERIES,
        modality="series",
    ),
    "faults": Metric(
        fault_scores,
        "sounds that are silent, a single tone, clipped, offset or have a stripe at the top of their spectrum",
        ("faulty_share",),
        modality="audio",
    ),
    "likelihood": Metric(
        likelihood_scores,
        "how likely the model makes held-out texts",
        ("nats_a_character",),
        real_reference=False,
        modality="text",
    ),
    "text-detection": Metric(
        text_detection_scores,
        "how well a classifier separates generated from real texts",
        ("text_detection",),
        max_samples=MAX_COMPARED_PAIRWISE,
        equal_counts=True,
        modality="text",
    ),
    "copies": Metric(
        text_copy_scores,
        "texts and runs of letters that equal those of training texts",
        ("copied_texts", "copied_span", "long_copies"),
        real_reference=False,
        max_samples=MAX_COMPARED_PAIRWISE,
        modality="text",
    ),
    "text-variety": Metric(
        variety_scores,
        "whether texts repeat one another, and how many different words they have",
        ("repeated_texts", "distinct_1", "distinct_2"),
        max_samples=MAX_COMPARED_PAIRWISE,
        equal_counts=True,
        modality="text",
    ),
    "bleu": Metric(
        bleu_scores,
        "runs of words shared with held-out texts (BLEU) and with one another (Self-BLEU)",
        tuple(f"{name}_{order}" for order in ORDERS for name in ("bleu", "self_bleu")),
        max_samples=MAX_TEXTS,
        equal_counts=True,
        modality="text",
    ),
    "reverse-likelihood": Metric(
        reverse_likelihood_scores,
        "how well a model that learns from generated texts predicts held-out ones",
        ("reverse_nats",),
        max_samples=MAX_REVERSED,
        modality="text",
    ),
    "temperatures": Metric(
        temperature_scores,
        "what temperatures make of the model, before and after the game",
        ("game_gain",),
        real_reference=False,
        max_samples=MAX_HEATED,
        modality="text",
    ),
    "films": Metric(
        film_metric_scores,
        "frames and motion of films apart, how much and how fast they move, whether things stay what they are",
        (
            "frame_distance",
            "motion_distance",
            "motion_amount",
            "motion_variation",
            "speed",
            "speed_variation",
            "identity_kept",
        ),
        max_samples=MAX_FILMS,
        modality="video",
    ),
    "error_rate": Metric(
        error_rate_scores,
        "wrong classes of a discriminator trained with few labels",
        ("error_rate",),
        real_reference=False,
        source_type=FewLabels,
    ),
    "cas": Metric(
        classification_accuracy_scores,
        "accuracy on real data of a classifier trained on samples (slow)",
        ("classification_accuracy",),
        slow=True,
    ),
}


def register_metric(
    name: str,
    function: Callable[[SampleSets], Sequence[Score]],
    about: str,
    *,
    scores: Sequence[ScoreFacts],
    real_reference: bool = True,
    max_samples: int | None = None,
    equal_counts: bool = False,
    slow: bool = False,
    modality: str | None = None,
) -> None:
    """Add a metric, which `evaluate`, the command line and reports then know like their own.

    Args:
        name: What it is called in `metrics`.
        function: Computes its scores from sample sets; raises NotApplicable where something is missing.
        about: What it measures, in a few words.
        scores: The facts of every score that it may return.
        real_reference: Whether it is also computed with training examples in the place of generated ones.
        max_samples: The largest number of examples in each set; None: all.
        equal_counts: Whether it needs as many generated as held-out examples.
        slow: Whether it is computed only on request.
        modality: The one modality whose values it reads; None: any.

    Raises:
        UserError: There is a metric of this name, or a score of one of these keys.
    """
    checks.text(name, "the name of a metric")
    if not callable(function):
        raise UserError(f"the metric '{name}' should be a function of sample sets, not {checks.shown(function)}")
    if name in METRICS or name == "all":
        raise UserError(f"there is a metric '{name}' already; register yours under another name")
    add_facts(scores)
    keys = tuple(each.key for each in scores)
    METRICS[name] = Metric(function, about, keys, real_reference, max_samples, equal_counts, slow, modality)


def choose_metrics(names: Sequence[str] | None, source: Source) -> list[str]:
    """The names of the metrics to compute on this source.

    names: names of metrics, or ["all"]; None: all that apply and are not slow. Raises UserError for an unknown name.
    """
    names = None if names is None else known_metrics(names)
    suitable = [name for name, metric in METRICS.items() if metric.applies_to(source)]
    if names is None:
        return [name for name in suitable if not METRICS[name].slow]
    return suitable if names == ["all"] else names


def known_metrics(names: Sequence[str]) -> list[str]:
    """The names, each once, in any case ("FID"). Raises UserError for one that no metric has, and for none at all."""
    load_plugins()
    listed = isinstance(names, Sequence) and not isinstance(names, str)
    if not listed or not all(isinstance(name, str) for name in names):
        raise UserError(f"--metrics should be a list of names such as ['fid', 'prdc'], not {checks.shown(names)}")
    if not names:
        raise UserError(f"name at least one metric: {', '.join(METRICS)}")
    found = []
    for name in names:
        spelled = next((each for each in (name, name.lower()) if each in (*METRICS, "all")), None)
        if spelled is None:
            raise UserError(f"there is no metric '{name}'; {nearest(name, [*METRICS, 'all'])}")
        found.append(spelled)
    return list(dict.fromkeys(found))
