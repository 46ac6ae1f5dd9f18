"""The control of ADA's strength against values worked out by hand."""

import pytest
import torch

from sparring.augmentations import adjust_strength


def test_strength_rises_above_the_target_and_falls_below_it():
    """By images / 500,000, or by the share that is given."""
    assert adjust_strength(0.1, 0.9, 0.6, images=5000).item() == pytest.approx(0.11)
    adjusted = adjust_strength(torch.tensor(0.1), torch.tensor(0.2), 0.6, 5000, images_to_full_strength=100_000)
    assert adjusted.item() == pytest.approx(0.05)


def test_strength_stays_at_the_target():
    assert adjust_strength(0.3, 0.5, 0.5, images=5000).item() == pytest.approx(0.3)


def test_strength_is_limited():
    assert adjust_strength(0.001, 0.0, 0.6, images=5000).item() == 0.0
    assert adjust_strength(0.799, 1.0, 0.6, images=5000).item() == pytest.approx(0.8)
    assert adjust_strength(0.399, 1.0, 0.6, images=5000, max_strength=0.4).item() == pytest.approx(0.4)
