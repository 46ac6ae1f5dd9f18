"""Quality and variety of texts at several temperatures, and how far a point lies above such a curve.

A temperature trades variety for quality without any training, so that a text GAN has to be held against the whole curve
of the language model that it starts from (Caccia et al. 2020, arXiv:1811.02549).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np

from .bleu import bleu, self_bleu, short_of_words, words_of
from .intervals import Estimate
from .text_copies import copied_texts
from .text_detection import FOLDS, text_detection

BLEU_ORDER = 4


@dataclass(frozen=True)
class CurvePoint:
    """Texts of one model at one temperature.

    Attributes:
        model: Its name.
        temperature: Of its texts.
        quality, quality_error: BLEU-4 against held-out texts, in [0, 1], and its standard error over texts.
        repetition, repetition_error: Self-BLEU-4: high where texts are alike.
        detection: Area under the curve of a classifier against held-out texts; None of too few texts.
        copied: Share of texts that equal a training text.
    """

    model: str
    temperature: float
    quality: float
    quality_error: float
    repetition: float
    repetition_error: float
    detection: float | None
    copied: float


def curve_point(
    model: str, temperature: float, texts: Sequence[str], held_out: Sequence[str], training: Sequence[str]
) -> CurvePoint:
    """The point of N texts, N at least 2. held_out, training: real texts."""
    by_characters = short_of_words(held_out)
    words, references = words_of(texts, by_characters), words_of(held_out, by_characters)
    values = [bleu(words, references, BLEU_ORDER), self_bleu(words, BLEU_ORDER)]
    (quality, quality_error), (repetition, repetition_error) = (
        (float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))) for each in values
    )
    enough = min(len(texts), len(held_out)) >= 2 * FOLDS
    area = text_detection(texts, held_out).value if enough else None
    copied = copied_texts(texts, training).value
    return CurvePoint(model, temperature, quality, quality_error, repetition, repetition_error, area, copied)


def gain_over(curve: Sequence[CurvePoint], point: CurvePoint) -> Estimate:
    """The quality of a point minus that of a curve at the same repetition, with its standard error.

    The curve is linear between its points, and level beyond its ends.
    """
    along = sorted(curve, key=lambda each: each.repetition)
    places, qualities, errors = (
        np.array([getattr(each, name) for each in along]) for name in ("repetition", "quality", "quality_error")
    )
    at, step = point.repetition, point.repetition_error
    there = float(np.interp(at, places, qualities))
    slope = float(np.interp(at + step, places, qualities) - np.interp(at - step, places, qualities)) / 2
    error = hypot(point.quality_error, float(np.interp(at, places, errors)), np.sqrt(2) * slope)
    return Estimate(point.quality - there, error)
