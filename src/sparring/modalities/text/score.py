"""Scores of texts while training, and the choice of the snapshot: by held-out likelihood first, then by a detector."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...data.text_rows import texts_of
from ...metrics.feature_net import FeatureNet
from ...metrics.online_score import DetailedScore, choose_examples
from ...metrics.text_copies import copied_texts, repeated_texts
from ...metrics.text_detection import text_detection
from ...metrics.text_likelihood import letter_nats, nats_a_character
from ...networks import LanguageModel
from ...networks.likelihood import log_likelihoods

SLACK = 0.01  # of the likelihood that a snapshot may lose for samples that are harder to detect
WORST_AREA = 0.6  # of a detector: from here on samples count as plainly detected
FEW_COPIES, MANY_COPIES = 0.02, 0.12  # more texts that equal a training text than among held-out texts
MAX_HELD_OUT = 4000  # held-out texts whose likelihood is measured
MAX_DETECTED = 2000  # texts of each kind
MIN_DETECTED = 20


class TextScore(DetailedScore):
    """The online score of texts.

    The selection score is L (1 + SLACK (d + c) / 2): L is the likelihood of held-out texts in nats a character; d, from
    0 to 1, says how well a classifier detects samples, and c how many more of them are copies than of held-out texts.
    So a snapshot whose likelihood is more than 1 % worse than another's is never chosen before that one, and among
    those within 1 % detection and copies have a say.
    """

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        held_out = choose_examples(source.count("test"), MAX_HELD_OUT, seed, "likelihood")
        values = source.values(held_out, "test")
        self.held_out, self.known = texts_of(values), texts_of(source.values(np.arange(source.count("train"))))
        self.encoded = source.codec.encode(values)
        self.held_out_labels = torch.from_numpy(source.labels(held_out, "test")) if source.classes else None
        self.likelihood: dict[str, Any] | None = None
        self.area_error = 0.0  # of the detector
        self.letters = letter_nats(self.known, self.held_out)
        super().__init__(net, source, count, seed)
        self.of_real["copied_texts_real"] = copied_texts(self.held_out, self.known).value

    def look_at(self, generator: Any) -> None:
        """Measure how likely the generator makes held-out texts."""
        if not isinstance(generator, LanguageModel):
            return
        likelihoods = log_likelihoods(generator, self.encoded, self.held_out_labels)
        estimate = nats_a_character(likelihoods, [len(text) for text in self.held_out])
        low, high = estimate.interval()
        self.likelihood = {"value": estimate.value, "low": low, "high": high}

    def __call__(
        self, values: np.ndarray, asked: np.ndarray | None = None, with_intervals: bool = False
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        distance, scores, features = super().__call__(values, asked, with_intervals)
        if self.likelihood is None:
            return distance, scores, features
        fingerprint = {
            **{name: value for name, value in self.fingerprint.items() if name in ("source", "split", "seed")},
            "real": len(self.held_out),
        }
        measured = self.likelihood if with_intervals else {"value": self.likelihood["value"]}
        scores = {
            "nats_a_character": {**measured, "fingerprint": fingerprint},
            "nats_a_character_trivial": {"value": self.letters, "fingerprint": fingerprint},
            **scores,
        }
        area = scores["text_detection"]["value"] if "text_detection" in scores else WORST_AREA
        copied = scores["copied_texts"]["value"] - scores["copied_texts_real"]["value"] - FEW_COPIES
        faults = _share(area - 0.5, WORST_AREA - 0.5) + _share(copied, MANY_COPIES - FEW_COPIES)
        self.noise = SLACK * self.likelihood["value"] * self.area_error / (WORST_AREA - 0.5) / 2
        return self.likelihood["value"] * (1 + SLACK * faults / 2), scores, features

    def details(self, values: np.ndarray) -> dict[str, float]:
        texts = texts_of(values)
        found = {"copied_texts": copied_texts(texts, self.known).value, "repeated_texts": repeated_texts(texts)}
        if min(len(texts), len(self.held_out)) >= MIN_DETECTED:
            area = text_detection(texts[:MAX_DETECTED], self.held_out[:MAX_DETECTED])
            found["text_detection"], self.area_error = area.value, area.error
        return found


def _share(value: float, most: float) -> float:
    return min(1.0, max(0.0, value / most))
