"""Augmentations do not leak: Karras et al. 2020, section 2.2 and appendix C.

An augmentation does not leak if different distributions of images stay different once they are augmented.
"""

import math

import numpy as np
import pytest
import torch

from augmentation_samples import ada_grid, random_images
from sparring.augmentations import ada


def orientation_probabilities(strength):
    """The probability that blitting shows one of 8 orientations (4 rotations, flipped or not) as another: 8 x 8."""
    image = random_images(1, 8, 8)
    orientations = [flipped.rot90(quarters, (1, 2)) for flipped in (image, image.flip(2)) for quarters in range(4)]
    uniforms = ada_grid(flip_=10, flip=2, rotate90_=10, rotate90=4)
    probabilities = np.zeros((8, 8))
    for row, orientation in enumerate(orientations):
        augmented = ada(orientation.expand(len(uniforms), -1, -1, -1), uniforms, strength, ("blit",))
        probabilities[row] = [(augmented == other).flatten(1).all(1).double().mean().item() for other in orientations]
    return probabilities


def test_flips_and_rotations_do_not_leak_below_strength_one():
    """The matrix of probabilities is invertible.

    Flip and rotation each keep the image with probability 1 - p and mix all their orientations evenly with probability
    p. So the smallest singular value is (1 - p)^2. At p = 1 every distribution becomes the same one.
    """
    probabilities = orientation_probabilities(0.8)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    np.testing.assert_allclose(np.diag(probabilities), (1 - 0.8 / 2) * (1 - 0.8 * 3 / 4))
    assert np.linalg.svd(probabilities)[1].min() == pytest.approx(0.2**2)
    np.testing.assert_allclose(orientation_probabilities(1.0), 1 / 8)


def test_rotations_by_any_angle_do_not_leak_below_strength_one():
    """Below strength 1 the mean augmented images of a horizontal and a vertical bar differ.

    They differ as often as the rotation is left out. The other rotation is neutral in this grid.
    """
    bar = torch.zeros(1, 1, 16, 16)
    bar[:, :, 6:10] = 1
    uniforms = ada_grid(pre_rotation_=20, pre_rotation=32)

    def mean_augmented(image, strength):
        return ada(image.expand(len(uniforms), -1, -1, -1), uniforms, strength, ("geometry",)).mean(0)

    def difference(strength):
        horizontal, vertical = (mean_augmented(image, strength) for image in (bar, bar.rot90(1, (2, 3))))
        return (horizontal - vertical).abs().max().item()

    assert difference(0.8) == pytest.approx(math.sqrt(1 - 0.8), abs=0.05)
    assert difference(1.0) < 0.02
