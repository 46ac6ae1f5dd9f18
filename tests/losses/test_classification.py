"""The loss of an auxiliary classifier."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from sparring.losses.classification import class_shortfall

LOGITS = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], dtype=torch.float64).log()
CLASSES = torch.tensor([0, 0, 0])


def test_without_a_limit_it_is_the_cross_entropy():
    assert float(class_shortfall(LOGITS, CLASSES)) == pytest.approx(float(cross_entropy(LOGITS, CLASSES)), rel=1e-12)


def test_what_is_seen_well_enough_counts_nothing():
    expected = (0 + math.log(0.8 / 0.6) + math.log(0.8 / 0.2)) / 3
    assert float(class_shortfall(LOGITS, CLASSES, 0.8)) == pytest.approx(expected, rel=1e-12)
    logits = LOGITS.clone().requires_grad_()
    class_shortfall(logits, CLASSES, 0.8).backward()
    assert not logits.grad[0].any() and logits.grad[1:].abs().min() > 0.05
    # d/dz of -log softmax(z)[k] is softmax(z) - 1 at k; the mean divides by 3
    assert float(logits.grad[1, 0]) == pytest.approx((0.6 - 1) / 3, rel=1e-9)


def test_half_precision_is_computed_in_float32():
    found = class_shortfall(LOGITS.to(torch.bfloat16), CLASSES, 0.8)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx((math.log(0.8 / 0.6) + math.log(0.8 / 0.2)) / 3, rel=0.02)
