"""How far texts lie above what a temperature makes of the model that they began from."""

import math

import pytest

import text_samples
from sparring.metrics.bleu import bleu, self_bleu
from sparring.metrics.temperature_curve import CurvePoint, curve_point, gain_over


def point(quality, repetition, errors=(0.0, 0.0), temperature=1.0):
    return CurvePoint("model", temperature, quality, errors[0], repetition, errors[1], None, 0.0)


LINE = [point(0.8, 0.9, (0.03, 0.0)), point(0.4, 0.5, (0.01, 0.0)), point(0.5, 0.7, (0.02, 0.0))]


@pytest.mark.parametrize(("repetition", "there"), [(0.5, 0.4), (0.6, 0.45), (0.8, 0.65), (0.95, 0.8), (0.1, 0.4)])
def test_the_gain_is_the_quality_above_the_curve_at_the_same_repetition(repetition, there):
    assert gain_over(LINE, point(0.6, repetition)).value == pytest.approx(0.6 - there)


def test_the_error_of_a_gain_is_that_of_both_qualities_and_of_the_place():
    found = gain_over(LINE, point(0.6, 0.6, (0.04, 0.02)))
    slope = 0.5 * 0.02  # 0.1 of quality for 0.2 of repetition, over one standard error
    assert found.error == pytest.approx(math.hypot(0.04, 0.015, math.sqrt(2) * slope))


def test_a_point_holds_the_means_of_its_texts():
    texts, held_out = text_samples.sentences(40, 1)[0], text_samples.sentences(40, 2)[0]
    found = curve_point("mine", 0.5, texts, held_out, [*held_out, texts[0]])
    words, references = ([each.split() for each in some] for some in (texts, held_out))
    assert found.quality == pytest.approx(bleu(words, references, 4).mean())
    assert found.repetition == pytest.approx(self_bleu(words, 4).mean())
    assert found.copied == pytest.approx(sum(text in {*held_out, texts[0]} for text in texts) / 40)
    assert (found.model, found.temperature) == ("mine", 0.5) and found.detection is not None
