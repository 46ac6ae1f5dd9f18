"""Losses between an output and its target, against values worked out by hand."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from sparring.losses.reconstruction import label_map_cross_entropy


def test_cross_entropy_counts_labelled_pixels_only():
    """One labelled pixel with the logits 2 and 0: log(1 + e^-2). The second pixel has no label."""
    logits = torch.tensor([[[[2.0, 0.0]], [[0.0, 0.0]]]])  # 1 x 2 classes x 1 x 2
    label_maps = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]]]])
    assert label_map_cross_entropy(logits, label_maps).item() == pytest.approx(math.log(1 + math.exp(-2)))
    assert label_map_cross_entropy(logits, torch.zeros_like(label_maps)) == 0


def test_each_example_counts_equally_however_many_pixels_it_has_labelled():
    """Two uniform logits: log 2 with one labelled pixel. Logits 3 and 0, both pixels labelled: log(1 + e^-3)."""
    logits = torch.tensor([[[[0.0, 0.0]], [[0.0, 0.0]]], [[[3.0, 3.0]], [[0.0, 0.0]]]])
    label_maps = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]]], [[[1.0, 1.0]], [[0.0, 0.0]]]])
    expected = (math.log(2) + math.log(1 + math.exp(-3))) / 2
    assert label_map_cross_entropy(logits, label_maps).item() == pytest.approx(expected)


@pytest.fixture
def logits_and_labels():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 5, 5, generator=generator)
    return logits, torch.randint(3, (4, 5, 5), generator=generator)


def test_with_all_pixels_labelled_it_equals_torch(logits_and_labels):
    logits, labels = logits_and_labels
    label_maps = one_hot(labels, 3).permute(0, 3, 1, 2).float()
    torch.testing.assert_close(label_map_cross_entropy(logits, label_maps), cross_entropy(logits, labels))


def test_the_loss_of_a_batch_is_the_mean_of_its_halves(logits_and_labels):
    logits, labels = logits_and_labels
    label_maps = one_hot(labels, 3).permute(0, 3, 1, 2).float()
    label_maps[:2, :, :4] = 0  # far fewer labelled pixels in the first half
    halves = [label_map_cross_entropy(logits[part], label_maps[part]) for part in (slice(2), slice(2, 4))]
    torch.testing.assert_close(label_map_cross_entropy(logits, label_maps), sum(halves) / 2)


def test_cross_entropy_differentiates_right(logits_and_labels):
    logits, labels = logits_and_labels
    label_maps = one_hot(labels, 3).permute(0, 3, 1, 2).float()
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(label_map_cross_entropy(logits, label_maps), logits)
    torch.testing.assert_close(gradient, (logits.softmax(dim=1) - label_maps) / (4 * 25))


def test_bfloat16_logits_are_computed_in_float32():
    logits, label_maps = torch.zeros(1, 2, 1, 1, dtype=torch.bfloat16), torch.tensor([[[[1.0]], [[0.0]]]])
    assert label_map_cross_entropy(logits, label_maps).dtype == torch.float32
