"""The scores of the kept snapshot, and what each one means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..runs.log import Log, best_tick, last_event, number, ticks
from .settings import flat
from .values import mapping, plain

NAMES = {
    "frechet_distance": "Frechet distance",
    "frechet_distance_real": "Frechet distance of reals",
    "frechet_distance_infinite": "Frechet distance, infinitely many samples",
    "kernel_distance": "kernel distance",
    "kernel_distance_real": "kernel distance of reals",
    "inception_score": "inception score",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "coverage_real": "coverage by reals",
    "label_agreement": "asked label recognised",
    "class_shift": "shift of the classes",
    "classification_accuracy": "accuracy of a classifier of samples",
    "diversity": "variety within a class",
    "ms_ssim": "likeness within a class (MS-SSIM)",
    "modes_hit": "modes hit",
    "good_share": "samples in a mode",
    "mode_divergence": "divergence of the modes",
    "judged_right_training": "training examples judged real",
    "judged_right_held_out": "held-out examples judged real",
    "judged_right_generated": "samples judged fake",
    "fooling_rate": "fooling rate",
    "copied_share": "share close to training examples",
    "closer_than_held_out": "closer to training than held-outs",
    "column_shapes": "likeness of the columns",
    "pair_trends": "likeness of pairs of columns",
    "category_coverage": "categories that occur",
    "range_coverage": "range of the numbers that occurs",
    "detection": "rows told from real ones",
    "efficacy": "what models learn from it (F1 or R2)",
    "efficacy_area": "what models learn from it (area)",
    "exact_rows": "rows equal to a training row",
    "spectral_distance": "distance of the spectra (dB)",
    "spectral_distance_real": "distance of the spectra of reals (dB)",
    "autocorrelation_distance": "distance of the autocorrelations",
    "autocorrelation_distance_real": "distance of the autocorrelations of reals",
    "cross_correlation_distance": "distance of the correlations of channels",
    "channel_shapes": "likeness of the channels' values",
    "discriminative": "series told from real ones",
    "predictive": "what models learn of the next step (R2)",
    "selection": "selection score",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "ms_ssim_to_truth": "MS-SSIM",
    "perceptual_distance": "perceptual distance",
    "mean_iou": "mean intersection over union",
    "pixel_accuracy": "pixels of the right class",
    "other_kind": "recognised as the other kind",
    "cycle_error": "mean error after there and back",
    "error_rate": "classes named wrongly",
}
FROM_REALS = ("frechet_distance", "kernel_distance")
MEANINGS = {
    "frechet_distance": "How far the generated examples are, as a crowd, from real ones that were never trained on. Lower is better.",
    "frechet_distance_real": "The same distance for as many real examples: what even perfect generated examples would score.",
    "frechet_distance_infinite": "The same without the bias of small counts: 0 for a perfect generator, within its error.",
    "kernel_distance": "Another distance between generated and real examples, fairer when there are few of them. Lower is better.",
    "kernel_distance_real": "The same distance for as many real examples; around zero, and a little below it by chance.",
    "inception_score": "How sure the class of each sample is and how many classes there are; never looks at real examples. Higher is better.",
    "precision": "The share of samples that look like real examples. Higher is better.",
    "recall": "The share of real examples that the generator could have made. Higher is better.",
    "density": "How many real examples have a sample for a neighbour, on average; about 1 for reals. Higher is better.",
    "coverage": "The share of held-out examples that have a sample for a neighbour: low means that kinds are missing. Higher is better.",
    "coverage_real": "The same for as many real examples.",
    "label_agreement": "The share of generated examples in which a classifier trained on real ones sees the label that was asked for.",
    "class_shift": "The share of samples that would have to change class for classes to be as frequent as among reals. Lower is better.",
    "classification_accuracy": "How many held-out real examples a classifier gets right that has seen samples alone (CAS). Higher is better.",
    "diversity": "How unlike one another samples of one class are, as a share of reals: below 1 they repeat themselves.",
    "ms_ssim": "How alike two samples of one class are, pixel by pixel; compare it with that of reals: higher means less variety.",
    "modes_hit": "Modes of the simulated data in which there is at least one sample. Higher is better.",
    "good_share": "The share of samples within three standard deviations of a mode. Higher is better.",
    "mode_divergence": "How unevenly the modes are hit, in nats. 0 is even.",
    "judged_right_training": "What the discriminator says of examples that it was trained on.",
    "judged_right_held_out": "The same of examples that it never saw: much lower means that it learned its examples by heart.",
    "judged_right_generated": "How often it recognises a sample as one.",
    "fooling_rate": "The share of samples that the discriminator takes for real. It says as much about the discriminator as about the generator.",
    "copied_share": "The share of samples closer to a training example than the closest 5 % of held-out ones are: 5 % for new ones, 100 % for copies.",
    "closer_than_held_out": "How often a sample is closer to the training data than a held-out example is; 50 % for new ones.",
    "psnr": "How near the made picture comes to the true one, value by value; blurred pictures do well here. Higher is better.",
    "ssim": "How like the true picture it is in light, contrast and structure of small windows; 1 is the same. Higher is better.",
    "ms_ssim_to_truth": "The same at several scales; how many is in the fingerprint. Higher is better.",
    "perceptual_distance": "How unlike the true picture it looks to the layers of a small network; blur counts. Lower is better.",
    "mean_iou": "How well each class's area agrees with the true one, as a mean over classes. Higher is better.",
    "pixel_accuracy": "The share of pixels of the right class; large classes decide it. Higher is better.",
    "other_kind": "The share of translated pictures that a classifier of both kinds takes for the other kind. Higher is better.",
    "cycle_error": "How far a picture that was turned into the other kind and back lies from itself, as a share of the range of values. Lower is better.",
    "error_rate": "The share of held-out examples whose class the discriminator names wrongly. Lower is better.",
    "column_shapes": "How alike the distribution of each column is to the real one, as a mean (SDMetrics' column shapes). 1 is the same.",
    "pair_trends": "How alike correlations and joint frequencies of every two columns are, as a mean (SDMetrics' pair trends). 1 is the same.",
    "category_coverage": "The share of the real categories that is generated at all, as a mean over columns.",
    "range_coverage": "The share of each number's real range that generated ones span, as a mean.",
    "detection": "How well boosted trees tell rows from real ones: area under the ROC curve. 0.5: not at all; 1: always.",
    "efficacy": "What three models that learn from generated rows alone predict of real ones: macro F1 of classes, R2 of numbers. Higher is better.",
    "efficacy_area": "The same as area under the ROC curve, for two classes. Higher is better.",
    "exact_rows": "The share of rows that equal a training row in every column; of held-out rows beside it, which equal one by chance.",
    "spectral_distance": "How far the strengths of slow and fast waves are from those of real series, in decibels; 3 is twice as strong or half as strong. Lower is better.",
    "autocorrelation_distance": "How far values some steps apart go together otherwise than in real series. Lower is better.",
    "cross_correlation_distance": "How far channels go together otherwise than in real series. Lower is better.",
    "channel_shapes": "How alike the distribution of each channel's values is to the real one, as a mean. 1 is the same.",
    "discriminative": "How well boosted trees tell series from real ones: area under the ROC curve. 0.5: not at all; 1: always.",
    "predictive": "How well models that learn from generated series alone foretell the next step of real ones. Higher is better.",
    "selection": "The quick score that chose the kept snapshot, of examples and their labels together. Lower is better.",
}


@dataclass(frozen=True)
class Score:
    """One number and what it was measured on."""

    name: str
    value: float | None
    fingerprint: Mapping[str, Any]

    @property
    def meaning(self) -> str:
        """What the score says, for a person who never heard of it; empty for one that this table does not know."""
        return MEANINGS.get(self.name, "")

    @property
    def measured_on(self) -> str:
        """The fingerprint on one line."""
        return ", ".join(f"{key} {plain(value)}" for key, value in flat(self.fingerprint)) or "not recorded"


def scores(log: Log) -> dict[str, Score]:
    """The scores of the kept snapshot: of the final line, else of the best tick, else the latest that were taken."""
    candidates = [last_event(log, "final"), best_tick(log), *reversed(ticks(log))]
    for entry in candidates:
        found = mapping((entry or {}).get("scores"))
        if found:
            return {str(name): _score(str(name), value) for name, value in found.items()}
    return {}


def _score(name: str, value: Any) -> Score:
    if isinstance(value, Mapping):
        return Score(name, number(value.get("value")), mapping(value.get("fingerprint")))
    return Score(name, number(value), {})


HAVE_TRIVIAL = ("psnr", "ssim", "perceptual_distance", "mean_iou", "pixel_accuracy", "error_rate")
NAMES |= {f"{name}_trivial": f"{NAMES[name]}, doing next to nothing" for name in HAVE_TRIVIAL}
MEANINGS |= {f"{name}_trivial": "The same of the given picture itself, or of the most frequent class." for name in HAVE_TRIVIAL}


def ordered(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Scores by name in the order of NAMES, those without a place there last."""
    places = list(NAMES)
    return sorted(found.items(), key=lambda item: places.index(item[0]) if item[0] in places else len(places))


def multiple_of_real(found: Mapping[str, Score]) -> float | None:
    """The generated examples' Frechet distance in units of that between reals; None where they are missing or unlike."""
    fake, real = found.get("frechet_distance"), found.get("frechet_distance_real")
    if fake is None or real is None or fake.value is None or real.value is None or real.value <= 0:
        return None
    return fake.value / real.value if alike(fake, real) else None


def alike(one: Score, other: Score) -> bool:
    """Whether two scores were measured on the same thing: no entry that both fingerprints have differs, but for the metric's own name."""
    shared = (one.fingerprint.keys() & other.fingerprint.keys()) - {"metric", "name"}
    return all(one.fingerprint[key] == other.fingerprint[key] for key in shared)
