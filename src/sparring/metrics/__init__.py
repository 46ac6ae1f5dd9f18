"""One metric a file, from plain N x D arrays of features to a value.

The metrics need numpy alone. `feature_net` and `online_score` need torch: they compute features.
"""

from . import text_facts  # noqa: F401  (it declares facts)
from .density_coverage import DensityCoverage, density_coverage
from .frechet import Extrapolation, Moments, frechet_distance, frechet_error, frechet_extrapolated
from .inception_score import inception_score
from .intervals import Estimate, Interval, Parts, bootstrap, jackknife, wilson
from .intra_class_diversity import Diversity, intra_class_diversity
from .kernel import kernel_distance, kernel_distance_estimate, kernel_distance_subsets
from .label_agreement import Agreement, label_agreement
from .memorisation import Memorisation, memorisation
from .modes import Modes, mode_coverage
from .ms_ssim import ms_ssim, ms_ssim_of_pairs
from .power_spectrum import power_by_octave, power_ratios
from .precision_recall import PrecisionRecall, precision_recall

__all__ = [
    "Agreement",
    "DensityCoverage",
    "Diversity",
    "Estimate",
    "Extrapolation",
    "Interval",
    "Memorisation",
    "Modes",
    "Moments",
    "Parts",
    "PrecisionRecall",
    "bootstrap",
    "density_coverage",
    "frechet_distance",
    "frechet_error",
    "frechet_extrapolated",
    "inception_score",
    "intra_class_diversity",
    "jackknife",
    "kernel_distance",
    "kernel_distance_estimate",
    "kernel_distance_subsets",
    "label_agreement",
    "memorisation",
    "mode_coverage",
    "ms_ssim",
    "ms_ssim_of_pairs",
    "power_by_octave",
    "power_ratios",
    "precision_recall",
    "wilson",
]
