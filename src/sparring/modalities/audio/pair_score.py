"""Scores of waves against their targets: while training, and in an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ...metrics import waves as wave_metrics
from ...metrics.heard_speech import heard, installed
from ...metrics.intervals import Estimate, mean_estimate
from ...metrics.scores import Score, score_from
from ...signals.faults import faulty
from ...signals.spectral_gate import spectral_gate
from ..pairs.score import PairScore
from .pair_codec import SoundPairCodec

STEPS = 32  # of the Griffin-Lim algorithm, which a vocoder has to beat
Rows = dict[str, np.ndarray]


class WaveScore(PairScore):
    """Means over held-out sounds. The trivial answer: the input itself; of bands, that of the Griffin-Lim algorithm."""

    headline = "multi_resolution_distance"

    @staticmethod
    def trivial_answer(source: Any, codec: Any, inputs: np.ndarray) -> np.ndarray:
        return without_learning(codec, inputs)

    def rows(self, values: np.ndarray) -> Rows:
        """Every score of every sound."""
        return rows(values, self.targets, self.codec)

    def measured(self, values: np.ndarray) -> dict[str, float]:
        return {name: float(each.mean()) for name, each in self.rows(values).items()}

    def intervals(self, values: np.ndarray) -> dict[str, tuple[float, float]]:
        found = self.rows(values)
        return {name: mean_estimate(each).interval() for name, each in found.items() if len(each) > 1}

    def selection(self, scores: dict[str, float]) -> float:
        return scores[self.headline]


def rows(values: np.ndarray, targets: np.ndarray, codec: SoundPairCodec) -> Rows:
    """The scores that need no package, of every sound. Phases count in the ratio alone, which is for restorers."""
    found = {
        "multi_resolution_distance": wave_metrics.multi_resolution_distance(values, targets, codec.rate),
        "log_spectral_distance": wave_metrics.log_spectral_distance(values, targets, codec.rate),
        "mel_cepstral_distortion": wave_metrics.mel_cepstral_distortion(values, targets, codec.rate),
    }
    if codec.input.seen == "waveform":
        found["si_sdr"] = wave_metrics.si_sdr(values, targets)
    found["faulty_share"] = faulty(values).astype(np.float64)
    return found


def without_learning(codec: SoundPairCodec, inputs: np.ndarray) -> np.ndarray:
    """Outputs that need no learning: the input, or the waves of its bands by the Griffin-Lim algorithm."""
    if codec.input.seen == "waveform":
        return inputs
    return codec.output.mel.waves(codec.input.encode(inputs), STEPS).numpy()


def gated(codec: SoundPairCodec, inputs: np.ndarray) -> np.ndarray:
    """Inputs after a spectral gate, which removes constant noise."""
    mel = codec.output.mel
    return spectral_gate(torch.from_numpy(inputs), mel.size, mel.hop).numpy()


def scores_of(
    codec: SoundPairCodec,
    inputs: np.ndarray,
    outputs: np.ndarray,
    targets: np.ndarray,
    progress: Callable[[float], object],
) -> tuple[list[Score], str]:
    """Every score of an evaluation, with that of the trivial answer, and of a spectral gate for restorers; and a note.

    PESQ and STOI are there where their packages are installed.
    """
    sides = {"": outputs, "trivial": without_learning(codec, inputs)}
    if codec.input.seen == "waveform":
        sides["gate"] = gated(codec, inputs)
    found = {}
    for number, (side, values) in enumerate(sides.items()):
        found[side] = rows(values, targets, codec)
        found[side] |= {name: heard(name, values, targets, codec.rate) for name in installed()}
        progress((number + 1) / len(sides))
    scores = []
    for name in found[""]:
        spoken = np.isfinite([of_side[name] for of_side in found.values()]).all(axis=0)  # silence has no PESQ
        if not spoken.any():
            continue
        means = {side: mean_estimate(of_side[name][spoken]) for side, of_side in found.items()}
        scores += _scores_named(name, means, int(spoken.sum()))
    missing = [name.upper() for name in ("pesq", "stoi") if name not in installed()]
    return scores, f'{" and ".join(missing)} need pip install "sparring[speech]"' if missing else ""


def _scores_named(name: str, means: dict[str, Estimate], count: int) -> list[Score]:
    """A score with that of the trivial answer, and a score of its own for the spectral gate."""
    made = []
    for side in ("", "gate"):
        if side in means:
            score = score_from(f"{name}_{side}" if side else name, means[side])
            trivial = {} if side else {"trivial": means["trivial"].value}
            about = {"generated": count}
            made.append(Score(**{**vars(score), **trivial, "fingerprint": about}))
    return made
