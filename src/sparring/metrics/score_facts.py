"""The facts of each score, declared once: its title, its meaning, and which direction is better."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UserError
from .film_facts import FILM_FACTS
from .score_fact import Better, ScoreFacts
from .wave_facts import WAVE_FACTS

__all__ = ["FACTS", "HEADLINE_DISTANCES", "Better", "ScoreFacts", "add_facts", "facts_of"]

# Distances of generated to held-out examples. An evaluation is summarised by one of them, and recipes are ranked by it.
HEADLINE_DISTANCES = ("frechet_distance", "kernel_distance")


FACTS: dict[str, ScoreFacts] = {}


def add_facts(facts: Iterable[ScoreFacts]) -> None:
    """Declare scores. Raises UserError for a key that is declared already."""
    for each in facts:
        if each.key in FACTS:
            raise UserError(f"the score '{each.key}' is declared already")
        FACTS[each.key] = each


def facts_of(key: str) -> ScoreFacts:
    """What is known of the score with this key. The key is its own title where nothing is known.

    Keys of one class ("iou sky") and of references ("coverage_real", "psnr_trivial") follow from the score that they
    belong to.
    """
    if key in FACTS:
        return FACTS[key]
    if key.startswith("iou "):
        iou = FACTS["iou"]
        return ScoreFacts(key, key, iou.meaning, iou.better, iou.trivial)
    for suffix, title, meaning in (
        (
            "_real",
            "{} of real examples",
            "The same score for as many real training examples in the place of generated ones.",
        ),
        ("_trivial", "{}, without learning", "The same score for the input itself, or for the most frequent class."),
        ("_gate", "{} of a spectral gate", "The same score for inputs after a spectral gate, which learns nothing."),
    ):
        base = FACTS.get(key.removesuffix(suffix)) if key.endswith(suffix) else None
        if base is not None:
            return ScoreFacts(key, title.format(base.title), meaning, base.better)
    return ScoreFacts(key, key, "", "")


add_facts(
    [
        ScoreFacts(
            "frechet_distance",
            "Frechet distance",
            "How far the distribution of samples is from that of real examples never trained on.",
            trivial=True,
        ),
        ScoreFacts(
            "frechet_distance_infinite",
            "Frechet distance, infinitely many samples",
            "The Frechet distance without the bias of small counts: around 0 for a perfect generator, also below.",
        ),
        ScoreFacts(
            "kernel_distance",
            "kernel distance",
            "A distance between generated and real examples without the bias of few of them: around 0, also below, for "
            "equal ones.",
            trivial=True,
        ),
        ScoreFacts(
            "selection",
            "selection score",
            "The score that chooses the kept snapshot, computed on examples together with their labels.",
        ),
        ScoreFacts(
            "inception_score",
            "inception score",
            "How certain a classifier is of each sample, and how many classes occur. It ignores real data.",
            "higher",
        ),
        ScoreFacts("precision", "precision", "The share of samples that look like real examples.", "higher"),
        ScoreFacts(
            "recall",
            "recall",
            "The share of real examples that the generator could have made.",
            "higher",
        ),
        ScoreFacts(
            "density",
            "density",
            "How many real examples have a given sample in their neighbourhood, on average; about 1 for real data.",
            "higher",
        ),
        ScoreFacts(
            "coverage",
            "coverage",
            "The share of held-out examples with a sample in their neighbourhood. Low means missing kinds.",
            "higher",
        ),
        ScoreFacts(
            "label_agreement",
            "requested label recognised",
            "The share of samples in which a classifier trained on real examples sees the requested label.",
            "higher",
        ),
        ScoreFacts(
            "class_shift",
            "shift of the classes",
            "The share of samples that would have to change class to give the class frequencies of real data.",
        ),
        ScoreFacts(
            "classification_accuracy",
            "classification accuracy score",
            "The share of held-out examples that a classifier trained on samples alone gets right (CAS).",
            "higher",
        ),
        ScoreFacts(
            "diversity",
            "diversity within a class",
            "How much samples of one class differ, relative to real ones. Below 1 they repeat themselves.",
            "",
        ),
        ScoreFacts(
            "ms_ssim",
            "similarity within a class (MS-SSIM)",
            "How similar two samples of one class are, pixel by pixel. Above the value of real ones: less diversity.",
            "",
        ),
        ScoreFacts(
            "fine_detail",
            "fine detail",
            "The power of samples in the finest octave relative to real pictures. Below 1: too smooth, above: grainy.",
            "",
        ),
        ScoreFacts(
            "spectrum_deviation",
            "deviation of the spectrum",
            "How far the power in coarser octaves is from that of real pictures, as a share, at the worst octave.",
        ),
        ScoreFacts(
            "modes_hit",
            "modes hit",
            "Modes of the simulated data that hold at least one sample.",
            "higher",
        ),
        ScoreFacts(
            "good_share",
            "samples in a mode",
            "The share of samples within three standard deviations of a mode.",
            "higher",
        ),
        ScoreFacts(
            "mode_divergence",
            "divergence of the modes",
            "How unevenly the modes are hit, in nats; 0 is even.",
        ),
        ScoreFacts(
            "discriminator_accuracy_training",
            "discriminator accuracy on training examples",
            "The share of training examples that the discriminator classifies as real.",
            "",
        ),
        ScoreFacts(
            "discriminator_accuracy_held_out",
            "discriminator accuracy on held-out examples",
            "The share of held-out examples classified as real; far below that of training examples means overfitting.",
            "",
        ),
        ScoreFacts(
            "discriminator_accuracy_generated",
            "discriminator accuracy on samples",
            "The share of samples that the discriminator classifies as fake.",
            "",
        ),
        ScoreFacts(
            "fooling_rate",
            "fooling rate",
            "The share of samples classified as real. It depends on the discriminator as much as on the generator.",
            "",
        ),
        ScoreFacts(
            "error_rate",
            "classification error rate",
            "The share of held-out examples that the discriminator assigns to a wrong class.",
            trivial=True,
        ),
        ScoreFacts(
            "copied_share",
            "share close to training examples",
            "The share of samples nearer to training data than 95 % of held-out examples: 5 % if new, 100 % if copied.",
        ),
        ScoreFacts(
            "closer_than_held_out",
            "closer to training than held-out examples",
            "How often a sample is closer to the training data than a held-out example is: 50 % for new samples.",
            "",
        ),
    ]
)
add_facts(
    [
        ScoreFacts(
            "column_shapes",
            "similarity of columns",
            "How similar each column's distribution is to the real one (SDMetrics' column shapes); 1 means equal.",
            "higher",
        ),
        ScoreFacts(
            "pair_trends",
            "similarity of pairs of columns",
            "How similar relations of two columns are to the real ones (SDMetrics' pair trends); 1 means equal.",
            "higher",
        ),
        ScoreFacts(
            "category_coverage",
            "categories generated",
            "The share of real categories that occur in samples, as a mean.",
            "higher",
        ),
        ScoreFacts(
            "range_coverage",
            "range generated",
            "The share of each number's real range that samples span, as a mean.",
            "higher",
        ),
        ScoreFacts(
            "detection",
            "detection of generated rows (AUC)",
            "How well boosted trees separate generated from real rows; 0.5: not at all, 1: always.",
        ),
        ScoreFacts(
            "efficacy",
            "efficacy (F1 or R2)",
            "What three models trained on samples alone reach on real rows: macro F1 of classes, R2 of numbers.",
            "higher",
        ),
        ScoreFacts(
            "efficacy_area",
            "efficacy (AUC)",
            "Efficacy as area under the ROC curve, for two classes.",
            "higher",
        ),
        ScoreFacts(
            "exact_rows",
            "rows equal to a training row",
            "The share of rows equal to a training row in every column; that of held-out rows shows what chance gives.",
        ),
        ScoreFacts(
            "faulty_share",
            "faulty sounds",
            "The share of sounds that are silent, a single tone, clipped, off zero, or have a stripe of power at the "
            "top of their spectrum.",
        ),
        ScoreFacts(
            "spectral_distance",
            "spectral distance (dB)",
            "How far the spectra are from those of real series, in decibels; 3 is twice or half the power.",
        ),
        ScoreFacts(
            "autocorrelation_distance",
            "autocorrelation distance",
            "How far correlations between values some steps apart are from those of real series.",
        ),
        ScoreFacts(
            "cross_correlation_distance",
            "cross-correlation distance",
            "How far correlations between channels are from those of real series.",
        ),
        ScoreFacts(
            "channel_shapes",
            "similarity of channels",
            "How similar the distribution of each channel's values is to the real one, as a mean; 1 means equal.",
            "higher",
        ),
        ScoreFacts(
            "discriminative",
            "discriminative score (AUC)",
            "How well boosted trees separate generated from real series; 0.5: not at all, 1: always.",
        ),
        ScoreFacts(
            "predictive",
            "predictive score (R2)",
            "How well models trained on generated series alone predict the next step of real ones.",
            "higher",
        ),
        ScoreFacts(
            "psnr",
            "PSNR (dB)",
            "How near the output comes to the target, value by value; blurred pictures score well.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "ssim",
            "SSIM",
            "How similar output and target are in light, contrast and structure of small windows; 1 means equal.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "ms_ssim_to_truth",
            "MS-SSIM",
            "SSIM at several scales; the fingerprint says at how many.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "perceptual_distance",
            "perceptual distance",
            "How different output and target look to the layers of a small network; blur counts.",
            trivial=True,
        ),
        ScoreFacts(
            "mean_iou",
            "mean intersection over union",
            "How well the area of each class agrees with the target's, as a mean over classes.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "iou",
            "intersection over union",
            "How well the area of this class agrees with the target's.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "pixel_accuracy",
            "pixels of the right class",
            "The share of pixels with the right class; large classes dominate it.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "other_kind",
            "recognised as the other kind",
            "The share of translated pictures that a classifier of both kinds assigns to the other kind.",
            "higher",
            trivial=True,
        ),
        ScoreFacts(
            "cycle_error",
            "cycle error",
            "The mean difference between a picture and its translation there and back, as a share of the range.",
        ),
    ]
)
add_facts([*FILM_FACTS, *WAVE_FACTS])
