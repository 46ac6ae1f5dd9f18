"""How to read each metric: one line a number, for tables, reports and warnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """title: as people write it. needs: what is compared. better: "lower", "higher", or "real" (the nearer to the value of real data the
    better). ideal: the value that nothing can beat. least: samples of each kind below which the number says little. says: in one sentence."""

    title: str
    needs: Literal["features", "class probabilities", "labels", "pictures"]
    better: Literal["lower", "higher", "real"]
    ideal: float
    least: int
    says: str

    def beats(self, a: float, b: float) -> bool:
        """Whether the value a is better than b; equally good is not better."""
        if self.better == "real":
            return abs(a - self.ideal) < abs(b - self.ideal)
        return a < b if self.better == "lower" else a > b


METRICS = {
    "frechet_distance": Metric(
        "Frechet distance",
        "features",
        "lower",
        0.0,
        2048,
        "how far the samples are from real data as a whole; few samples look worse than they are",
    ),
    "frechet_extrapolated": Metric(
        "Frechet distance at infinitely many samples",
        "features",
        "lower",
        0.0,
        5000,
        "the Frechet distance without what the number of samples adds",
    ),
    "kernel_distance": Metric(
        "kernel distance", "features", "lower", 0.0, 50, "how far the samples are from real data as a whole, whatever their number"
    ),
    "inception_score": Metric(
        "inception score",
        "class probabilities",
        "higher",
        float("inf"),
        1000,
        "whether samples are clearly of one class each and of all classes; never looks at real data",
    ),
    "precision": Metric("precision", "features", "higher", 1.0, 1000, "the share of samples that look like real ones"),
    "recall": Metric("recall", "features", "higher", 1.0, 1000, "the share of real examples that the generator could have made"),
    "density": Metric(
        "density", "features", "higher", float("inf"), 1000, "how deep among real examples the samples lie; real data has about 1"
    ),
    "coverage": Metric("coverage", "features", "higher", 1.0, 1000, "the share of real examples that have a sample near them"),
    "label_agreement": Metric(
        "label agreement", "labels", "higher", 1.0, 100, "the share of samples that show the class they were asked for"
    ),
    "intra_class_diversity": Metric(
        "diversity within classes", "features", "real", 1.0, 100, "how unlike one another samples of a class are, as a share of real ones"
    ),
    "copied_share": Metric(
        "share of copies",
        "features",
        "real",
        0.05,
        100,
        "the share of samples closer to a training example than the closest 5% of unseen real ones",
    ),
    "closer": Metric(
        "closer than unseen",
        "features",
        "real",
        0.5,
        100,
        "how often a sample is closer to the training data than an unseen real example; 1 for copies",
    ),
    "ms_ssim": Metric(
        "MS-SSIM of pairs", "pictures", "lower", 0.0, 100, "how alike pairs of samples are; read it beside the value of real pairs"
    ),
}
